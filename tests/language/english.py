"""What an English reader must not be shown: Chinese that is neither marked as such nor a name, a number or typed."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import html

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# 金信用〔2026〕异1号: by GB/T 9704 a letter's number is Chinese in every language; so are numbers of notices.
NUMBER = re.compile(r"[\u4e00-\u9fff]+〔\d{4}〕(?:[\u4e00-\u9fff]*)\d+号")
_READ_ALOUD = ("aria-label", "title", "alt", "placeholder", "data-label")


def chinese_on(page: html.HtmlElement, names: Iterable[str]) -> list[str]:
    """The texts of a page that are Chinese though they are not inside an element with lang="zh-Hans".

    `names` are what subjects are called and what people typed; they may stand anywhere.
    """
    return [found for text in _texts(page) if (found := _rest(text, names)) and CHINESE.search(found)]


def _texts(page: html.HtmlElement) -> Iterator[str]:
    for element in page.iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style"):
            continue
        if _is_marked(element):
            continue
        yield element.text or ""
        for name in _READ_ALOUD:
            yield element.get(name, "")
        yield from (child.tail or "" for child in element)


def _is_marked(element: html.HtmlElement) -> bool:
    speaks = element.xpath("(ancestor-or-self::*/@lang)[last()]")
    return bool(speaks) and str(speaks[0]).startswith("zh")


def chinese_in(answer: Any, allowed: Iterable[str], names: Iterable[str]) -> list[str]:
    """The Chinese texts of a JSON answer, with their places; fields named in `allowed` are what people typed."""
    found = []
    for place, text in _leaves(json.loads(answer) if isinstance(answer, bytes) else answer, ""):
        rest = _rest(text, names)
        if CHINESE.search(rest) and not any(re.fullmatch(pattern, place) for pattern in allowed):
            found.append(f"{place}: {text}")
    return found


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, f"{place}[]")
    elif isinstance(value, str):
        yield place, value


def _rest(text: str, names: Iterable[str]) -> str:
    text = NUMBER.sub("", text)
    for name in names:
        text = text.replace(name, "")
    return text.strip()
