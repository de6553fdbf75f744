"""Signatures: under what is filed as it stands, by who may give them; two where the mandate asks for two."""

from datetime import date

import pytest

from tests.conftest import FrozenClock
from tests.services.signers import HERE, draft, org, shared, sign
from tests.services.test_papers import PDF, store
from tests.services.world import account, kinds, record
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import (
    Case,
    PrivacyAcceptance,
    Signature,
)
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.signatures import (
    capacity_of,
    digest_of,
    needs_countersignature,
    subject_of,
)
from workflow_app.services import privacy
from workflow_app.services.errors import (
    RecordNotOwnError,
    SubjectRequiredError,
)
from workflow_app.services.privacy import ConsentMissingError
from workflow_app.services.sign_in import MOST_FAILURES, PasswordWrongError, SignInThrottledError, sign_in
from workflow_app.services.signing import (
    STATEMENTS,
    AnswersChangedError,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acts")]


class TestOneSigns:
    def test_what_is_signed_is_filed(self, at: FrozenClock) -> None:
        kept = draft()
        (case,) = sign(kept)
        assert case.process == "acts"
        assert case.applicant == account("applicant1")
        signature = Signature.objects.get()
        assert (signature.draft, signature.signer, signature.at) == (kept, account("applicant1"), at.now)
        assert (signature.capacity, signature.factor) == (Capacity.REPRESENTATIVE, "password")
        assert signature.statement == STATEMENTS[Capacity.REPRESENTATIVE]
        assert len(signature.digest) == 64

    def test_the_trail_names_the_signer_and_what_was_signed(self) -> None:
        (case,) = sign(draft())
        assert kinds(case)[:2] == ["case.filed", "case.signed"]
        event = case.events.get(kind="case.signed")
        assert event.actor == account("applicant1")
        signature = Signature.objects.get()
        assert event.data == {
            "capacity": "representative",
            "digest": signature.digest,
            "factor": "password",
        }

    def test_signing_again_files_nothing_more(self) -> None:
        kept = draft()
        assert sign(kept) == sign(kept)
        assert Case.objects.filter(process="acts").count() == 1

    def test_a_wrong_password_signs_nothing(self) -> None:
        kept = draft()
        with pytest.raises(PasswordWrongError):
            sign(kept, password="demo-agent1")
        assert not Signature.objects.exists()
        assert not Case.objects.filter(process="acts").exists()
        assert not PrivacyAcceptance.objects.exists()

    def test_guessing_is_slowed_down_as_at_sign_in(self, at: FrozenClock) -> None:
        kept = draft()
        for _ in range(MOST_FAILURES):
            with pytest.raises(PasswordWrongError):
                sign(kept, password="x")
        with pytest.raises(SignInThrottledError):
            sign(kept)
        with pytest.raises(SignInThrottledError):
            sign_in(username="applicant1", password="demo-applicant1", address=HERE)
        at.forward(minutes=15)
        assert sign(kept)

    def test_answers_changed_in_another_window_are_not_signed(self) -> None:
        kept = draft()
        seen = digest_of(kept)
        draft(draft_id=kept.pk, data={"records": [str(record("DEMO-P-003").pk)]})
        with pytest.raises(AnswersChangedError):
            sign(kept, digest=seen)
        assert not Signature.objects.exists()

    def test_what_cannot_be_filed_is_not_signed(self) -> None:
        kept = draft(data={"records": [str(record("DEMO-P-002").pk)]})
        with pytest.raises(RecordNotOwnError):
            sign(kept)
        assert not Signature.objects.exists()
        assert not PrivacyAcceptance.objects.exists()

    def test_nobody_signs_anothers_draft(self) -> None:
        kept = draft()
        with pytest.raises(NotFoundError):
            sign(kept, by="applicant2")

    def test_whom_it_is_for_must_be_clear(self) -> None:
        with pytest.raises(SubjectRequiredError):
            sign(draft("agent1", on_behalf_of=""))
        assert subject_of(draft(on_behalf_of=""), account("applicant1")) == org()


class TestTheDigest:
    def test_it_covers_answers_papers_and_for_whom(self) -> None:
        paper, other = store(), store("b.pdf", PDF.replace(b"1.7", b"1.4"))
        seen = {
            digest_of(draft()),
            digest_of(draft(data={"records": []})),
            digest_of(draft(documents=[str(paper.pk)])),
            digest_of(draft(documents=[str(other.pk)])),
            digest_of(draft(on_behalf_of="x")),
            digest_of(draft(process="objection")),
        }
        assert len(seen) == 6

    def test_the_order_of_keys_and_papers_does_not_matter(self) -> None:
        first, other = store(), store("b.pdf", PDF.replace(b"1.7", b"1.4"))
        both = [str(first.pk), str(other.pk)]
        one = draft(data={"a": 1, "b": 2}, documents=both)
        two = draft(data={"b": 2, "a": 1}, documents=both[::-1])
        assert digest_of(one) == digest_of(two)

    def test_ids_that_are_none_are_no_obstacle(self) -> None:
        assert digest_of(draft(documents=["no id"])) == digest_of(draft())


class TestConsent:
    def test_it_is_asked_once_for_each_version(self, at: FrozenClock) -> None:
        with pytest.raises(ConsentMissingError):
            sign(draft(), consent=False)
        assert sign(draft())
        accepted = PrivacyAcceptance.objects.get()
        assert (accepted.user, accepted.version, accepted.at) == (account("applicant1"), "1.0", at.now)
        assert sign(draft(data={"records": [str(record("DEMO-P-003").pk)]}), consent=False)

    def test_a_new_version_is_asked_for_from_its_day_on(
        self, at: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(privacy.VERSIONS, "2.0", date(2026, 3, 5))
        sign(draft())
        assert privacy.has_accepted(account("applicant1"))
        at("2026-03-05 00:00")
        assert privacy.version_in_force() == "2.0"
        assert not privacy.has_accepted(account("applicant1"))
        with pytest.raises(ConsentMissingError):
            sign(draft(data={"records": [str(record("DEMO-P-003").pk)]}), consent=False)


class TestCapacity:
    @pytest.mark.parametrize(
        ("username", "key", "capacity"),
        [
            ("applicant1", "org1", Capacity.REPRESENTATIVE),
            ("applicant2", "person1", Capacity.SELF),
            ("agent1", "org2", Capacity.AGENT),
            ("clerk1", "org1", Capacity.CLERK),
            ("reviewer1", "org1", Capacity.OFFICER),
        ],
    )
    def test_as_what_one_signs(self, username: str, key: str, capacity: Capacity) -> None:
        assert capacity_of(account(username), org(key)) == capacity

    def test_every_capacity_has_its_statement(self) -> None:
        assert set(STATEMENTS) == set(Capacity)

    def test_a_second_signature_is_for_agents_whose_every_mandate_asks_for_it(self) -> None:
        day = date(2026, 3, 2)
        assert not needs_countersignature(account("agent1"), org("org2"), day)
        assert not needs_countersignature(account("agent1"), org(), day)
        shared()
        assert needs_countersignature(account("agent1"), org(), day)
        assert not needs_countersignature(account("agent1"), org(), date(2027, 1, 1))
        assert not needs_countersignature(account("applicant1"), org(), day)
        shared(needs_countersignature=False)
        assert not needs_countersignature(account("agent1"), org(), day)
