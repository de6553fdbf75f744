"""The errors of this package. Their texts say, in both languages, what is wrong and what to do."""


class ServerError(RuntimeError):
    """The embedded PostgreSQL cannot be set up, started or stopped."""


class SandboxError(RuntimeError):
    """A copy of the database cannot be made."""
