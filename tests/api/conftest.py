"""A client that speaks to the API as other systems do: bearer token, JSON, a language."""

import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from workflow_app.models import User
from workflow_app.services.tokens import issue_token

BASE = "/api/v1"
CHINESE, ENGLISH = "zh-Hans", "en"
JSON = "application/json"
PDF = (
    b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n"
    b"trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n105\n%%EOF\n"
)


class Api:
    """Requests of one account, or of nobody."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        content_type: str = JSON,
        key: str | None = None,
        version: int | str | None = None,
        language: str = CHINESE,
        **headers: str,
    ) -> HttpResponse:
        """`raw` is sent as it is; `body` as JSON. `version` becomes If-Match, `key` Idempotency-Key."""
        sent = {"Accept-Language": language, **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        return self.client.generic(method, BASE + path, content, content_type, headers=sent)

    def get(self, path: str, **options: Any) -> HttpResponse:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self.send("PUT", path, body, **options)

    def upload(self, path: str, name: str, content: bytes, **parts: str) -> HttpResponse:
        """A form with one file."""
        raw, content_type = multipart(name, content, **parts)
        return self.post(path, raw=raw, content_type=content_type)


def multipart(name: str, content: bytes, **parts: str) -> tuple[bytes, str]:
    """A form with the file `name` and text parts, with a boundary of its own as real clients have."""
    edge = uuid.uuid4().hex
    lines = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in parts.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return b"".join(
        [*lines, head, content, f"\r\n--{edge}--\r\n".encode()]
    ), f"multipart/form-data; boundary={edge}"


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document, after checking everything that holds for every one of them."""
    document: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response["Content-Type"] == "application/problem+json"
    assert "no-store" in response["Cache-Control"]
    assert document["status"] == status
    assert document["type"] == f"urn:problem-type:credit:{code}"
    assert document["title"]
    assert document["detail"]
    assert "Traceback" not in document["detail"]
    return document


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Run them at once, each with a connection of its own → what they gave."""
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.fixture
def nobody() -> Api:
    return Api()


@pytest.fixture
def account(db: None) -> Callable[[str], Api]:
    """The client of an account of the demo world."""

    def of(username: str) -> Api:
        return Api(issue_token(user=User.objects.get(username=username)))

    return of
