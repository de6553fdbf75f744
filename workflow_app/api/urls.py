"""Addresses below /api/v1/. Every one of them, also one that does not exist, lies inside the boundary."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path

from workflow_app.api.api import api
from workflow_app.api.boundary import guarded
from workflow_app.domain.errors import NotFoundError

_patterns, _app, _namespace = api.urls


def _nothing_here(request: HttpRequest) -> HttpResponse:
    raise NotFoundError


def _inside(pattern: URLPattern) -> URLPattern:
    return URLPattern(pattern.pattern, guarded(pattern.callback), pattern.default_args, pattern.name)


urlpatterns = [
    path(
        "",
        (
            [
                *[_inside(each) for each in _patterns if isinstance(each, URLPattern)],
                re_path("", guarded(_nothing_here)),
            ],
            _app,
            _namespace,
        ),
    )
]
