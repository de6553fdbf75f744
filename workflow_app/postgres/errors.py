"""The one error of this package."""


class ServerError(RuntimeError):
    """The embedded PostgreSQL cannot be set up, started or stopped; the text says why and what to do."""
