"""What the workers run. Each job looks for itself what is due, in small transactions, until nothing is left or its time
is up; run twice, it finds nothing the second time; killed, it leaves no half of anything."""

import time
from collections.abc import Callable
from functools import partial

from workflow_app.services import (
    apply_reminders,
    assisting,
    figures,
    housekeeping,
    indexing,
    mandates,
    notices,
    sweeping,
)

# Well below the cluster's time-out of 60 s: the job ends by itself and the next one goes on.
SECONDS = 20.0
# How much of anything else is done before the next look at what is due: a fraction of a second's worth.
LETTERS, MESSAGES = 2, 5


def fire_due() -> int:
    """Fire due warnings, breaches and timers → how many."""
    return _until_done(sweeping.fire_due)


def produce_letters() -> int:
    """Make the PDF files of letters that wait → how many were made, with what fell due meanwhile."""
    # Imported here: only this job needs the typesetting.
    from workflow_app.services.letters import produce_letters as make

    return _until_done(sweeping.fire_due, partial(make, LETTERS))


def send_messages() -> int:
    """Render and send what waits in the outbox → how many steps, with what fell due meanwhile."""
    return _until_done(sweeping.fire_due, partial(notices.send_due, MESSAGES))


def count_figures() -> int:
    """Enter what has ended into the monthly figures → how many rows, with what fell due meanwhile."""
    return _until_done(sweeping.fire_due, partial(figures.count_figures, figures.BATCH))


def index_cases() -> int:
    """Let the search know what was handed in → how many submissions, with what fell due meanwhile."""
    return _until_done(sweeping.fire_due, indexing.index_cases)


def remind_units() -> int:
    """Remind source units of what they are asked → how many requests, with what fell due meanwhile."""
    return _until_done(sweeping.fire_due, partial(assisting.remind_due, sweeping.LIMIT))


def remind_applicants() -> int:
    """Tell those who asked that repair may soon be applied for → how many, with what fell due meanwhile."""
    return _until_done(sweeping.fire_due, partial(apply_reminders.send_due, sweeping.LIMIT))


def tidy_up() -> int:
    """Once an hour: delete what is over, warn of mandates that end soon → how many rows."""
    return housekeeping.tidy_up() + mandates.warn_of_ending()


def _until_done(*jobs: Callable[[], int]) -> int:
    """Do the first job that has something to do, over and over, until none has or the time is up.

    Deadlines wait for nobody: whatever a worker was woken for, it first fires what is due.
    """
    end, total = time.monotonic() + SECONDS, 0
    while done := next((done for job in jobs if (done := job())), 0):
        total += done
        if time.monotonic() >= end:
            break
    return total
