"""What the OpenAPI document says beyond what the handlers' signatures say: files, headers, problems."""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from workflow_app.api.problems import PROBLEM

_BINARY = {"type": "string", "format": "binary"}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `detail` and `errors[].message` follow Accept-Language (zh-Hans, en).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; programs decide by it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON Pointer (RFC 6901) from the root of the body",
                    },
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": (
        "The same key with the same request gets the same answer, for 30 days, and acts once. With another request: "
        "422 idempotency_mismatch. While the first is being worked on: 409 idempotency_in_flight. A refused request "
        "leaves the key free."
    ),
}
_VERSION = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    "description": "The ETag (lock_version) that was read; 409 stale_version if the case has moved on since.",
}


def file_body(*raw_types: str, **parts: str) -> dict[str, Any]:
    """The request body of an upload: a form with `file` and the named text parts, or the bare file."""
    texts = {name: {"type": "string", "description": description} for name, description in parts.items()}
    form = {"type": "object", "required": ["file", *texts], "properties": {"file": _BINARY, **texts}}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    content |= {each: {"schema": _BINARY} for each in raw_types}
    return {"requestBody": {"required": True, "content": content}}


def file_answer(content_type: str) -> dict[str, Any]:
    """The answer of a download."""
    return {"responses": {200: {"description": "OK", "content": {content_type: {"schema": _BINARY}}}}}


def guarded_by_version() -> dict[str, Any]:
    """The If-Match header, for acts that name the version they were decided on."""
    return {"parameters": [_VERSION]}


def complete(schema: OpenAPISchema) -> OpenAPISchema:
    """Add what holds for every operation: problems, and the key of those that act."""
    schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    problem = {
        "description": "Problem",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            answers = {str(status): answer for status, answer in operation["responses"].items()}
            operation["responses"] = answers | {"default": problem}
            if method == "post" and "security" in operation:
                operation["parameters"].append(_KEY)
    return schema
