"""Draws one page of one paper: the program that `paper_pages` starts. What strangers upload is decoded nowhere else.

Standard input is the paper, the arguments are its content type, the page from 1 and the longest side in pixels.
Standard output is one line of JSON, {"pages": n} or {"problem": word}, and after it the picture as PNG. Nothing of
the service is imported; before the first byte is read the process has given up what a picture does not need.
"""

import io
import json
import os
import resource
import sys
from typing import Any

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

MEMORY = 1024**3
SECONDS = 10
# A PDF may need fonts of the system, a picture needs nothing: without new files there are no connections either.
FILES_OF_PDF, FILES_OF_PICTURE = 64, 0
MOST_PIXELS = 40_000_000
COLOURS = 256


class _Locked(Exception):
    """The PDF opens with a password only."""


class _NoPage(Exception):
    """The paper has fewer pages; the argument is how many."""


def main(content_type: str, number: int, side: int) -> None:
    """Read, draw, write."""
    is_pdf = content_type == "application/pdf"
    _confine(FILES_OF_PDF if is_pdf else FILES_OF_PICTURE)
    content = sys.stdin.buffer.read()
    answer: dict[str, Any]
    try:
        picture, pages = _pdf(content, number, side) if is_pdf else _picture(content, number, side)
        answer, png = {"pages": pages}, _png(picture)
    except _Locked:
        answer, png = {"problem": "locked"}, b""
    except _NoPage as none:
        answer, png = {"pages": none.args[0], "problem": "none"}, b""
    except (pypdfium2.PdfiumError, UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        answer, png = {"problem": "broken"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + png)


def _confine(files: int) -> None:
    # Whoever waits for a page of the service goes before whoever waits for a picture.
    os.nice(10)
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: files,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def _pdf(content: bytes, number: int, side: int) -> tuple[Image.Image, int]:
    try:
        document: Any = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise _Locked from error
        raise
    pages = len(document)
    if not 1 <= number <= pages:
        raise _NoPage(pages)
    page = document[number - 1]
    # A page may claim to be as long as a street.
    scale = side / max(1.0, *page.get_size())
    picture: Image.Image = page.render(scale=scale, draw_annots=True, may_draw_forms=False).to_pil()
    return picture, pages


def _picture(content: bytes, number: int, side: int) -> tuple[Image.Image, int]:
    if number != 1:
        raise _NoPage(1)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError
    # JPEG is decoded at a fraction of its size where that is enough.
    picture.draft(None, (side, side))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((side, side))
    return upright, 1


def _png(picture: Image.Image) -> bytes:
    """Drawn anew, on white, with nothing of what the file says besides its picture."""
    if picture.mode.startswith("I"):
        # Scans in 16 bits of grey: made 8 bits by hand, for Pillow would take all above 255 for white.
        picture = picture.convert("I").point(lambda grey: grey * (255 / 65535)).convert("L")
    if picture.mode not in ("1", "L", "RGB") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        ground = Image.new("RGB", seen.size, "white")
        ground.paste(seen, mask=seen.getchannel("A"))
        picture = ground
    if picture.mode == "RGB":
        picture = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False, compress_level=6, exif=b"")
    return file.getvalue()


if __name__ == "__main__":
    # What reads and writes pictures is loaded before the door is shut.
    Image.init()
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
