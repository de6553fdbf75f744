"""Entry point for web servers: `gunicorn workflow_app.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workflow_app.settings.prod")
# Only web processes pool their connections: a pool does not survive the forks of the worker.
os.environ.setdefault("DATABASE_POOL", "1")

application = get_wsgi_application()
