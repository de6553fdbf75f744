"""Drafts: nothing typed is lost, and sending twice files once."""

import pytest

from forms.problems import FormInvalidError
from tests.services.test_papers import store
from tests.services.world import account, record
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Draft
from workflow_app.services.drafts import discard_draft, save_draft, submit_draft
from workflow_app.services.errors import DraftSubmittedError, ProcessUnknownError, RecordNotOwnError

pytestmark = pytest.mark.usefixtures("acts")


def draft(user="applicant1", **extra):
    data = {"records": [str(record().pk)]}
    return save_draft(user=account(user), **{"process": "acts", "data": data, **extra})


def test_what_is_half_typed_is_kept_as_typed():
    kept = draft(data={"records": [], "nonsense": {"a": [1, None, " x "]}}, on_behalf_of="9133")
    row = Draft.objects.get(pk=kept.pk)
    assert (row.data, row.on_behalf_of) == ({"records": [], "nonsense": {"a": [1, None, " x "]}}, "9133")


def test_it_is_saved_again_in_place(at):
    first = draft(data={})
    at.forward(minutes=5)
    second = draft(data={"records": ["1"]}, draft_id=str(first.pk))
    assert second.pk == first.pk
    assert Draft.objects.get().updated_at == at.now


def test_sent_twice_it_gives_the_same_cases():
    numbers = [str(record(number).pk) for number in ("DEMO-P-001", "DEMO-P-003")]
    paper = store()
    kept = draft(data={"records": numbers}, documents=[str(paper.pk)])
    first = submit_draft(draft_id=kept.pk, user=account("applicant1"))
    assert len(first) == 2
    assert submit_draft(draft_id=str(kept.pk), user=account("applicant1")) == first
    assert Case.objects.filter(process="acts").count() == 2
    assert first[0].documents.count() == 1


def test_a_refused_draft_stays_as_it_was_typed():
    kept = draft(data={"records": [str(record("DEMO-P-002").pk)]})
    with pytest.raises(RecordNotOwnError):
        submit_draft(draft_id=kept.pk, user=account("applicant1"))
    row = Draft.objects.get(pk=kept.pk)
    assert (row.data, row.submitted_at) == (kept.data, None)
    with pytest.raises(FormInvalidError):
        submit_draft(draft_id=draft(data={}).pk, user=account("applicant1"))


def test_a_filed_draft_does_not_change():
    kept = draft()
    submit_draft(draft_id=kept.pk, user=account("applicant1"))
    with pytest.raises(DraftSubmittedError):
        draft(draft_id=kept.pk)
    with pytest.raises(DraftSubmittedError):
        discard_draft(draft_id=kept.pk, user=account("applicant1"))


def test_it_can_be_thrown_away():
    kept = draft()
    discard_draft(draft_id=kept.pk, user=account("applicant1"))
    assert not Draft.objects.exists()


@pytest.mark.parametrize("identifier", ["00000000-0000-4000-8000-000000000001", "x", "", "1"])
def test_no_such_draft(identifier):
    with pytest.raises(NotFoundError):
        submit_draft(draft_id=identifier, user=account("applicant1"))


def test_anothers_draft_is_not_there():
    kept = draft()
    for act in (submit_draft, discard_draft):
        with pytest.raises(NotFoundError):
            act(draft_id=kept.pk, user=account("applicant2"))
    with pytest.raises(NotFoundError):
        draft("applicant2", draft_id=kept.pk)


def test_a_process_nobody_knows():
    with pytest.raises(ProcessUnknownError):
        draft(process="nothing")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"a": "\0"}, "nul_character"),
        ({"a": "\ud800"}, "broken_character"),
        ({"typename": "UUID"}, "forbidden_key"),
        ({"a": float("nan")}, "bad_number"),
        ({"a": "x" * 30_000}, "text_too_long"),
    ],
)
def test_what_no_table_can_hold(data, code):
    with pytest.raises(FormInvalidError) as caught:
        draft(data=data)
    assert [error["code"] for error in caught.value.errors] == [code]
    with pytest.raises(FormInvalidError):
        draft(on_behalf_of="\0")
