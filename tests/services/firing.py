"""What tests of firing look at: trails, messages, and whether a case is whole."""

from notifications.models import Message
from tests.services.test_trail import chain
from tests.services.world import kinds
from workflow_app.models import Case, Event

# Two months: every rung of every clock is due.
LONG = 60
# A good week: the first rung is due and no other.
HALF = 8


def trail(case: Case) -> list[tuple]:
    """What the case's events say, without what differs between two cases filed one after the other."""
    return [
        (event.sequence, event.kind, event.actor_id, event.at, event.data)
        for event in Event.objects.filter(case=case).order_by("sequence")
        if event.kind.startswith(("clock.", "timer."))
    ]


def messages(case: Case) -> list[tuple]:
    found = (
        Message.objects.filter(case=case)
        .exclude(event="received")
        .order_by("recipient_id", "event", "origin")
    )
    return [
        (m.recipient_id, m.event, m.origin, m.values["clock"], m.values["task"], m.created_at, m.held_until)
        for m in found
    ]


def is_sound(case: Case) -> bool:
    """Whether the trail is whole and ends where the case says."""
    found = Case.objects.get(pk=case.pk)
    return chain(case) == bytes(found.event_hash) and found.event_count == len(kinds(case))
