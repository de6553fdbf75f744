"""What a process says about itself. `bpmn/<slug>/process.py` holds one `Process` named PROCESS: data, no code.

Everything is plain values, so that a manifest can be frozen with the other files of its process.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple


class Text(NamedTuple):
    """The same words in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class ClockName:
    """A clock that the diagram starts. Its length is a dated rule in deadlines.yaml, not here."""

    name: str
    title: Text


@dataclass(frozen=True)
class LetterKind:
    """A letter the process can issue. `mark` is its word in the document number: 金信用〔mark〕…"""

    kind: str
    title: Text
    mark: str
    is_public: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a case ends: one for each end event. `is_favourable` colours it for people, nothing more."""

    code: str
    title: Text
    is_favourable: bool


@dataclass(frozen=True)
class Process:
    """The manifest of one process.

    about: what a case is about: one record, several records (one case each), a matter, or the subject alone.
    inputs: scalar fields of the start form that the diagram may read.
    promoted: for each user task, the scalar fields of its form that the diagram may read.
    four_eyes: user task → user tasks whose doers may not do it.
    no_withdrawal_after: elements that, once completed, end the applicant's right to withdraw.
    starters: roles that may start a case of this process.
    answered_by: the clock whose first stop is the applicant's answer; a case that ends before has its answer then.
    """

    slug: str
    version: str
    title: Text
    summary: Text
    number_prefix: str
    about: Literal["record", "records", "matter", "subject"]
    legal_basis: tuple[str, ...]
    clocks: tuple[ClockName, ...]
    outcomes: Mapping[str, Outcome]
    letters: tuple[LetterKind, ...] = ()
    notifications: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    promoted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    four_eyes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_withdrawal_after: tuple[str, ...] = ()
    starters: tuple[str, ...] = ("applicant", "clerk")
    start_form: str = "start"
    answered_by: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The manifest as JSON values, for freezing."""
        return asdict(self)


def process_from_dict(values: Mapping[str, Any]) -> Process:
    """The manifest back from frozen JSON values: the inverse of `Process.as_dict`."""
    return Process(
        **{
            **values,
            "title": Text(*values["title"]),
            "summary": Text(*values["summary"]),
            "legal_basis": tuple(values["legal_basis"]),
            "clocks": tuple(ClockName(c["name"], Text(*c["title"])) for c in values["clocks"]),
            "outcomes": {
                element: Outcome(o["code"], Text(*o["title"]), o["is_favourable"])
                for element, o in values["outcomes"].items()
            },
            "letters": tuple(
                LetterKind(k["kind"], Text(*k["title"]), k["mark"], k["is_public"]) for k in values["letters"]
            ),
            "notifications": tuple(values["notifications"]),
            "inputs": tuple(values["inputs"]),
            "promoted": {task: tuple(fields) for task, fields in values["promoted"].items()},
            "four_eyes": {task: tuple(tasks) for task, tasks in values["four_eyes"].items()},
            "no_withdrawal_after": tuple(values["no_withdrawal_after"]),
            "starters": tuple(values["starters"]),
        }
    )
