"""Reads a gettext catalogue with what the tests ask of it."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

_LINE = re.compile(r'(?:(msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")')
_PERCENT = re.compile(r"%\((\w+)\)[sd]")


@dataclass
class Entry:
    """One message: its id, its forms in the other language, its flags, and whether it is no longer used."""

    texts: dict[str, str] = field(default_factory=dict)
    flags: str = ""
    is_obsolete: bool = False

    @property
    def message(self) -> str:
        return self.texts["msgid"]

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each translation with what it translates: the first is of one thing, others are of several."""
        several = self.texts.get("msgid_plural", self.message)
        sources = [self.message, *([several] * (len(self.translations) - 1))]
        return list(zip(sources, self.translations, strict=True))


def read_catalogue(path: Path) -> list[Entry]:
    """Every entry of a .po file but its header."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    entries = [_entry(block) for block in blocks if block.strip()]
    return [entry for entry in entries if entry.is_obsolete or entry.message]


def _entry(block: str) -> Entry:
    entry, name = Entry(), ""
    for line in block.splitlines():
        if line.startswith("#~"):
            entry.is_obsolete = True
        elif line.startswith("#,"):
            entry.flags += line
        elif found := _LINE.fullmatch(line):
            name = found[1] or name
            entry.texts[name] = entry.texts.get(name, "") + ast.literal_eval(found[2])
    return entry


def placeholders(text: str, is_python: bool) -> set[str]:
    """The names of what is filled in: {name} in sentences of the code, %(name)s in those of templates."""
    if _PERCENT.search(text):
        return set(_PERCENT.findall(text))
    return {name for _, name, _, _ in Formatter().parse(text) if name} if is_python else set()
