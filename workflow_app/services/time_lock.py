"""One lock on how time is counted: whatever computes due dates shares it, a change of the rules has it alone."""

from workflow_app.models import rows

# "TIME" as a number. Taken before any row: whoever has it alone finds no row held by somebody who waits for it.
TIME_LOCK = 0x54494D45


def hold_time() -> None:
    """Let nobody change the calendar or the rules before this transaction ends; what it computes stays right.

    `transition.open_case` does so by itself.
    """
    rows.query(f"SELECT pg_advisory_xact_lock_shared({TIME_LOCK})")


def stop_time() -> None:
    """Wait until nobody computes a due date and let nobody begin before this transaction ends."""
    rows.query(f"SELECT pg_advisory_xact_lock({TIME_LOCK})")
