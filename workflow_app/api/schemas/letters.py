"""Letters and what verification says about them."""

from django.utils.translation import gettext

from workflow_app.api.schemas.cases import BASE, letter_address
from workflow_app.api.schemas.common import AgencyOut, Moment, Output, in_language
from workflow_app.models import Letter
from workflow_app.selectors.letters import Verdict, title_of_letter


class LetterOut(Output):
    """One letter. The text is in the PDF; `verify_code` lets anybody ask whether it is valid."""

    number: str
    kind: str
    title: str
    status: str
    status_reason: str
    case: str
    agency: AgencyOut
    created_at: Moment
    issued_at: Moment | None
    sha256: str
    size: int
    verify_code: str
    superseded_by: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, letter: Letter) -> "LetterOut":
        here = letter_address(letter)
        links = {"self": here, "case": f"{BASE}/cases/{letter.case.number}"}
        if letter.sha256:
            links["pdf"] = f"{here}.pdf"
        return cls(
            number=letter.number,
            kind=letter.kind,
            title=in_language(title_of_letter(letter)),
            status=letter.status,
            # Diagrams void letters, with reasons that the catalogue knows.
            status_reason=gettext(letter.status_reason),
            case=letter.case.number,
            agency=AgencyOut.of(letter.agency),
            created_at=letter.created_at,
            issued_at=letter.issued_at,
            sha256=letter.sha256,
            size=letter.size,
            verify_code=letter.verify_code,
            superseded_by=letter.superseded_by.number if letter.superseded_by else None,
            links=links,
        )


class VerdictOut(Output):
    """valid, superseded, voided, tampered or unknown; nothing about any person, and nothing else where unknown."""

    status: str
    number: str | None
    title: str | None
    agency: str | None
    issued_at: Moment | None
    sha256: str | None
    superseded_by: str | None

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictOut":
        return cls(**{name: getattr(verdict, name) or None for name in cls.model_fields})
