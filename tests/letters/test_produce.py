"""The worker makes each letter exactly once, whatever happens around it."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from notifications.models import Message
from tests.letters.world import CODE, account, decide, deploy_letters, file, letter_of
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.letters.pki import trusted_certificates
from workflow_app.letters.verification import check_seal
from workflow_app.models import Letter
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.letters import list_failed_letters
from workflow_app.services import blobs, letters
from workflow_app.services.letters import LetterNotFailedError, produce_letters, retry_letter


def _waiting() -> int:
    return produce_letters(100)


@pytest.mark.usefixtures("lettering")
def test_makes_a_sealed_letter_and_tells_the_applicant(at: Any) -> None:
    case = file()
    assert letter_of(case).status == LetterStatus.PENDING
    at.forward(minutes=3)
    assert _waiting() == 1
    letter = letter_of(case)
    content = blobs.get(letter.sha256)
    assert letter.status == LetterStatus.ISSUED
    assert letter.sha256 == hashlib.sha256(content).hexdigest()
    assert letter.size == len(content)
    assert letter.issued_at == at.now
    assert check_seal(content, trusted_certificates(), moment=at.now).is_valid
    assert case.events.order_by("sequence").values_list("kind", flat=True).last() == "letter.issued"
    told = Message.objects.get(case=case, event="letter_issued")
    assert told.recipient == account("applicant1")
    assert told.values["letter"]["number"] == letter.number
    assert _waiting() == 0


@pytest.mark.usefixtures("lettering")
def test_leaves_the_version_people_saw_as_it_is() -> None:
    case = file()
    before = case.lock_version
    _waiting()
    case.refresh_from_db()
    assert case.lock_version == before


@pytest.mark.usefixtures("lettering")
def test_a_letter_that_cannot_be_made_says_why_and_stops_no_other(at: Any) -> None:
    broken = file()
    decide(broken, "broken", note="无")
    _waiting()
    other = file()
    assert _waiting() == 1
    letter = letter_of(broken, "broken")
    assert letter.status == LetterStatus.PENDING
    assert "forms.decide.missing" in letter.problem
    assert letter_of(other).status == LetterStatus.ISSUED


@pytest.mark.usefixtures("lettering")
def test_gives_up_after_five_tries_and_waits_longer_between_them(at: Any) -> None:
    case = file()
    decide(case, "broken")
    tries = []
    for minute in range(40):
        before = letter_of(case, "broken").attempts
        _waiting()
        if letter_of(case, "broken").attempts > before:
            tries.append(minute)
        at.forward(minutes=1)
    letter = letter_of(case, "broken")
    assert tries == [0, 1, 3, 7, 15]
    assert letter.status == LetterStatus.FAILED
    assert letter.sha256 == ""
    assert list_failed_letters(account("supervisor1")).items == [letter]


@pytest.mark.usefixtures("lettering")
def test_a_rare_character_is_named_with_the_value_it_stands_in() -> None:
    case = file(changes=[{"new": "张\U0002a6d6"}])  # a character that no installed font has
    _waiting()
    letter = letter_of(case)
    assert "\U0002a6d6" in letter.problem
    assert "U+2A6D6" in letter.problem
    assert "forms.start.changes.0.new" in letter.problem


@pytest.mark.usefixtures("lettering")
def test_a_supervisor_has_a_failed_letter_made_again(at: Any) -> None:
    case = file()
    decide(case, "broken", note="可以")
    for _ in range(5):
        _waiting()
        at.forward(minutes=10)
    letter = letter_of(case, "broken")
    assert letter.status == LetterStatus.FAILED
    with pytest.raises(ForbiddenError):
        retry_letter(number=letter.number, user=account("reviewer1"))
    with pytest.raises(NotFoundError):
        retry_letter(number=letter.number, user=account("supervisor1-yiwu"))
    again = retry_letter(number=letter.number, user=account("supervisor1"))
    assert (again.status, again.attempts) == (LetterStatus.PENDING, 0)
    with pytest.raises(LetterNotFailedError):
        retry_letter(number=letter.number, user=account("supervisor1"))
    event = case.events.get(kind="letter.retried")
    assert event.actor == account("supervisor1")


@pytest.mark.usefixtures("lettering")
def test_a_voided_letter_is_not_made_any_more() -> None:
    case = file()
    decide(case, "void")
    assert _waiting() == 0
    letter = letter_of(case)
    assert (letter.status, letter.sha256, letter.status_reason) == (LetterStatus.VOIDED, "", "内容有误")


@pytest.mark.usefixtures("lettering")
def test_a_letter_voided_while_it_is_made_stays_voided(monkeypatch: pytest.MonkeyPatch) -> None:
    case = file()
    make = letters._make

    def make_and_void(letter: Letter) -> bytes:
        content = make(letter)
        decide(case, "void")
        return content

    monkeypatch.setattr(letters, "_make", make_and_void)
    assert _waiting() == 0
    assert letter_of(case).status == LetterStatus.VOIDED
    assert "letter.issued" not in case.events.values_list("kind", flat=True)


@pytest.mark.usefixtures("lettering")
def test_a_letter_replaced_before_it_was_made_is_superseded_when_it_is() -> None:
    case = file()
    decide(case, "second", note="说明")
    assert letter_of(case).status == LetterStatus.PENDING
    assert _waiting() == 2
    old, new = letter_of(case), letter_of(case, "second")
    assert (old.status, new.status) == (LetterStatus.SUPERSEDED, LetterStatus.ISSUED)
    assert old.superseded_by == new


@pytest.mark.usefixtures("lettering")
def test_a_try_that_kills_the_process_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    case = file()

    class Killed(BaseException):
        pass

    def die(letter: Letter) -> bytes:
        raise Killed

    monkeypatch.setattr(letters, "_make", die)
    for _ in range(5):
        with pytest.raises(Killed):
            _waiting()
    assert letter_of(case).status == LetterStatus.PENDING
    assert _waiting() == 0
    letter = letter_of(case)
    assert letter.status == LetterStatus.FAILED
    assert letter.problem == letters.INTERRUPTED


@pytest.mark.usefixtures("lettering")
@pytest.mark.parametrize("where", ["put", "open_trail"])
def test_one_killed_between_the_steps_is_made_once_by_the_next_run(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    case = file()
    target = letters.blobs if where == "put" else letters
    with monkeypatch.context() as patch:
        patch.setattr(target, where, die)
        with pytest.raises(Killed):
            _waiting()
    assert _waiting() == 1
    assert list(case.events.filter(kind="letter.issued").values_list("data__letter", flat=True)) == [
        letter_of(case).number
    ]


def _at_once(work: Callable[[int], Any], threads: int = 4) -> list[Any]:
    barrier = Barrier(threads)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=60)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.usefixtures("committed_letters")
def test_several_workers_at_once_make_each_letter_once() -> None:
    cases = [file() for _ in range(3)]
    made = _at_once(lambda _: produce_letters(100))
    assert sum(made) == 3
    for case in cases:
        assert case.events.filter(kind="letter.issued").count() == 1
        assert Message.objects.filter(case=case, event="letter_issued").count() == 1
        assert letter_of(case).attempts == 1


@pytest.mark.usefixtures("committed_letters")
def test_numbers_are_gapless_under_concurrency_and_refusal() -> None:
    def act(number: int) -> None:
        for turn in range(4):
            if (number + turn) % 3 == 0:
                # The number is taken, then the act is undone.
                with pytest.raises(ZeroDivisionError):
                    _file_and_fail()
            else:
                file()

    _at_once(act)
    numbers = sorted(
        int(number.rpartition("〕")[2][:-1])
        for number in Letter.objects.filter(kind="reply").values_list("number", flat=True)
    )
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(set(Letter.objects.values_list("verify_code", flat=True))) == len(numbers)


def _file_and_fail() -> None:
    from django.db import transaction

    with transaction.atomic():
        file()
        raise ZeroDivisionError


_WORKER = """
import django, os
django.setup()
from workflow_app.services.letters import produce_letters
print("made", produce_letters(100))
"""


def test_a_worker_killed_in_the_middle_of_a_letter_leaves_it_to_the_next(committed_letters: str) -> None:
    case = file()
    killing = _WORKER.replace(
        "print(",
        "from workflow_app.services import letters, blobs\nblobs.put = lambda c: os.kill(os.getpid(), 9)\nprint(",
    )
    environment = {
        "DATABASE_URL": committed_letters,
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.test",
        "TEST_RUN_DIR": str(settings.TEST_RUN_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
        "PATH": "/usr/bin:/bin",
    }
    first = subprocess.run([sys.executable, "-c", killing], env=environment, check=False, timeout=120)
    assert first.returncode == -9
    letter = letter_of(case)
    assert (letter.status, letter.attempts) == (LetterStatus.PENDING, 1)
    assert produce_letters(100) == 1
    assert letter_of(case).status == LetterStatus.ISSUED


@pytest.mark.usefixtures("db")
def test_the_text_is_the_one_frozen_with_the_case() -> None:
    deploy_letters()
    case = file()
    deploy_letters(
        {"reply": "{% extends 'letters/base.html' %}{% block body %}<p>{{ other }}</p>{% endblock %}"}
    )
    assert _waiting() == 1
    assert letter_of(case).problem == ""


def test_the_code_alphabet_holds_128_bits() -> None:
    assert len(letters.CODE_ALPHABET) == len(set(letters.CODE_ALPHABET)) == 32
    assert letters.CODE_LENGTH * 5 >= 128
    assert len(CODE) == letters.CODE_LENGTH
