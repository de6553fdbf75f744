"""The description of the API is committed, so that a change of the contract is seen in review."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from .conftest import Api

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.json"
RENEW = (
    "python manage.py export_openapi_schema --api workflow_app.api.api.api --sorted --indent 2 "
    "--output docs/openapi.json"
)


@pytest.fixture
def served(account: Callable[[str], Api]) -> dict[str, Any]:
    response = account("applicant1").get("/openapi.json")
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


def test_the_committed_description_is_the_one_that_is_served(served: dict[str, Any]) -> None:
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == served, (
        f"The API has changed. Renew with: {RENEW}"
    )


def test_the_command_writes_what_is_committed(tmp_path: Path, db: None) -> None:
    made = tmp_path / "openapi.json"
    call_command(
        "export_openapi_schema", api="workflow_app.api.api.api", sort_keys=True, indent=2, output=str(made)
    )
    assert made.read_text(encoding="utf-8") == SNAPSHOT.read_text(encoding="utf-8")


def test_it_is_openapi_3_1_and_refers_to_nothing_that_is_not_there(served: dict[str, Any]) -> None:
    assert served["openapi"].startswith("3.1")
    schemas = served["components"]["schemas"]
    assert {each.rpartition("/")[2] for each in references(served)} <= schemas.keys()
    assert served["components"]["securitySchemes"].keys() == {"BearerToken", "PageSession"}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_the_page_that_shows_it_loads_nothing_from_elsewhere(account: Callable[[str], Api]) -> None:
    page = account("applicant1").get("/docs").content.decode()
    assert "/api/v1/openapi.json" in page
    assert "//" not in page.replace("<!DOCTYPE", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-init.js"):
        assert f"ninja/{name}" in page
        assert finders.find(f"ninja/{name}")
