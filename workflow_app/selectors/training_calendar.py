"""A training session as a calendar file (RFC 5545), to be kept in anybody's calendar."""

from datetime import timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event, vUri

from workflow_app.domain import clock
from workflow_app.models import TrainingSession

CONTENT_TYPE = "text/calendar; charset=utf-8"
# How long before the session the calendar reminds of it.
AHEAD = timedelta(days=1)


def calendar_file(
    session: TrainingSession, address: str, *, summary: str = "", organiser: str = "", page: str = ""
) -> bytes:
    """One event with a reminder a day ahead.

    `address` is the service's, which makes the event's id unique: a calendar that has it already takes in the change.
    `summary` and `organiser` are the course and the agency in the reader's language, Chinese unless given; `page` is
    the address of the booking.
    """
    host = urlsplit(address).hostname or "localhost"
    summary = summary or session.course.title
    event = Event()
    event.add("uid", f"training-{session.pk}@{host}")
    event.add("dtstamp", clock.now())
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", summary)
    event.add("location", session.place)
    event.add("description", organiser or session.agency.name)
    if page:
        event.add("url", vUri(page))
    event.add_component(_alarm(summary))
    file = Calendar()
    file.add("version", "2.0")
    file.add("prodid", "-//Credit Workflow//Training//ZH")
    file.add_component(event)
    return bytes(file.to_ical())


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -AHEAD)
    return alarm
