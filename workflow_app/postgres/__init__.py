"""The PostgreSQL that is used when no DATABASE_URL is set: binaries from a wheel, data beside the project; and copies
of a database on any PostgreSQL.

Independent of Django, so that settings can ask for the address before Django is set up.
"""

from .errors import SandboxError
from .server import Server, ServerError

__all__ = ["SandboxError", "Server", "ServerError"]
