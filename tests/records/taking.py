"""Takes in publication tables and looks at the report."""

from tests.records.steps import account
from tests.records.tables import (
    penalty,
    table,
)
from workflow_app.services.record_import import import_records


def take(content, by="source1"):
    return import_records(user=account(by), content=content)


def statuses(report):
    return [line.status for line in report.lines]


def refused(row, by="source1"):
    """The one refused line, between two that get in."""
    report = take(table(penalty(901), row, penalty(902)), by)
    assert statuses(report) == ["new", "refused", "new"]
    line = report.lines[1]
    assert line.line == 3
    assert line.message.endswith("。")
    return line
