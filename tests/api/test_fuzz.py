"""Any JSON to any operation, any bytes to any upload, any words in any address: never an error of the server's."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.world import SLUG, record
from workflow_app.domain import clock
from workflow_app.models import Assistance, Case, EffectReceipt, TrainingSession, User
from workflow_app.services.changes import draft_change

from .conftest import Api, multipart
from .test_conventions import ROUTES, Route

pytestmark = pytest.mark.usefixtures("acts")
often = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

HOSTILE = st.sampled_from(
    [
        "",
        "typename",
        "__class__",
        "commitment",
        SLUG,
        "claim",
        "complete",
        "working_day",
        "2026-02-30",
        "2026-03-02T10:00:00+08:00",
        "9999-12-31T23:59:59Z",
        "'; DROP TABLE workflow_app_case; --",
        "{0.__class__}",
        "%s%n",
        "../../etc/passwd",
        "=1+1",
        "𠮷" * 50,
        "\u202e",
        "\ufeff",
        "a" * 30_000,
        "0" * 36,
        "00000000-0000-4000-8000-000000000000",
    ]
)
WORDS = HOSTILE | st.text(max_size=30)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=True)
    | st.sampled_from([0, 1, -1, 2**31, 2**53, 2**63, 1e300])
    | WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=15,
)
ACTING = [route for route in ROUTES if route.method != "GET"]
WITH_BODY = [
    route
    for route in ACTING
    if "application/json" in route.operation.get("requestBody", {}).get("content", {})
]
WITH_FILE = [
    route
    for route in ACTING
    if "multipart/form-data" in route.operation.get("requestBody", {}).get("content", {})
]
READING = [route for route in ROUTES if route.method == "GET"]


def names_of(route: Route) -> list[str]:
    """The names that the operation's body has."""
    from workflow_app.api.api import api

    schema = route.operation["requestBody"]["content"]["application/json"]["schema"]
    reference = schema.get("$ref") or next(
        (each["$ref"] for each in schema.get("anyOf", []) if "$ref" in each), ""
    )
    found = api.get_openapi_schema()["components"]["schemas"].get(reference.rpartition("/")[2], {})
    return sorted(found.get("properties", {}))


@pytest.fixture
def places(account: Callable[[str], Api]) -> dict[str, str]:
    """What the names in addresses stand for: things that are there, so that the bodies reach the services."""
    applicant = account("applicant1")
    filing = {"process": SLUG, "data": {"records": [str(record().pk)]}}
    case = applicant.post("/cases", filing).json()
    told = EffectReceipt.objects.create(
        case=Case.objects.get(number=case["number"]),
        effect="repair",
        recipient="信用中国",
        sent_at=clock.now(),
    )
    held = Case.objects.get(number=case["number"])
    asked = Assistance.objects.create(
        case=held,
        agency=held.agency,
        question="请核对。",
        asked_by=held.filed_by,
        asked_at=clock.now(),
        due_at=clock.now(),
    )
    draft = draft_change(
        user=User.objects.get(username="sysadmin1"),
        kind="calendar",
        title="停电",
        content={"days": [{"date": "2026-03-03", "working": False, "reason": "停电"}]},
    )
    return {
        "number": case["number"],
        "name": "handle",
        "task_id": str(case["tasks"][0]["id"]),
        "draft_id": applicant.post("/cases/drafts", filing).json()["id"],
        "session_id": str(TrainingSession.objects.order_by("pk").values_list("pk", flat=True)[0]),
        "record_id": str(record().pk),
        "receipt_id": str(told.pk),
        "assistance_id": str(asked.pk),
        "slug": SLUG,
        "form": "start",
        "year": "2026",
        "day": "2026-03-03",
        "change_id": str(draft.pk),
        "code": "0" * 26,
    }


def address(route: Route, places: dict[str, str]) -> str:
    path = route.path.removeprefix("/api/v1")
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path
    return path


def accounts(account: Callable[[str], Api]) -> list[Api]:
    return [
        account(name)
        for name in ("applicant1", "reviewer1", "trainer1", "supervisor1", "source1", "sysadmin1")
    ]


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.name)
def test_any_json(route: Route, places: dict[str, str], account: Callable[[str], Api]) -> None:
    names, path, people = names_of(route), address(route, places), accounts(account)
    shaped = st.fixed_dictionaries({}, optional=dict.fromkeys([*names, "extra"], VALUES))

    @often
    @given(VALUES | shaped | shaped, st.sampled_from(people), st.none() | st.just("k"))
    def sends(body: Any, who: Api, key: str | None) -> None:
        response = who.send(route.method, path, body, key=key)
        assert response.status_code < 500, (body, response.content.decode())

    sends()


@pytest.mark.parametrize("route", ACTING, ids=lambda route: route.name)
def test_any_bytes(route: Route, places: dict[str, str], account: Callable[[str], Api]) -> None:
    path, people = address(route, places), accounts(account)
    kinds = st.sampled_from(
        [
            "application/json",
            "multipart/form-data; boundary=x",
            "text/csv",
            "application/pdf",
            "text/plain",
            "",
            "x",
        ]
    )

    @often
    @given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode), kinds, st.sampled_from(people))
    def sends(raw: bytes, kind: str, who: Api) -> None:
        response = who.send(route.method, path, raw=raw, content_type=kind)
        assert response.status_code < 500, response.content.decode()

    sends()


@pytest.mark.parametrize("route", WITH_FILE, ids=lambda route: route.name)
def test_any_file(route: Route, account: Callable[[str], Api]) -> None:
    people = accounts(account)
    heads = st.sampled_from(
        [b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\xef\xbb\xbf", "行政".encode("gbk")]
    )

    @often
    @given(
        heads, st.binary(max_size=400), st.text("abc./\\\u202e汉%\"'", max_size=20), st.sampled_from(people)
    )
    def sends(head: bytes, tail: bytes, name: str, who: Api) -> None:
        raw, kind = multipart(name.replace('"', "%22"), head + tail, kind="paper")
        response = who.post(route.path.removeprefix("/api/v1"), raw=raw, content_type=kind)
        assert response.status_code < 500, response.content.decode()

    sends()


@pytest.mark.parametrize("route", READING, ids=lambda route: route.name)
def test_any_address(route: Route, account: Callable[[str], Api]) -> None:
    people = accounts(account)
    names = [each["name"] for each in route.operation["parameters"] if each["in"] == "query"]
    pieces = [each["name"] for each in route.operation["parameters"] if each["in"] == "path"]
    queries = st.dictionaries(st.sampled_from([*names, "other"]), WORDS | st.integers().map(str), max_size=4)

    @often
    @given(st.lists(WORDS, min_size=len(pieces), max_size=len(pieces)), queries, st.sampled_from(people))
    def asks(words: list[str], query: dict[str, str], who: Api) -> None:
        path = route.path.removeprefix("/api/v1")
        for name, word in zip(pieces, words, strict=True):
            path = path.replace(f"{{{name}}}", quote(word, safe="", errors="surrogatepass"))
        text = "&".join(
            f"{name}={quote(value, safe='', errors='surrogatepass')}" for name, value in query.items()
        )
        response = who.get(f"{path}?{text}")
        assert response.status_code < 500, response.content.decode()

    asks()
