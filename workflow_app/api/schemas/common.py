"""Types that requests and answers share."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.conf import settings
from django.utils.translation import get_language
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictInt,
)
from pydantic_core import PydanticCustomError

from bpmn.manifest import Text
from workflow_app.domain.clock import CHINA
from workflow_app.domain.masking import mask_id_number, mask_name
from workflow_app.models import Agency, Subject, User

T = TypeVar("T")

MOST = 200
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DEFAULT_LIMIT = 50


class Input(BaseModel):
    """What clients send: nothing beyond what is named here."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Input):
    """The body of an act that needs none: empty, or an empty object."""


class Output(BaseModel):
    """What clients get: only what is named here."""


def _in_china(moment: datetime) -> str:
    return moment.astimezone(CHINA).isoformat()


# RFC 3339 with the zone of the offices, +08:00.
Moment = Annotated[datetime, PlainSerializer(_in_china, return_type=str)]
Day = date


def _is_text(value: Any) -> Any:
    # Pydantic would take a number for seconds since 1970.
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _is_day(value: Any) -> Any:
    # Pydantic would take a text of digits for seconds since 1970 as well.
    if isinstance(_is_text(value), str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "YYYY-MM-DD")
    return value


def _is_computable(moment: datetime) -> datetime:
    if not 1900 <= moment.replace(tzinfo=UTC).year <= 9000:
        raise ValueError("year")
    return moment


# A moment with its zone. Years at the ends of what Python knows cannot change their zone.
MomentIn = Annotated[AwareDatetime, BeforeValidator(_is_text), AfterValidator(_is_computable)]
DayIn = Annotated[date, BeforeValidator(_is_day)]

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
# In a body a number is a number, not a text that looks like one; addresses have only texts.
BodyId = Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=MOST)]
Code = Annotated[str, Field(max_length=40)]
Slug = Annotated[str, Field(max_length=40)]
FormData = dict[str, Any]
DocumentIds = Annotated[list[Annotated[str, Field(max_length=36)]], Field(max_length=100)]


class PageOut(Output, Generic[T]):
    """One page. `next` goes into `cursor`; it is null on the last page. There are no totals."""

    items: list[T]
    next: str | None


class PageIn(Input):
    """Where in a list, and how much of it."""

    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Limit = DEFAULT_LIMIT


class AgencyOut(Output):
    """An authority."""

    code: str
    name: str

    @classmethod
    def of(cls, agency: Agency) -> "AgencyOut":
        return cls(code=agency.code, name=agency.name_en if is_english() else agency.name)


class SubjectOut(Output):
    """Whom it is about. Persons are masked."""

    kind: str
    code: str
    name: str

    @classmethod
    def of(cls, subject: Subject) -> "SubjectOut":
        if subject.is_person:
            return cls(kind=subject.kind, code=mask_id_number(subject.code), name=mask_name(subject.name))
        return cls(kind=subject.kind, code=subject.code, name=subject.name)


class PersonOut(Output):
    """An officer, by account and name."""

    username: str
    name: str

    @classmethod
    def of(cls, user: User) -> "PersonOut":
        name = user.display_name_en if is_english() and user.display_name_en else user.display_name
        return cls(username=user.username, name=name or user.username)


class TitledCode(Output):
    """A stable word for programs with its title in the reader's language."""

    code: str
    title: str


def speaks() -> str:
    """The reader's language."""
    return get_language() or settings.LANGUAGE_CODE


def is_english() -> bool:
    """Whether the reader asked for English."""
    return speaks().startswith("en")


def in_language(text: Text) -> str:
    """The text in the reader's language."""
    return text.en if is_english() else text.zh
