"""Credit records over HTTP: who reads which, and what an import says of each line."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.records.tables import penalty, table
from tests.services.world import record
from workflow_app.demo.names import subject_code
from workflow_app.models import CreditRecord

from .conftest import Api, multipart, problem

BEFORE = "金市监罚〔2026〕"


def sent(api: Api, content: bytes, **options: Any) -> Any:
    return api.post("/records/import", raw=content, content_type="text/csv", **options)


class TestReading:
    def test_one_s_own_records(self, account: Callable[[str], Api]) -> None:
        applicant = account("applicant1")
        items = applicant.get("/records").json()["items"]
        assert {"DEMO-P-001", "DEMO-P-003", "DEMO-P-004", "DEMO-L-001"} == {each["number"] for each in items}
        assert {each["subject_code"] for each in items} == {subject_code("org1")}
        by_number = {each["number"]: each for each in items}
        assert by_number["DEMO-P-004"]["amount_cents"] == 50_000_00
        assert by_number["DEMO-P-001"]["severity"] == "general"
        assert by_number["DEMO-P-003"]["eligible_from"] > "2026-03-02"

    def test_of_one_subject(self, account: Callable[[str], Api]) -> None:
        source = account("source1")
        mine = source.get(f"/records?subject={subject_code('org2').lower()}").json()["items"]
        assert "DEMO-P-002" in {each["number"] for each in mine}
        assert {each["subject_code"] for each in mine} == {subject_code("org2")}
        assert source.get("/records?subject=x").json()["items"] == []

    def test_a_person_is_masked_for_everybody_else(self, account: Callable[[str], Api]) -> None:
        identifier = record("DEMO-P-005").pk
        own = account("applicant2").get(f"/records/{identifier}").json()
        assert own["subject_code"] == subject_code("person1")
        other = account("source1").get(f"/records/{identifier}").json()
        assert "*" in other["subject_code"]
        assert "*" in other["subject_name"]

    @pytest.mark.parametrize("who", ["applicant2", "agent1", "sysadmin1", "secadmin1", "auditor1"])
    def test_outsiders_find_nothing(self, who: str, account: Callable[[str], Api]) -> None:
        outsider = account(who)
        missing = problem(outsider.get("/records/987654321"), 404, "not_found")
        assert problem(outsider.get(f"/records/{record('DEMO-P-001').pk}"), 404, "not_found") == missing
        assert outsider.get(f"/records?subject={subject_code('org1')}").json()["items"] == []

    def test_pages_and_their_cost(self, account: Callable[[str], Api]) -> None:
        source, seen, cursor = account("source1"), [], ""
        costs = set()
        for _ in range(3):
            with CaptureQueriesContext(connection) as found:
                page = source.get(f"/records?limit=5&cursor={cursor}").json()
            costs.add(len(found))
            seen += [each["id"] for each in page["items"]]
            cursor = page["next"]
        assert len(seen) == len(set(seen)) == 15
        assert seen == sorted(seen, reverse=True)
        assert max(costs) <= 6


class TestImport:
    def test_line_by_line(self, account: Callable[[str], Api]) -> None:
        content = table(penalty(1), penalty(2, 处罚决定日期="2026-02-30"), penalty(3))
        report = sent(account("source1"), content).json()
        assert report["counts"] == {"new": 2, "unchanged": 0, "changed": 0, "refused": 1}
        assert [(line["line"], line["status"]) for line in report["lines"]] == [
            (2, "new"),
            (3, "refused"),
            (4, "new"),
        ]
        (fault,) = report["lines"][1]["problems"]
        assert fault["code"] == "date_invalid"
        assert "2026-02-30" in fault["message"]
        assert CreditRecord.objects.filter(number__startswith=BEFORE).count() == 2

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
    def test_any_of_the_usual_encodings(self, encoding: str, account: Callable[[str], Api]) -> None:
        report = sent(account("source1"), table(penalty(), encoding=encoding)).json()
        assert report["counts"]["new"] == 1
        assert record("金市监罚〔2026〕1号").subject.name == "金华市示例六号运输有限公司（演示）"

    def test_as_a_form_or_as_it_is(self, account: Callable[[str], Api]) -> None:
        source = account("source1")
        assert source.upload("/records/import", "双公示.csv", table(penalty(1))).json()["counts"]["new"] == 1
        assert sent(source, table(penalty(2))).json()["counts"]["new"] == 1
        problem(source.post("/records/import", {"a": 1}), 415, "content_type_not_supported")

    def test_the_same_file_twice_changes_nothing(self, account: Callable[[str], Api]) -> None:
        source, content = account("source1"), table(penalty(1), penalty(2))
        first = sent(source, content, key="k1")
        assert sent(source, content).json()["counts"] == {
            "new": 0,
            "unchanged": 2,
            "changed": 0,
            "refused": 0,
        }
        assert sent(source, content, key="k1").content == first.content
        problem(sent(source, table(penalty(3)), key="k1"), 422, "idempotency_mismatch")
        assert CreditRecord.objects.filter(number__startswith=BEFORE).count() == 2

    def test_a_form_sent_again_is_the_same_request(self, account: Callable[[str], Api]) -> None:
        source, content = account("source1"), table(penalty(1))
        answers = []
        for _ in range(2):
            raw, kind = multipart("a.csv", content)
            answers.append(source.post("/records/import", raw=raw, content_type=kind, key="k1").content)
        assert answers[0] == answers[1]

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b" \r\n", 422, "import_empty"),
            ("行政相对人名称,统一社会信用代码\r\n甲,乙\r\n".encode(), 422, "import_columns_missing"),
            (b"\xff\xfe\x00\x80\xff", 422, "import_encoding"),
            (b"x" * (21 * 1024 * 1024), 413, "body_too_large"),
        ],
        ids=["empty", "columns", "encoding", "21 MB"],
    )
    def test_what_is_no_table(
        self, content: bytes, status: int, code: str, account: Callable[[str], Api]
    ) -> None:
        document = problem(sent(account("source1"), content), status, code)
        if code == "import_columns_missing":
            assert "行政相对人类别" in document["detail"]

    def test_an_empty_file(self, account: Callable[[str], Api]) -> None:
        problem(account("source1").upload("/records/import", "a.csv", b""), 422, "import_empty")

    def test_the_wrong_check_digit_is_said_by_line(self, account: Callable[[str], Api]) -> None:
        wrong = subject_code("org6")[:-1] + ("0" if subject_code("org6")[-1] != "0" else "1")
        person = subject_code("person1")[:-1] + ("0" if subject_code("person1")[-1] != "0" else "1")
        rows = [
            penalty(1, 统一社会信用代码=wrong),
            penalty(2, 行政相对人类别="自然人", 统一社会信用代码="", 证件类型="身份证", 证件号码=person),
        ]
        report = sent(account("source1"), table(*rows)).json()
        assert [line["problems"][0]["code"] for line in report["lines"]] == [
            "uscc_invalid",
            "id_card_invalid",
        ]
        assert report["counts"]["refused"] == 2

    @pytest.mark.parametrize(
        "who", ["applicant1", "agent1", "approver1", "trainer1", "sysadmin1", "auditor1"]
    )
    def test_who_supplies_nothing_imports_nothing(self, who: str, account: Callable[[str], Api]) -> None:
        problem(sent(account(who), table()), 403, "import_forbidden")
