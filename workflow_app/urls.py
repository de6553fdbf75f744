"""Addresses: pages at the root, the API below /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("workflow_app.api.urls")),
    path("", include("workflow_app.web.urls")),
]

handler400 = "workflow_app.web.errors.bad_request"
handler403 = "workflow_app.web.errors.forbidden"
handler404 = "workflow_app.web.errors.not_found"
handler500 = "workflow_app.web.errors.server_error"
