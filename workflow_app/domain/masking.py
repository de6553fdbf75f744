"""Masking of natural persons: names, document numbers, telephones. What organisations are called is public.

What is masked stays recognisable to the person concerned and to nobody else, so lengths are not always kept.
"""

import re
import unicodedata

_STAR = "*"
# The more frequent of the compound surnames (复姓); others show one character, which masks more, never less.
_COMPOUND_SURNAMES = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|皇甫|公孙|轩辕|令狐|宇文|长孙|慕容|"
    "司徒|司空|鲜于|闾丘|濮阳|淳于|单于|申屠|公冶|赫连|澹台|呼延|钟离|西门|百里|东郭|南门|完颜"
)
_MOST_STARS_IN_NAME = 2
_MARKS = frozenset({"Mn", "Me", "Mc", "Cf"})


def mask_name(name: str) -> str:
    """张三 → 张*, 王小明 → 王**, 欧阳小明 → 欧阳**, Anna Muster → A**; one character alone is hidden whole.

    At most two stars, so that a long name does not give itself away by its length.
    """
    letters = _letters(name)
    if len(letters) < 2:
        return _STAR * len(letters)
    is_compound = len(letters) > 2 and _COMPOUND_SURNAMES.match(name.strip()) is not None
    shown = letters[: 2 if is_compound else 1]
    return "".join(shown) + _STAR * min(len(letters) - len(shown), _MOST_STARS_IN_NAME)


def _letters(name: str) -> list[str]:
    """Characters as people see them: a mark or variation selector belongs to the character before it."""
    letters: list[str] = []
    for char in name.strip():
        if unicodedata.category(char) not in _MARKS:
            letters.append(char)
        elif letters:
            letters[-1] += char
    return letters


def mask_id_number(number: str) -> str:
    """330701199001011239 → 330***********1239; shorter documents show less, below eight nothing."""
    bare = number.strip()
    if len(bare) >= 15:
        head, tail = 3, 4
    elif len(bare) >= 8:
        head, tail = 1, 2
    else:
        head, tail = 0, 0
    return bare[:head] + _STAR * (len(bare) - head - tail) + bare[len(bare) - tail :]


def mask_phone(phone: str) -> str:
    """13800001234 → 138****1234, also with +86, spaces or hyphens; short numbers show two digits at most."""
    bare = re.sub(r"[\s-]", "", phone)
    if len(bare) >= 11:
        return bare[:-8] + _STAR * 4 + bare[-4:]
    tail = 2 if len(bare) >= 7 else 0
    return _STAR * (len(bare) - tail) + bare[len(bare) - tail :]
