"""As in production, where the clock cannot be moved and each web thread keeps its connection; secrets are drawn."""

from workflow_app.settings.dev import *  # noqa: F403 - settings are inherited as a whole
from workflow_app.settings.dev import DATABASES

MOVABLE_CLOCK = False
DATABASES = {"default": {**DATABASES["default"], "CONN_MAX_AGE": None}}
