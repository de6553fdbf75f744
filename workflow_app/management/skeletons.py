"""The skeleton of a process: a small one that works, to be changed into what the law says."""

import keyword
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bpmn.manifest import Text
from workflow_app.engine.bundles import ROOMS, SLUG
from workflow_app.engine.layout import lay_out

SKELETON = Path(__file__).with_name("skeleton")
# Python files of the skeleton are texts, not part of this program.
_TEMPLATE = "-tpl"
_PLAIN = re.compile(r"[^\s<>&\"'{}%\\][^<>&\"'{}%\\]{0,59}")


class SkeletonError(Exception):
    """The process cannot be made; the message says why and what to do."""


def ensure_free(slug: str, root: Path) -> None:
    """Raises SkeletonError for a slug that is none, or that something else already has."""
    if not SLUG.fullmatch(slug):
        raise SkeletonError(
            f"“{slug}”不能作为流程标识：应以小写字母开头，只含小写字母、数字和下划线，"
            "最多 40 个字符，例如 credit_report。"
        )
    if keyword.iskeyword(slug):
        raise SkeletonError(f"“{slug}”是 Python 的保留字，请换一个标识。")
    if not root.is_dir():
        raise SkeletonError(f"目录 {root} 不存在。")
    for room in ROOMS:
        for taken in (root / room / slug, root / room / f"{slug}.py"):
            if taken.exists():
                raise SkeletonError(f"{taken.relative_to(root)} 已经存在，请换一个标识。")


def free_prefix(slug: str, taken: Iterable[str]) -> str:
    """Letters to begin case numbers with: those of the slug, changed at the end until nobody else has them."""
    used = set(taken)
    letters = re.sub(r"[^A-Z]", "", slug.upper())[:6]
    stem = letters if len(letters) >= 2 else (letters + "XX")[:2]
    candidates = [stem] + [stem[:5] + chr(code) for code in range(ord("A"), ord("Z") + 1)]
    candidates += [stem[:4] + chr(a) + chr(b) for a in range(65, 91) for b in range(65, 91)]
    return next(each for each in candidates if each not in used)


def write_skeleton(slug: str, root: Path, title: Text, prefix: str) -> list[Path]:
    """Write the three folders of a new process below `root` → the files, sorted. All of them appear, or none.

    Raises SkeletonError.
    """
    ensure_free(slug, root)
    for text in title:
        if not _PLAIN.fullmatch(text):
            raise SkeletonError(f"名称“{text}”应为 1 到 60 个字符，不含引号、尖括号、花括号等符号。")
    words = {"__slug__": slug, "__title_en__": title.en, "__title__": title.zh, "__prefix__": prefix}
    written: list[Path] = []
    with tempfile.TemporaryDirectory(dir=root, prefix=".new-") as draft:
        for source in sorted(path for path in SKELETON.rglob("*") if path.is_file()):
            room, *inside = source.relative_to(SKELETON).parts
            target = Path(draft, room, *(_worded(part, words).removesuffix(_TEMPLATE) for part in inside))
            target.parent.mkdir(parents=True, exist_ok=True)
            text = _worded(source.read_text(encoding="utf-8"), words)
            if target.suffix == ".bpmn":
                text = lay_out(text, target.name)
            target.write_text(text, encoding="utf-8")
            written.append(root / room / slug / target.relative_to(Path(draft, room)))
        for room in ROOMS:
            (root / room).mkdir(exist_ok=True)
            os.rename(Path(draft, room), root / room / slug)
    return sorted(written)


def remove_skeleton(slug: str, root: Path) -> None:
    """Take back what `write_skeleton` has just written."""
    for room in ROOMS:
        shutil.rmtree(root / room / slug, ignore_errors=True)


def _worded(text: str, words: dict[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text
