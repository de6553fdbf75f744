"""A second person signs: asked, signing, refusing, and what both read; and what is signed with it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from notifications.models import Message
from tests.conftest import FrozenClock
from tests.services.signers import draft, org, second, shared, sign
from tests.services.test_papers import PDF, store
from tests.services.world import account, file, kinds, record
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import (
    Case,
    CountersignRequest,
    CreditRecord,
    Draft,
    Mandate,
    Matter,
    Signature,
    Subject,
    SubjectAccount,
)
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.documents import get_document
from workflow_app.selectors.signatures import (
    count_to_countersign,
    digest_of,
    get_to_countersign,
    list_to_countersign,
    promised_text,
    request_of,
)
from workflow_app.services.countersigning import (
    AgentMandateEndedError,
    AgentSignatureOutdatedError,
    NothingToSignError,
    RefusalReasonMissingError,
    refuse_countersign,
    take_back_countersign,
)
from workflow_app.services.drafts import discard_draft, submit_draft
from workflow_app.services.errors import (
    CountersignatureRequiredError,
    DraftLockedError,
    NotRepresentingError,
    RecordNotOwnError,
)
from workflow_app.services.notices import send_due
from workflow_app.services.privacy import ConsentMissingError
from workflow_app.services.sign_in import PasswordWrongError
from workflow_app.services.signing import (
    AnswersChangedError,
    NobodyCountersignsError,
    hand_in_draft,
    sign_as,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acts")]

PAPERS = (("a.pdf", PDF), ("b.pdf", PDF.replace(b"1.7", b"1.4")))


def objection(**changes: Any) -> dict[str, Any]:
    """The answers of an objection, whole but for its papers."""
    return {
        "record": str(record("DEMO-P-004").pk),
        "ground": "error",
        "changes": [{"field": "amount_cents", "new": "5000.00"}],
        "explanation": "决定书载明罚款五千元，公示为五万元。",
        "contact": "王一",
        "phone": "13800000001",
        "agree": True,
        **changes,
    }


@pytest.fixture
def asked() -> Draft:
    """agent1 has signed for org1; applicant1, who represents it, is asked."""
    shared()
    kept = draft("agent1")
    assert isinstance(sign(kept), CountersignRequest)
    return kept


class TestTwoSign:
    def test_the_representative_is_asked(self, asked: Draft, at: FrozenClock) -> None:
        assert not Case.objects.filter(process="acts").exists()
        (waiting,) = list_to_countersign(account("applicant1"))
        assert (waiting.draft, waiting.subject, waiting.asked_at) == (asked, org(), at.now)
        assert count_to_countersign(account("applicant1")) == 1
        assert list_to_countersign(account("applicant2")) == []
        assert Signature.objects.get().capacity == Capacity.AGENT

    def test_with_the_second_signature_it_is_filed_in_the_agents_name(self, asked: Draft) -> None:
        (case,) = second(asked)
        assert case.filed_by == case.applicant == account("agent1")
        signed = case.events.filter(kind="case.signed").order_by("sequence")
        assert [(each.actor.username, each.data["capacity"]) for each in signed] == [
            ("agent1", "agent"),
            ("applicant1", "representative"),
        ]
        assert len({each.data["digest"] for each in signed}) == 1
        settled = request_of(asked)
        assert settled
        assert settled.settled_by == account("applicant1")
        assert not settled.is_refused
        assert list_to_countersign(account("applicant1")) == []

    def test_signing_twice_files_once(self, asked: Draft) -> None:
        assert second(asked) == second(asked)
        assert Case.objects.filter(process="acts").count() == 1

    def test_meanwhile_nothing_changes_what_was_signed(self, asked: Draft) -> None:
        agent = account("agent1")
        with pytest.raises(DraftLockedError):
            draft("agent1", draft_id=asked.pk, data={})
        with pytest.raises(DraftLockedError):
            discard_draft(draft_id=asked.pk, user=agent)
        with pytest.raises(CountersignatureRequiredError):
            submit_draft(draft_id=asked.pk, user=agent)

    def test_the_agent_who_presses_twice_is_asked_for_once(self, asked: Draft) -> None:
        assert sign(asked) == request_of(asked)
        assert Signature.objects.count() == 1

    def test_who_comes_to_act_for_another_subject_meanwhile_files_nothing_for_that(self) -> None:
        mandate = shared()
        Mandate.objects.filter(agent=account("agent1")).exclude(pk=mandate.pk).delete()
        kept = draft("agent1", on_behalf_of="")
        assert isinstance(sign(kept), CountersignRequest)
        mandate.delete()
        CreditRecord.objects.filter(pk=record().pk).update(subject=org("org2"))
        shared(key="org2")
        with pytest.raises(AgentMandateEndedError):
            second(kept)
        assert not Case.objects.filter(process="acts").exists()

    def test_nobody_else_signs_second(self, asked: Draft) -> None:
        for name in ("agent1", "applicant2", "reviewer1"):
            with pytest.raises(NotFoundError):
                second(asked, name)
            with pytest.raises(NotFoundError):
                refuse_countersign(draft_id=asked.pk, user=account(name), reason="x")

    def test_the_second_signature_too_needs_password_consent_and_the_same_answers(self, asked: Draft) -> None:
        with pytest.raises(PasswordWrongError):
            second(asked, password="demo-agent1")
        with pytest.raises(ConsentMissingError):
            second(asked, consent=False)
        with pytest.raises(AnswersChangedError):
            second(asked, digest="0" * 64)
        assert Signature.objects.count() == 1

    def test_refused_it_goes_back_with_the_reason(self, asked: Draft) -> None:
        with pytest.raises(RefusalReasonMissingError):
            refuse_countersign(draft_id=asked.pk, user=account("applicant1"), reason=" \0 ")
        refuse_countersign(draft_id=asked.pk, user=account("applicant1"), reason="金额不对。")
        settled = request_of(asked)
        assert settled
        assert settled.is_refused
        assert settled.reason == "金额不对。"
        assert not Signature.objects.exists()
        draft("agent1", draft_id=asked.pk)
        with pytest.raises(NothingToSignError):
            second(asked)
        assert isinstance(sign(asked), CountersignRequest)
        again = request_of(asked)
        assert again
        assert not again.is_refused
        assert again.reason == ""
        assert second(asked)

    def test_the_agent_takes_it_back(self, asked: Draft) -> None:
        with pytest.raises(NotFoundError):
            take_back_countersign(draft_id=asked.pk, user=account("applicant1"))
        take_back_countersign(draft_id=asked.pk, user=account("agent1"))
        with pytest.raises(NothingToSignError):
            take_back_countersign(draft_id=asked.pk, user=account("agent1"))
        with pytest.raises(NotFoundError):
            get_to_countersign(account("applicant1"), asked.pk)
        draft("agent1", draft_id=asked.pk, data={})

    def test_without_a_mandate_any_more_it_is_not_filed(self, asked: Draft) -> None:
        Mandate.objects.filter(agent=account("agent1"), subject=org()).delete()
        with pytest.raises(AgentMandateEndedError) as refused:
            second(asked)
        assert refused.value.params["who"] == str(account("agent1"))
        assert Signature.objects.count() == 1
        assert count_to_countersign(account("applicant1")) == 1

    def test_what_cannot_be_filed_is_told_to_the_agent(self) -> None:
        shared()
        kept = draft("agent1", data={"records": [str(record("DEMO-P-002").pk)]})
        with pytest.raises(RecordNotOwnError):
            sign(kept)
        assert not CountersignRequest.objects.exists()
        assert not Signature.objects.exists()

    def test_where_nobody_could_sign_nobody_is_asked(self) -> None:
        shared()
        SubjectAccount.objects.filter(subject=org()).delete()
        with pytest.raises(NobodyCountersignsError):
            sign(draft("agent1"))

    def test_who_is_asked_reads_the_papers(self) -> None:
        shared()
        paper = store(user="agent1")
        kept = draft("agent1", documents=[str(paper.pk)])
        with pytest.raises(NotFoundError):
            get_document(account("applicant1"), paper.pk)
        sign(kept)
        assert get_document(account("applicant1"), paper.pk) == paper
        with pytest.raises(NotFoundError):
            get_document(account("applicant2"), paper.pk)
        refuse_countersign(draft_id=kept.pk, user=account("applicant1"), reason="不签")
        with pytest.raises(NotFoundError):
            get_document(account("applicant1"), paper.pk)

    def test_who_is_asked_reads_the_papers_that_only_the_answers_name(self) -> None:
        shared()
        paper, other = (str(store(name, content, user="agent1").pk) for name, content in PAPERS)
        kept = draft("agent1", "objection", data=objection(papers=[paper]))
        before = digest_of(kept)
        assert isinstance(hand_in_draft(draft_id=kept.pk, user=account("agent1")), CountersignRequest)
        assert str(get_document(account("applicant1"), UUID(paper)).pk) == paper
        assert digest_of(draft("agent1", "objection", data=objection(papers=[other]))) != before
        with pytest.raises(NotFoundError):
            get_document(account("applicant1"), UUID(other))


class TestWithoutPages:
    def test_filing_directly_is_refused_where_two_have_to_sign(self) -> None:
        shared()
        with pytest.raises(CountersignatureRequiredError):
            file("agent1", on_behalf_of="org1")
        assert not Case.objects.filter(process="acts").exists()

    def test_a_system_hands_in_for_the_second_signature(self) -> None:
        shared()
        kept = draft("agent1")
        waiting = hand_in_draft(draft_id=kept.pk, user=account("agent1"))
        assert isinstance(waiting, CountersignRequest)
        assert hand_in_draft(draft_id=kept.pk, user=account("agent1")) == waiting
        assert Signature.objects.get().factor == "token"
        (case,) = second(kept)
        assert hand_in_draft(draft_id=kept.pk, user=account("agent1")) == [case]

    def test_where_one_signature_is_enough_none_is_needed(self) -> None:
        cases = hand_in_draft(draft_id=draft().pk, user=account("applicant1"))
        assert isinstance(cases, list)
        assert "case.signed" not in kinds(cases[0])

    def test_whom_the_account_does_not_represent_it_files_nothing_for(self) -> None:
        with pytest.raises(NotRepresentingError):
            hand_in_draft(draft_id=draft(on_behalf_of=subject_code("org2")).pk, user=account("applicant1"))


class TestWhatPeopleAreTold:
    """With the words of a process of this repository."""

    def wait(self) -> Draft:
        shared()
        kept = draft("agent1", "objection", data=objection(papers=[str(store(user="agent1").pk)]))
        assert isinstance(sign(kept), CountersignRequest)
        return kept

    def test_asked_and_refused(self) -> None:
        kept = self.wait()
        send_due()
        told = Message.objects.get(event="countersign_asked")
        assert told.recipient == account("applicant1")
        assert told.path == f"/countersign/{kept.pk}"
        assert told.subject == f"请您签署：{org().name}的“信用异议”申请"
        assert str(account("agent1")) in told.body
        assert f"/countersign/{kept.pk}" in told.body
        refuse_countersign(draft_id=kept.pk, user=account("applicant1"), reason="金额不对。")
        send_due()
        back = Message.objects.get(event="countersign_refused")
        assert back.recipient == account("agent1")
        assert "理由：金额不对。" in back.body
        assert f"/drafts/{kept.pk}" in back.body

    def test_persons_are_masked(self) -> None:
        person = org()
        Subject.objects.filter(pk=person.pk).update(kind="person", name="王小明")
        refuse_countersign(draft_id=self.wait().pk, user=account("applicant1"), reason="不对。")
        send_due()
        for event in ("countersign_asked", "countersign_refused"):
            told = Message.objects.get(event=event)
            assert "王小明" not in told.subject + told.body
            assert "王*" in told.subject + told.body

    def test_asked_again_told_again(self, at: FrozenClock) -> None:
        kept = self.wait()
        take_back_countersign(draft_id=kept.pk, user=account("agent1"))
        at.forward(minutes=1)
        sign(kept)
        assert Message.objects.filter(event="countersign_asked").count() == 2

    def test_in_english(self) -> None:
        user = account("applicant1")
        user.language = "en"
        user.save()
        self.wait()
        send_due()
        told = Message.objects.get(event="countersign_asked")
        assert told.body.startswith("Demo Agent 1 has filled in and signed an application")


class TestThePromisedText:
    """A commitment is signed with the text of its matter as it stands."""

    def promise(self, user: str = "applicant1") -> Draft:
        return draft(user, "commitment", data={"matter": "FOOD-01"})

    def renew(self) -> None:
        matter = Matter.objects.get(code="FOOD-01")
        last = matter.texts.order_by("-version")[0]
        last.pk, last.version, last.valid_from = None, last.version + 1, date(2026, 3, 1)
        last.content += "\n另外遵守新的标准。"
        last.save()

    def test_it_is_part_of_what_is_signed(self) -> None:
        kept = self.promise()
        text, before = promised_text(kept), digest_of(kept)
        assert text
        self.renew()
        after = promised_text(kept)
        assert after
        assert after.version == text.version + 1
        assert digest_of(kept) != before
        assert promised_text(draft()) is None
        assert promised_text(draft(data={"matter": ["x"]})) is None

    def test_renewed_between_both_signatures_the_agent_signs_anew(self) -> None:
        shared()
        kept = self.promise("agent1")
        request = CountersignRequest.objects.create(draft=kept, subject=org(), asked_at=kept.updated_at)
        sign_as(kept, account("agent1"), Capacity.AGENT, digest_of(kept), "x", "password")
        self.renew()
        with pytest.raises(AgentSignatureOutdatedError):
            second(kept)
        request.refresh_from_db()
        assert request.settled_at is None
