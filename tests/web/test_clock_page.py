"""The page of a clock: the same for everybody who sees the case, and true."""

import pytest

from tests.services.world import deploy_acts, do, file
from tests.web.browser import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts(db) -> None:
    deploy_acts()


def test_smoke(acts, at):
    case = file()
    at("2026-03-04 10:00")
    do(case, "reviewer1", result="supplement")
    at("2026-03-06 10:00")
    do(case, "applicant1", note="补正")
    at("2026-03-09 10:00")
    page = Browser("applicant1").get(f"/cases/{case.number}/clocks/handle")
    assert page.status == 200
