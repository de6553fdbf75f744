"""The PostgreSQL that is used when no DATABASE_URL is set: binaries from a wheel, data beside the project.

Independent of Django, so that settings can ask for the address before Django is set up.
"""

from .server import Server, ServerError

__all__ = ["Server", "ServerError"]
