"""Filing: who may file what about whom, and what a case keeps from that day."""

import pytest

from forms.problems import FormInvalidError
from tests.services.world import (
    account,
    do,
    file,
    file_all,
    record,
    redeploy,
)
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import (
    Agency,
    Case,
    Matter,
    RoleGrant,
    Subject,
)
from workflow_app.services.cases import file_case
from workflow_app.services.errors import (
    DeadlineRuleMissingError,
    FourEyesError,
    MatterUnknownError,
    NotRepresentingError,
    NotStarterError,
    ProcessUnknownError,
    RecordNotOwnError,
    SubjectRequiredError,
)

pytestmark = pytest.mark.usefixtures("acts")


class TestFiling:
    def test_several_records_become_one_case_each(self):
        cases = file_all("applicant1", "DEMO-P-003", "DEMO-P-001", "DEMO-P-004")
        assert [case.record.number for case in cases] == ["DEMO-P-003", "DEMO-P-001", "DEMO-P-004"]
        assert len({case.number for case in cases}) == 3

    def test_all_are_filed_or_none(self):
        before = Case.objects.count()
        with pytest.raises(RecordNotOwnError):
            file_all("applicant1", "DEMO-P-001", "DEMO-P-002")
        assert Case.objects.count() == before

    def test_a_record_of_another_looks_like_one_that_is_not_there(self):
        other, nobody = str(record("DEMO-P-002").pk), "999999999"
        messages = []
        for identifier in (other, nobody):
            with pytest.raises(RecordNotOwnError) as caught:
                file_case(process="acts", data={"records": [identifier]}, user=account("applicant1"))
            messages.append(str(caught.value).replace(identifier, "?"))
        assert messages[0] == messages[1]

    @pytest.mark.parametrize("identifier", ["", "x", "-1", "1.5", "９", "9" * 30, "1 OR 1=1"])
    def test_what_is_no_id_is_no_record(self, identifier):
        with pytest.raises((RecordNotOwnError, FormInvalidError)):
            file_case(process="acts", data={"records": [identifier]}, user=account("applicant1"))

    def test_an_agent_files_for_whom_a_mandate_names(self):
        assert (
            file("agent1", "DEMO-P-002").subject.code
            == file("agent1", "DEMO-P-002", on_behalf_of="org2").subject.code
        )

    def test_a_mandate_that_has_ended_opens_nothing(self, at):
        at("2028-06-01 10:00")
        with pytest.raises(NotRepresentingError):
            file("agent1", "DEMO-P-002")

    def test_nobody_files_for_another(self):
        with pytest.raises(NotRepresentingError):
            file("applicant1", "DEMO-P-002", on_behalf_of="org2")

    def test_who_may_not_start_is_told(self):
        with pytest.raises(NotRepresentingError):
            file("reviewer1")

    def test_the_window_files_for_others(self):
        case = file("clerk1", "DEMO-P-002")
        assert (case.channel, case.applicant, case.filed_by) == ("window", None, account("clerk1"))

    def test_the_window_files_about_one_subject_at_a_time(self):
        with pytest.raises(RecordNotOwnError):
            file_all("clerk1", "DEMO-P-001", "DEMO-P-002")

    def test_the_window_files_in_its_own_region_only(self):
        RoleGrant.objects.filter(user=account("clerk1")).update(
            agency=Agency.objects.get(kind="credit_office", region="330782")
        )
        with pytest.raises(RecordNotOwnError):
            file("clerk1", "DEMO-P-001")

    def test_a_process_nobody_knows(self):
        with pytest.raises(ProcessUnknownError):
            file_case(process="nothing", data={}, user=account("applicant1"))

    def test_wrong_data_reach_no_table(self):
        with pytest.raises(FormInvalidError) as caught:
            file_case(process="acts", data={"records": [], "extra": 1}, user=account("applicant1"))
        assert {error["code"] for error in caught.value.errors} == {"min_items", "unknown_field"}

    def test_without_a_rule_nothing_is_filed(self, at):
        at("2019-12-31 10:00")
        before = Case.objects.count()
        with pytest.raises(DeadlineRuleMissingError):
            file()
        assert Case.objects.count() == before

    def test_numbers_count_the_day_in_china(self, at):
        at("2026-03-02 00:30")
        assert file().number.startswith("ACTS-330700-20260302-")


