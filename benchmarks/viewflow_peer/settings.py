"""A plain Django project with viewflow, as its documentation sets it up."""

import os

from workflow_app.settings.database import database_from_url

SECRET_KEY = "benchmark"
USE_TZ = True
DEBUG = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "viewflow",
    "viewflow.workflow",
    "benchmarks.viewflow_peer",
]
DATABASES = {"default": {**database_from_url(os.environ["BENCH_DATABASE_URL"]), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
