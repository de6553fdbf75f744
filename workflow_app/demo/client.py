"""A client of the HTTP API as any other system would write it: a token, an idempotency key, and patience."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

TIMEOUT_SECONDS = 30.0
# A server that is restarting refuses or breaks connections, or says 503, for a moment.
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.2
BUSY = (502, 503, 504)
PAPER_NAME = "证明材料.pdf"


class ProblemError(Exception):
    """The service refused: HTTP status, stable code and sentence of its problem document."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class Client:
    """One account at the API. `base` is the address of the service, such as http://127.0.0.1:8000.

    Acts carry a key of their own, so that one whose answer was lost can be sent again and is done once.
    """

    def __init__(self, base: str, token: str, language: str = "zh-Hans") -> None:
        self._http = httpx.Client(
            base_url=f"{base.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> Any:
        """The JSON behind a path. Raises ProblemError."""
        return self._patiently("GET", path, params=query).json()

    def post(self, path: str, body: Mapping[str, Any], key: str = "") -> Any:
        """The answer to an act, done once however often it had to be sent. Raises ProblemError."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self._patiently("POST", path, json=dict(body), headers=headers).json()

    def upload(self, content: bytes, kind: str = "proof", name: str = PAPER_NAME) -> str:
        """Store a paper → its id. Raises ProblemError."""
        answer = self._patiently(
            "POST",
            "/documents",
            data={"kind": kind},
            files={"file": (name, content, "application/pdf")},
            headers={"Idempotency-Key": uuid4().hex},
        )
        return str(answer.json()["id"])

    def download(self, path: str) -> bytes:
        """The bytes behind a path. Raises ProblemError."""
        return self._patiently("GET", path).content

    def verify(self, pdf: bytes) -> Any:
        """What the public verification says of a file. Raises ProblemError."""
        headers = {"Content-Type": "application/pdf"}
        return self._patiently("POST", "/verify", content=pdf, headers=headers).json()

    def _patiently(self, method: str, path: str, **request: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if not _is_worth_waiting(answer) or time.monotonic() > deadline:
                    return _checked(answer)
            time.sleep(PAUSE_SECONDS)


def _is_worth_waiting(answer: httpx.Response) -> bool:
    return answer.status_code in BUSY or _code(answer) == "idempotency_in_flight"


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise ProblemError(answer.status_code, _code(answer), answer.text[:500])


def _code(answer: httpx.Response) -> str:
    if answer.is_success or "json" not in answer.headers.get("Content-Type", ""):
        return ""
    return str(answer.json().get("code", ""))
