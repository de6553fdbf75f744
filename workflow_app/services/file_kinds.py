"""Tells PDF, JPEG and PNG by their bytes, without decoding: nothing of a stranger's file is interpreted here."""

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
# How far from its end a PDF or JPEG may carry bytes that do not belong to it.
_TAIL = 1024
# Start-of-frame markers of JPEG (ITU-T T.81, table B.1): all of C0 to CF but DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length.
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True)
class FileKind:
    """What a content is. `pixels` is 0 where it has none."""

    label: str
    content_type: str
    extensions: tuple[str, ...]
    pixels: int = 0


def kind_of_content(data: bytes) -> FileKind | None:
    """The kind of a whole file, or None if it is another one, or begins like one and does not end like one."""
    if data.startswith(b"%PDF-"):
        return FileKind("PDF", "application/pdf", ("pdf",)) if b"%%EOF" in data[-_TAIL:] else None
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    return None


def _png(data: bytes) -> FileKind | None:
    # The first chunk is always IHDR: length, name, width, height (PNG, third edition, 11.2.1).
    if data[12:16] != b"IHDR" or _PNG_END not in data[-_TAIL:]:
        return None
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return FileKind("PNG", "image/png", ("png",), width * height) if width and height else None


def _jpeg(data: bytes) -> FileKind | None:
    if b"\xff\xd9" not in data[-_TAIL:]:
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return (
                FileKind("JPEG", "image/jpeg", ("jpg", "jpeg"), width * height) if width and height else None
            )
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
