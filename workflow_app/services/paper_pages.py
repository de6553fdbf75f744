"""Pages of uploaded papers as pictures, to be looked at beside a form without opening a stranger's file.

A child process with little memory and little time, which can write no file, draws them, once for each page and size;
the pictures lie in PAGE_DIR under the hash of the paper, and may be deleted at any time.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from django.conf import settings

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Document
from workflow_app.services import blobs

logger = logging.getLogger(__name__)

# Longest side in pixels: A4 at 150 dpi, to be read; and a small one for lists.
SIZES: Final = {"full": 1754, "small": 320}
MOST_PAGES = 2000
# The child limits its own computing time; this is how long anybody waits for it, and for the children before it.
SECONDS, WAIT_SECONDS = 15.0, 3.0
# What could not be drawn is not tried again for a while: whoever reloads must not keep a processor busy.
RETRY_SECONDS = 3600.0
KEPT_SECONDS = 30 * 86_400.0
MOST_BYTES = 2 * 1024**3
# So many children at a time in each process of the service, fewer than it has threads: others go on being answered.
_AT_ONCE = threading.BoundedSemaphore(2)
_MAKER = Path(__file__).with_name("page_maker.py")


class PaperLockedError(CreditError):
    """The PDF opens with a password only."""

    code = "paper_locked"
    message = "文件“{name}”设有打开密码，无法预览。请下载后查看，或者请提交人去掉密码后重新上传。"
    status = 422


class PaperUnreadableError(CreditError):
    """The paper is broken, or drawing it takes more than it may."""

    code = "paper_unreadable"
    message = "文件“{name}”无法预览，可能已损坏或者过于复杂。请下载后查看。"
    status = 422


class PaperBusyError(CreditError):
    """Other pages are being drawn, and do not come to an end."""

    code = "paper_busy"
    message = "正在制作其他材料的预览，请稍后再打开。急需查看的，请下载原件。"
    status = 503


@dataclass(frozen=True)
class PaperPage:
    """One page: the picture as PNG, which page it is from 1, and how many the paper has."""

    png: bytes
    number: int
    pages: int


def page_of(document: Document, number: int, *, size: str = "full") -> PaperPage:
    """The picture of page `number`, from 1, of a paper that the caller may read; `size` is one of SIZES.

    Takes up to 18 s the first time, and milliseconds afterwards. Raises NotFoundError where there is no such page,
    `PaperLockedError`, `PaperUnreadableError`, `PaperBusyError`, and what `blobs.get` raises.
    """
    if size not in SIZES or not 1 <= number <= MOST_PAGES:
        raise NotFoundError
    shelf = _Shelf(Path(settings.PAGE_DIR) / document.sha256[:2] / document.sha256, number, size)
    pages = shelf.pages()
    if pages and (png := shelf.picture()):
        return PaperPage(png, number, pages)
    if pages and number > pages:
        raise NotFoundError
    problem = shelf.problem()
    if not problem:
        answer, png = _make(blobs.get(document.sha256), document.content_type, number, SIZES[size])
        shelf.keep(answer, png)
        problem = str(answer.get("problem", ""))
        if not problem:
            return PaperPage(png, number, int(answer["pages"]))
    if problem == "none":
        raise NotFoundError
    raise (PaperLockedError if problem == "locked" else PaperUnreadableError)(name=document.name)


def forget_pages() -> int:
    """Delete pictures that nobody has looked at for 30 days, and the oldest beyond 2 GB → how many files."""
    found = []
    for file in Path(settings.PAGE_DIR).glob("*/*/*"):
        with contextlib.suppress(FileNotFoundError):
            about = file.stat()
            found.append((about.st_mtime, about.st_size, file))
    found.sort(key=lambda each: each[0], reverse=True)
    end, total, gone = time.time() - KEPT_SECONDS, 0, 0
    for looked_at, length, file in found:
        total += length
        if looked_at < end or total > MOST_BYTES:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


@dataclass(frozen=True)
class _Shelf:
    """Where the pictures of one paper lie, and what is known about one page of it in one size."""

    folder: Path
    number: int
    size: str

    @property
    def _picture(self) -> Path:
        return self.folder / f"{self.number}-{self.size}.png"

    @property
    def _problem(self) -> Path:
        return self.folder / f"{self.number}-{self.size}.txt"

    def pages(self) -> int:
        """How many pages the paper has; 0 if nobody has looked yet."""
        try:
            return int((self.folder / "pages").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def picture(self) -> bytes:
        """The picture, or nothing. That it was looked at is noted for `forget_pages`."""
        try:
            os.utime(self._picture)
            return self._picture.read_bytes()
        except FileNotFoundError:
            return b""

    def problem(self) -> str:
        """Why it could not be drawn a short while ago, or nothing."""
        try:
            is_fresh = time.time() - self._problem.stat().st_mtime < RETRY_SECONDS
            return self._problem.read_text() if is_fresh else ""
        except FileNotFoundError:
            return ""

    def keep(self, answer: dict[str, Any], png: bytes) -> None:
        """Note what the child has answered."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if "pages" in answer:
            _write(self.folder / "pages", str(answer["pages"]).encode())
        if png:
            _write(self._picture, png)
        elif answer["problem"] != "none":
            _write(self._problem, answer["problem"].encode())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; a power cut may cost a picture, which is made again."""
    with NamedTemporaryFile(dir=path.parent, prefix=".draft-", delete=False) as draft:
        draft.write(content)
    Path(draft.name).replace(path)


def _make(content: bytes, content_type: str, number: int, side: int) -> tuple[dict[str, Any], bytes]:
    """What the child says, and the picture. A child that dies, hangs or talks nonsense has met a broken paper."""
    command = [sys.executable, "-I", str(_MAKER), content_type, str(number), str(side)]
    if not _AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise PaperBusyError
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and no word of the file's
            command, input=content, capture_output=True, timeout=SECONDS, env={}, cwd="/", check=True
        )
        head, _, png = done.stdout.partition(b"\n")
        return json.loads(head), png
    except (subprocess.SubprocessError, ValueError) as problem:
        logger.warning("a page could not be drawn: %s", type(problem).__name__)
        return {"problem": "broken"}, b""
    finally:
        _AT_ONCE.release()
