"""Every sentence that the forms speak has its English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from django.utils.translation import gettext, override

ROOT = Path(__file__).parents[2] / "forms"


def sentences() -> Iterator[str]:
    for path in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "gettext")
            ):
                yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))
    for path in ROOT.glob("templates/forms/*.html"):
        markup = path.read_text(encoding="utf-8")
        yield from re.findall(r'{% translate "(.*?)" %}', markup)
        for block in re.findall(r"{% blocktranslate.*?%}(.*?){% endblocktranslate", markup):
            yield re.sub(r"{{ (\w+) }}", r"%(\1)s", block)


SENTENCES = sorted(set(sentences()))


def test_the_sentences_are_found() -> None:
    assert len(SENTENCES) > 50
    assert {"请填写{title}。", "（必填）", "第 %(row)s 项"} <= set(SENTENCES)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_has_an_english_one_with_the_same_placeholders(sentence: str) -> None:
    with override("en"):
        english = gettext(sentence)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert placeholders(english) == placeholders(sentence)


def placeholders(sentence: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return named | set(re.findall(r"%\((\w+)\)s", sentence))
