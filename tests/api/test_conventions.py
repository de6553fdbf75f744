"""What holds for every operation of the API, now and when there are more of them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.urls import URLPattern
from pydantic import BaseModel

from workflow_app.api import schemas
from workflow_app.api.api import api
from workflow_app.api.schemas.common import Input
from workflow_app.api.urls import urlpatterns

from .conftest import Api, problem

# Everybody may ask these; each with its reason.
PUBLIC = {
    "verify_code": "whoever holds a letter may ask whether it is valid",
    "verify_file": "the same, by the file",
    "calendar_due": "a calculator without any case in it",
}
OPERATION_ID = re.compile(r"[a-z_]+_(list|get|create|update|[a-z_]+)")


class Route(NamedTuple):
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def address(self) -> str:
        """A path that fits the route, with values that name nothing."""
        path = self.path.removeprefix("/api/v1")
        path = re.sub(
            r"\{\w*(id|year)\}", "2026", path.replace("{draft_id}", "0" * 8 + "-0000-4000-8000-" + "0" * 12)
        )
        return re.sub(r"\{\w+\}", "x", path)


def routes() -> Iterator[Route]:
    for path, operations in api.get_openapi_schema()["paths"].items():
        for method, operation in operations.items():
            yield Route(method.upper(), path, operation)


ROUTES = list(routes())
ids = [route.name for route in ROUTES]


def test_the_routes_are_found() -> None:
    assert len(ROUTES) > 35
    assert set(PUBLIC) <= set(ids)


def test_no_operation_id_stands_twice() -> None:
    assert len(ids) == len(set(ids))
    assert all(OPERATION_ID.fullmatch(name) for name in ids)


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_nobody_gets_in_except_where_everybody_may(route: Route, nobody: Api, db: None) -> None:
    response = nobody.send(route.method, route.address, {} if route.method != "GET" else None)
    if route.name in PUBLIC:
        assert response.status_code != 401
        assert "security" not in route.operation
    else:
        problem(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"] == "Bearer"
        assert route.operation["security"] == [{"BearerToken": []}, {"PageSession": []}]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_description_is_for_those_who_are_signed_in(path: str, nobody: Api, db: None) -> None:
    problem(nobody.get(path), 401, "not_authenticated")


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_every_operation_is_described(route: Route) -> None:
    operation = route.operation
    assert operation["description"].endswith((".", "。"))
    assert operation["tags"]
    assert operation["responses"]["default"]["content"].keys() == {"application/problem+json"}
    parameters = {(each["in"], each["name"]) for each in operation["parameters"]}
    assert (("header", "Idempotency-Key") in parameters) == (
        route.method == "POST" and route.name not in PUBLIC
    )


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.method == "GET"], ids=lambda each: each.name
)
def test_lists_page_by_key_without_totals(route: Route) -> None:
    answer = route.operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    reference = answer.get("schema", {}).get("$ref", "")
    if route.name.endswith("_list") and route.name != "processes_list":
        found = api.get_openapi_schema()["components"]["schemas"][reference.rpartition("/")[2]]
        assert {"items", "next"} <= found["properties"].keys()
        assert "total" not in found["properties"]


def test_whatever_comes_in_names_all_it_takes() -> None:
    inputs = list(subclasses(Input))
    assert len(inputs) > 10
    assert all(each.model_config["extra"] == "forbid" for each in inputs)
    for schema in api.get_openapi_schema()["components"]["schemas"].values():
        assert schema.get("title") != "ModelSchema"
    referenced = {
        content["schema"].get("$ref", "").rpartition("/")[2]
        for route in ROUTES
        for kind, content in route.operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    }
    known = {each.__name__ for each in inputs}
    assert referenced - {""} <= known


def subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_address_lies_inside_the_boundary() -> None:
    (root,) = urlpatterns
    patterns = [each for each in root.url_patterns if isinstance(each, URLPattern)]
    assert len(patterns) == len(root.url_patterns)
    for pattern in patterns:
        assert pattern.callback.__qualname__.endswith("boundary") or hasattr(pattern.callback, "__wrapped__")
        assert getattr(pattern.callback, "csrf_exempt", False)
    assert schemas.__name__
