"""Forms need no database: birthdays in identity numbers are checked against a day that stands still."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from workflow_app.domain import clock


@pytest.fixture(autouse=True, scope="module")
def fixed_clock() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "_source", lambda: datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
        yield
