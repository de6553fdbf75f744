"""Who moves up from the waiting list reads when and where, in the words of the repair process."""

import pytest

from notifications.texts import render
from tests.training.world import session
from workflow_app.services.definitions import current_bundle
from workflow_app.services.training import told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "候补成功"), ("en", "A seat has become free")])
def test_the_notice_says_when_and_where(language: str, words: str) -> None:
    where = session()
    _, bundle = current_bundle("repair")
    assert "training_promoted" in bundle.manifest.notifications
    values = {
        "case": {"number": "XYXF-1", "url": "http://city.invalid/cases/XYXF-1"},
        "subject": {"name": "星河公司"},
        "session": told(where),
    }
    message = render(bundle.files, "repair", "training_promoted", language, values)
    assert words in message.body
    assert "2026-03-05 09:00" in message.body
    assert where.place in message.body
    assert "XYXF-1" in message.subject
