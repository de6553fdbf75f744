"""Training sessions and who takes part."""

from datetime import date
from typing import Annotated

from pydantic import Field, StrictInt

from workflow_app.api.schemas.common import AgencyOut, Input, Moment, Output, is_english
from workflow_app.models import Enrolment
from workflow_app.selectors.training import SessionInfo, minutes_present

CaseNumber = Annotated[str, Field(min_length=1, max_length=40)]


class SessionOut(Output):
    """One date of a course."""

    id: int
    course: str
    title: str
    agency: AgencyOut
    place: str
    is_online: bool
    starts_at: Moment
    ends_at: Moment
    seats: int
    seats_left: int
    waiting: int

    @classmethod
    def of(cls, info: SessionInfo) -> "SessionOut":
        session = info.session
        return cls(
            id=session.pk,
            course=session.course.code,
            title=session.course.title_en if is_english() else session.course.title,
            agency=AgencyOut.of(session.agency),
            place=session.place,
            is_online=session.is_online,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            seats=session.seats,
            seats_left=info.seats_left,
            waiting=info.waiting,
        )


class EnrolIn(Input):
    """The repair case that asked for the training."""

    case: CaseNumber


class AttendIn(EnrolIn):
    """Who is there, by case."""


class ResultIn(Input):
    """The result of one participant; `score` where the course has a test."""

    case: CaseNumber
    score: Annotated[StrictInt, Field(ge=0, le=1000)] | None = None


class ResultsIn(Input):
    """The results of a session."""

    results: Annotated[list[ResultIn], Field(min_length=1, max_length=200)]


class EnrolmentOut(Output):
    """One participant of one session."""

    session: int
    case: str
    status: str
    enrolled_at: Moment
    checked_in_at: Moment | None
    checked_out_at: Moment | None
    minutes: int
    score: int | None
    certificate_number: str | None
    certificate_valid_until: date | None

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentOut":
        return cls(
            session=enrolment.session_id,
            case=enrolment.case.number,
            status=enrolment.status,
            enrolled_at=enrolment.enrolled_at,
            checked_in_at=enrolment.checked_in_at,
            checked_out_at=enrolment.checked_out_at,
            minutes=minutes_present(enrolment),
            score=enrolment.score,
            certificate_number=enrolment.certificate_number,
            certificate_valid_until=enrolment.certificate_valid_until,
        )
