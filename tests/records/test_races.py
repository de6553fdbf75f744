"""Two at once: imports of one file, repairs of one record."""

from django.db import transaction

from tests.records.steps import account, changes, decide, file, record
from tests.records.tables import penalty, table
from tests.training.test_races import at_once
from workflow_app.domain.codes import make_uscc
from workflow_app.domain.errors import CreditError
from workflow_app.models import CreditRecord, RecordImport, Subject
from workflow_app.services.record_import import import_records


def test_one_file_imported_by_several_at_once_gets_in_once(committed_db):
    code = make_uscc("91330700MA2YW0001")
    content = table(
        *[penalty(n, 统一社会信用代码=code, 行政相对人名称="新示例（演示）") for n in range(1, 21)]
    )
    reports = at_once(
        [
            lambda by=by: import_records(user=account(by), content=content)
            for by in ("source1", "reviewer1") * 2
        ]
    )
    totals = {
        status: sum(report.counts[status] for report in reports) for status in ("new", "unchanged", "refused")
    }
    assert totals == {"new": 20, "unchanged": 60, "refused": 0}
    assert CreditRecord.objects.filter(subject__code=code).count() == 20
    assert Subject.objects.filter(code=code).count() == 1
    assert RecordImport.objects.count() == 4


def test_two_cases_repair_one_record_at_once(committed_db):
    cases = [file(("record.repair", {}), number="DEMO-P-001") for _ in range(2)]

    def attempt(case):
        try:
            with transaction.atomic():
                decide(case)
        except CreditError as error:
            return error.code
        return "done"

    results = at_once([lambda case=case: attempt(case) for case in cases])
    assert sorted(results) == ["done", "record_already_repaired"]
    assert len(changes(record("DEMO-P-001"))) == 3