def test_errors_name_processes_matters_and_subjects():
    """The remaining errors of filing, through the processes of the house."""
    with pytest.raises(MatterUnknownError):
        file_case(process="commitment", data=commitment(matter="NOPE-01"), user=account("applicant1"))
    with pytest.raises(SubjectRequiredError):
        file_case(process="commitment", data=commitment(), user=account("agent1"))
    with pytest.raises(NotRepresentingError):
        file_case(process="commitment", data=commitment(), user=account("trainer1"))


def commitment(**data):
    return {"matter": "TRANSPORT-01", "agree": True, **data}


def test_a_process_for_officers_is_not_for_applicants():
    redeploy(starters=["reviewer"])
    with pytest.raises(NotStarterError):
        file("applicant1")
    case = file("reviewer1")
    assert (case.channel, case.applicant) == ("online", None)


class TestAboutASubject:
    """A process that is about nothing but its subject: who is meant, and which office is in charge."""

    @pytest.fixture(autouse=True)
    def _about_subjects(self, acts):
        redeploy(about="subject")

    def file(self, name="applicant1", code=""):
        data = {"records": ["-"]}
        return file_case(process="acts", data=data, user=account(name), on_behalf_of=code)[0]

    def test_the_one_subject_of_an_account(self):
        case = self.file()
        assert (case.subject.code, case.record) == (subject_code("org1"), None)
        assert case.agency.region_id == "330700"

    def test_of_several_one_has_to_be_named(self):
        with pytest.raises(SubjectRequiredError):
            self.file("agent1")
        # As people type it: small letters, full-width digits, spaces around.
        typed = " " + subject_code("org3").lower().replace("1", "１") + " "
        assert self.file("agent1", typed).subject.code == subject_code("org3")

    def test_the_window_names_whom_it_files_for(self):
        for code in ("", "nobody"):
            with pytest.raises(SubjectRequiredError):
                self.file("clerk1", code)
        case = self.file("clerk1", subject_code("person1"))
        assert case.agency.region_id == "330700"

    def test_the_office_of_the_subjects_own_region(self):
        Subject.objects.filter(code=subject_code("org1")).update(code="91330782MA2XH0001X")
        assert self.file().agency.region_id == "330782"

    def test_a_code_that_names_no_region_here_goes_to_the_first_office(self):
        Subject.objects.filter(code=subject_code("org1")).update(code="91110000MA2XH0001X")
        assert self.file().agency.kind == "credit_office"
        Subject.objects.filter(code="91110000MA2XH0001X").update(code="P1234567", code_kind="other")
        assert self.file().agency.kind == "credit_office"

    def test_without_any_office_nobody_is_in_charge(self):
        Agency.objects.update(kind="department")
        with pytest.raises(NotFoundError):
            self.file()


def test_a_disabled_matter_is_none():
    Matter.objects.update(is_open=False)
    with pytest.raises(MatterUnknownError):
        file_case(process="commitment", data=commitment(), user=account("applicant1"))


def test_a_case_stays_with_the_definition_it_was_filed_under():
    case = file()
    redeploy(four_eyes={})
    do(case, "reviewer1", result="accept")
    RoleGrant.objects.create(
        user=account("reviewer1"), role="approver", agency=case.agency, valid_from="2026-01-01"
    )
    with pytest.raises(FourEyesError):
        do(case, "reviewer1", approval="grant")
    later = file()
    do(later, "reviewer1", result="accept")
    do(later, "reviewer1", approval="grant")
    assert Case.objects.get(pk=later.pk).definition.version == "2"
