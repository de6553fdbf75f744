"""Masked personal data. All persons are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain.masking import mask_id_number, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("王小明", "王**"),
        (" 王小明 ", "王**"),
        ("欧阳小明", "欧阳**"),
        ("欧阳明", "欧阳*"),
        ("欧阳", "欧*"),  # two characters are a surname of one and a given name
        ("诸葛大明亮", "诸葛**"),
        ("阿不都热西提·买买提", "阿**"),
        ("Anna Muster", "A**"),
        ("É\u0301va", "É\u0301**"),  # a mark stays with its letter
        ("张", "*"),
        ("", ""),
        ("   ", ""),
        ("𠮷小明", "𠮷**"),  # beyond the basic plane
        ("葛\U000e0100小明", "葛\U000e0100**"),  # a variation selector is no character of its own
        ("𠮷\U000e0100", "*"),
        ("\u200d张三", "张*"),
    ],
)
def test_names(name, masked):
    assert mask_name(name) == masked


@given(name=st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1))
def test_a_masked_name_shows_its_beginning_at_most_and_not_its_length(name):
    masked = mask_name(name)
    shown = masked.rstrip("*")
    assert name.startswith(shown)
    assert len(shown) < len(name)
    assert len(shown) <= 2
    assert 1 <= len(masked) - len(shown) <= 2


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("33078219000101123X", "330***********123X"),
        (" 33078219000101123X ", "330***********123X"),
        ("330782000101123", "330********1123"),
        ("E12345678", "E******78"),
        ("12345678", "1*****78"),
        ("1234567", "*******"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_document_numbers(number, masked):
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800001234", "138****1234"),
        ("138 0000 1234", "138****1234"),
        ("138-0000-1234", "138****1234"),
        ("+8613800001234", "+86138****1234"),
        ("0579-82000000", "0579****0000"),
        ("82000012", "******12"),
        ("8200012", "*****12"),
        ("120120", "******"),
        ("", ""),
    ],
)
def test_phones(phone, masked):
    assert mask_phone(phone) == masked


@given(text=st.text("0123456789X", min_size=1, max_size=40))
def test_numbers_keep_their_length_and_hide_at_least_four_characters_or_all(text):
    for masked in (mask_id_number(text), mask_phone(text)):
        assert len(masked) == len(text)
        assert masked.count("*") >= min(len(text), 4)
        assert all(after in ("*", before) for before, after in zip(text, masked, strict=True))
