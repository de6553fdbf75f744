"""A training session as a calendar file (RFC 5545), to be kept in anybody's calendar."""

from collections.abc import Iterator
from datetime import UTC, datetime

from workflow_app.domain import clock
from workflow_app.models import TrainingSession

CONTENT_TYPE = "text/calendar; charset=utf-8"
# RFC 5545, 3.1: lines of at most 75 octets without their end; what is longer is folded.
_LONGEST_LINE = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def calendar_file(session: TrainingSession, address: str) -> bytes:
    """One event with a reminder a day ahead; `address` is the service's, which makes the event's id unique."""
    host = address.partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Credit Workflow//Training//ZH",
        "BEGIN:VEVENT",
        f"UID:training-{session.pk}@{host}",
        f"DTSTAMP:{_utc(clock.now())}",
        f"DTSTART:{_utc(session.starts_at)}",
        f"DTEND:{_utc(session.ends_at)}",
        f"SUMMARY:{session.course.title.translate(_ESCAPES)}",
        f"LOCATION:{session.place.translate(_ESCAPES)}",
        f"DESCRIPTION:{session.agency.name.translate(_ESCAPES)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{session.course.title.translate(_ESCAPES)}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> Iterator[bytes]:
    """The line in parts of at most 75 octets, no character cut in two; parts after the first begin with a space."""
    part = b""
    for char in line:
        octets = char.encode()
        if len(part) + len(octets) > _LONGEST_LINE:
            yield part
            part = b" "
        part += octets
    yield part
