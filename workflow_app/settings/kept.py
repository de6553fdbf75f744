"""Throw-away secrets of a development tree: drawn once, kept beside its data."""

import os
import secrets
from pathlib import Path


def kept_secret(folder: Path, name: str) -> str:
    """The secret `name` from `folder`, drawn the first time; only the owner can read it.

    Two processes that start together get the same one: whoever links the file first has drawn it.
    """
    path = folder / name
    if not path.exists():
        for part in (folder.parent, folder):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{name}-{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
