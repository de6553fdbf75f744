"""Words for a search in Chinese, which has no spaces: every two neighbouring characters are a word.

Letters and digits stay together as they are written. Pure text work; the database only compares.
"""

import re
import unicodedata
from collections.abc import Iterator

# Runs of letters and digits of scripts that write spaces, and runs of Chinese characters, in and beyond the BMP.
_RUNS = re.compile(r"([0-9a-z]+)|([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
# PostgreSQL keeps no place beyond 16383 and no word of 2 KiB.
MOST_PLACES = 16_000
LONGEST_WORD = 60


def fold(text: str) -> str:
    """The text as it is compared: full-width letters as half-width ones, capitals as small ones."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(text: str) -> Iterator[str]:
    """The words of a text in order: `市场监管a1` gives 市场, 场监, 监管, a1; a single character is a word itself."""
    for latin, chinese in _RUNS.findall(fold(text)):
        if latin:
            yield latin[:LONGEST_WORD]
        elif len(chinese) == 1:
            yield chinese
        else:
            yield from (chinese[at : at + 2] for at in range(len(chinese) - 1))


def vector_of(*texts: str) -> str:
    """The texts as a PostgreSQL tsvector literal with places; between two texts no phrase reaches."""
    places: dict[str, list[int]] = {}
    at = 0
    for text in texts:
        for word in words_of(text):
            at += 1
            if at > MOST_PLACES:
                break
            places.setdefault(word, []).append(at)
        at += 1
    # 256 places a word is all that PostgreSQL takes.
    return " ".join(f"'{word}':{','.join(map(str, found[:255]))}" for word, found in places.items())


def query_of(asked: str) -> str:
    """What is asked for as a tsquery literal; empty where it has no word.

    Characters that stand together are looked for together, in their order; words with letters and digits, and a
    single character, also as the beginning of longer ones. All parts have to be there.
    """
    parts = []
    for latin, chinese in _RUNS.findall(fold(asked)):
        if latin:
            parts.append(f"'{latin[:LONGEST_WORD]}':*")
        elif len(chinese) == 1:
            parts.append(f"'{chinese}':*")
        else:
            pairs = [f"'{chinese[at : at + 2]}'" for at in range(len(chinese) - 1)]
            parts.append(f"({' <-> '.join(pairs)})")
    return " & ".join(dict.fromkeys(parts))
