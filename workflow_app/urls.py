"""Addresses: pages at the root, the API below /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("workflow_app.api.urls")),
]
