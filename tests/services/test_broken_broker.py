"""When nothing can be enqueued: an act that needs a worker fails whole, and one that was never woken is found."""

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django_q.models import OrmQ

from notifications.models import Message
from tests.services.world import account, deploy_acts, file, task
from workflow_app.models import Case, Submission
from workflow_app.services import ticking, waking
from workflow_app.services.tasks import complete_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _acts(db: None) -> None:
    deploy_acts()


@pytest.fixture
def break_queue(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it and from then on nothing can be enqueued."""

    def refuse(*args: object, **options: object) -> None:
        raise OperationalError("the queue is away")

    return lambda: monkeypatch.setattr(waking, "async_task", refuse)


def test_an_act_that_cannot_wake_the_worker_leaves_nothing(break_queue: Callable[[], None]) -> None:
    break_queue()
    with pytest.raises(OperationalError):
        file()
    assert not Case.objects.exists()
    assert not Message.objects.exists()


def test_a_task_is_not_done_without_its_message(break_queue: Callable[[], None]) -> None:
    case = file()
    waiting = task(case)
    break_queue()
    with pytest.raises(OperationalError):
        complete_task(task_id=waiting.pk, user=account("reviewer1"), data={"result": "supplement"})
    assert task(case).pk == waiting.pk
    assert not Submission.objects.filter(task=waiting).exists()


def test_a_lost_wake_up_is_made_good_by_the_ticker() -> None:
    file()
    OrmQ.objects.all().delete()
    assert not ticking.is_idle()
    ticking.tick()
    assert OrmQ.objects.exists()
