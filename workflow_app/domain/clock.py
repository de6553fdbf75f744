"""The one source of time. Every other module asks here, so stories and tests can move the whole system."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

Source = Callable[[], datetime]


def system_time() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock


_source: Source = system_time


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _source()


def set_source(source: Source) -> None:
    """Replace where the time comes from; settings with a movable clock and tests do this once."""
    global _source
    _source = source


@contextmanager
def shown_by(source: Source) -> Iterator[None]:
    """Take the time from `source` for the length of a block, in this process alone."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
