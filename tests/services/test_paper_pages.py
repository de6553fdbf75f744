"""Pictures of the pages of papers: what is drawn, what is refused, and that a stranger's file can do no harm."""

import io
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from django.conf import settings
from PIL import Image

from tests.web.browser import Browser
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Document, User
from workflow_app.services import page_maker, paper_pages
from workflow_app.services.documents import store_document
from workflow_app.services.paper_pages import (
    KEPT_SECONDS,
    MOST_PAGES,
    RETRY_SECONDS,
    PaperBusyError,
    PaperLockedError,
    PaperUnreadableError,
    forget_pages,
    page_of,
)

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


def pdf(*sizes: tuple[float, float]) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def picture(kind: str, size: tuple[int, int] = (300, 200), colour: str = "red", **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def stored(content: bytes, name: str = "材料") -> Document:
    return store_document(
        user=User.objects.get(username="applicant1"), kind="paper", name=name, content=io.BytesIO(content)
    )


def seen(document: Document, number: int = 1, size: str = "full") -> Image.Image:
    found = Image.open(io.BytesIO(page_of(document, number, size=size).png))
    found.load()
    return found


def test_each_page_of_a_pdf_is_drawn_as_large_as_it_can_be_read() -> None:
    document = stored(pdf((595, 842), (842, 595), (10, 3000)))
    first = page_of(document, 1)
    assert (first.number, first.pages, first.png[:8]) == (1, 3, PNG)
    assert seen(document, 1).size == (1240, 1754)
    assert seen(document, 2).size == (1754, 1240)
    # A page as long as a street is no larger than others.
    assert max(seen(document, 3).size) <= 1754
    assert seen(document, 1, "small").size == (227, 320)
    for number in (0, 4, MOST_PAGES + 1):
        with pytest.raises(NotFoundError):
            page_of(document, number)
    with pytest.raises(NotFoundError):
        page_of(document, 1, size="huge")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_drawn_anew_upright_and_without_what_else_it_says(kind: str) -> None:
    about = Image.Exif()
    about[0x0112] = 6  # turned by 90°
    about[0x010E] = "somebody's home"
    document = stored(picture(kind, exif=about))
    shown = page_of(document, 1)
    assert seen(document).size == (200, 300)
    assert shown.pages == 1
    assert b"somebody" not in shown.png
    red, green, _ = seen(document).convert("RGB").getpixel((100, 150))  # type: ignore[misc]  # three bands
    assert red > 240
    assert green < 15


def test_what_is_transparent_is_shown_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(file, "PNG")
    assert seen(stored(file.getvalue())).convert("RGB").getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_colour_that_stands_for_nothing_is_shown_as_white(mode: str) -> None:
    file = io.BytesIO()
    clear: Any = (9, 9, 9) if mode == "RGB" else 9
    Image.new(mode, (50, 50), clear).save(file, "PNG", transparency=clear)
    assert seen(stored(file.getvalue())).convert("RGB").getpixel((25, 25)) == (255, 255, 255)


def test_a_scan_in_sixteen_bits_of_grey_is_shown_in_its_greys() -> None:
    line = b"".join(grey.to_bytes(2, "little") for grey in [20_000] * 30 + [60_000] * 30)
    file = io.BytesIO()
    Image.frombytes("I;16", (60, 40), line * 40).save(file, "PNG")
    shown = seen(stored(file.getvalue())).convert("L")
    for place, grey in (((15, 20), 20_000 // 257), ((45, 20), 60_000 // 257)):
        assert abs(int(shown.getpixel(place)) - grey) < 4  # type: ignore[arg-type]  # one band


def test_who_comes_while_all_are_drawing_waits_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a few papers that take long would hold every thread of the service."""
    document = stored(picture("PNG", (19, 23)))
    monkeypatch.setattr(paper_pages, "WAIT_SECONDS", 0.05)
    with ExitStack() as drawing:
        while paper_pages._AT_ONCE.acquire(blocking=False):
            drawing.callback(paper_pages._AT_ONCE.release)
        with pytest.raises(PaperBusyError):
            page_of(document, 1)
        page = Browser("applicant1").get(f"/documents/{document.pk}/view")
        assert page.status == 200
        assert "请稍后再打开" in page.text
        assert page.links(f"/documents/{document.pk}")
    assert page_of(document, 1).pages == 1


def test_a_picture_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    document = stored(picture("PNG", (31, 17)))
    first = page_of(document, 1)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert page_of(document, 1) == first
    with pytest.raises(NotFoundError):
        page_of(document, 2)


def test_broken_papers_say_so_and_are_not_tried_again_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = picture("JPEG", (640, 480))
    document = stored(b"%PDF-1.7\nnothing\n%%EOF", "坏.pdf")
    for _ in range(2):
        with pytest.raises(PaperUnreadableError) as refused:
            page_of(document, 1)
        assert refused.value.params == {"name": "坏.pdf"}
        monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.undo()
    note = next(_shelf(document).glob("1-full.txt"))
    past = time.time() - RETRY_SECONDS - 1
    os.utime(note, (past, past))
    Path(settings.BLOB_DIR, document.sha256[:2], document.sha256).write_bytes(whole)
    with pytest.raises(Exception, match=document.sha256):
        page_of(document, 1)


def _shelf(document: Document) -> Path:
    return Path(settings.PAGE_DIR) / document.sha256[:2] / document.sha256


def test_a_locked_pdf_says_so() -> None:
    with pytest.raises(PaperLockedError):
        page_of(stored(_locked()), 1)


def _locked() -> bytes:
    """A PDF that opens with a password only."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf((200, 200)))))
    writer.encrypt(owner_pass="owner", user_pass="secret")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_picture_that_unpacks_to_more_than_any_paper_is_refused() -> None:
    document = stored(picture("PNG", (100, 100)))
    bomb = picture("PNG", (20_000, 20_000))
    assert paper_pages._make(bomb, "image/png", 1, 320)[0] == {"problem": "broken"}
    assert page_of(document, 1).pages == 1


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(paper_pages, "_MAKER", hanging)
    monkeypatch.setattr(paper_pages, "SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(PaperUnreadableError):
        page_of(stored(picture("PNG", (3, 5))), 1)
    assert time.monotonic() - began < 5


ESCAPES = {
    "open": "open('/etc/passwd')",
    "write": "import os; os.write(os.open('/tmp/escaped', os.O_CREAT | os.O_WRONLY), b'x')",
    "connect": "import socket; socket.socket()",
    "memory": "x = bytearray(2 * 1024**3)",
}


@pytest.mark.parametrize("way", ESCAPES)
def test_the_child_has_given_up_what_a_picture_does_not_need(way: str) -> None:
    program = (
        "import socket, runpy\n"
        f"maker = runpy.run_path({page_maker.__file__!r})\n"
        "maker['_confine'](maker['FILES_OF_PICTURE'])\n"
        f"try:\n    exec({ESCAPES[way]!r})\nexcept (OSError, MemoryError):\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr


def test_pictures_that_nobody_looks_at_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = stored(picture("PNG", (7, 9))), stored(picture("PNG", (9, 7)))
    page_of(old, 1)
    page_of(new, 1)
    past = time.time() - KEPT_SECONDS - 60
    for file in _shelf(old).iterdir():
        os.utime(file, (past, past))
    assert forget_pages() >= 2
    assert (list(_shelf(old).iterdir()), len(list(_shelf(new).iterdir()))) == ([], 2)
    # Looked at again, it is drawn again.
    assert page_of(old, 1).pages == 1
    monkeypatch.setattr(paper_pages, "MOST_BYTES", 0)
    forget_pages()
    assert list(_shelf(new).iterdir()) == []


def test_a_page_is_for_whoever_may_read_the_paper() -> None:
    document = stored(picture("PNG", (60, 40)))
    address = f"/documents/{document.pk}/pages/1.png"
    page = Browser("applicant1").client.get(address)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "image/png")
    assert "no-store" in page.headers["Cache-Control"]
    assert Browser("applicant2").client.get(address).status_code == 404
    assert Browser("reviewer1").client.get(address).status_code == 404
    assert Browser("").client.get(address).status_code == 302
    mine = Browser("applicant1").client
    assert mine.get(f"/documents/{document.pk}/pages/2.png").status_code == 404
    assert mine.get(f"/documents/{document.pk}/pages/99999999999999999999.png").status_code == 404
    assert mine.get(f"/documents/{uuid4()}/pages/1.png").status_code == 404
    assert mine.get(f"{address}?size=x").status_code == 404
