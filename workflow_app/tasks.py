"""What the workers run. Each job looks for itself what is due, in small transactions, until nothing is left or its time
is up; run twice, it finds nothing the second time; killed, it leaves no half of anything."""

import time
from collections.abc import Callable

from workflow_app.services import figures, housekeeping, notices, sweeping

# Well below the cluster's time-out of 60 s: the job ends by itself and the next one goes on.
SECONDS = 20.0
BATCH = 20


def fire_timers() -> int:
    """Fire due timers → how many."""
    return _until_done(sweeping.fire_timers)


def fire_rungs() -> int:
    """Fire due warnings and breaches → how many."""
    return _until_done(sweeping.fire_rungs)


def produce_letters() -> int:
    """Make the PDF files of letters that wait → how many."""
    # Imported here: only this job needs the typesetting.
    from workflow_app.services.letters import produce_letters as make

    return _until_done(make)


def send_messages() -> int:
    """Render and send what waits in the outbox → how many steps."""
    return _until_done(notices.send_due)


def count_figures() -> int:
    """Enter what has ended into the monthly figures → how many rows."""
    return _until_done(figures.count_figures, figures.BATCH)


def tidy_up() -> int:
    """Delete what is over → how many rows."""
    return housekeeping.tidy_up()


def _until_done(job: Callable[[int], int], batch: int = BATCH) -> int:
    end, total = time.monotonic() + SECONDS, 0
    while done := job(batch):
        total += done
        if time.monotonic() >= end:
            break
    return total
