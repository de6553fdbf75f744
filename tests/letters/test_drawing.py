"""Seal and QR code."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import segno

from workflow_app.letters.drawing import SEAL_DIAMETER_MM, as_data_url, qr_svg, seal_svg
from workflow_app.letters.fonts import GlyphMissingError


@pytest.mark.parametrize(
    "name", ["义", "金华市公共信用管理办公室", "金华市婺城区市场监督管理局综合行政执法大队（演示专用）"]
)
def test_draws_a_round_seal_without_text(name: str) -> None:
    root = ElementTree.fromstring(seal_svg(name))
    half = SEAL_DIAMETER_MM / 2
    assert root.attrib["viewBox"] == f"{-half} {-half} {2 * half} {2 * half}"
    assert [child.tag.rpartition("}")[2] for child in root] == ["circle", "path", "path"]
    assert "text" not in seal_svg(name)


def test_every_character_of_the_name_is_drawn() -> None:
    one, two = seal_svg("金"), seal_svg("金华")
    assert len(two) > len(one)
    assert "NaN" not in two


def test_names_a_character_no_title_font_has() -> None:
    with pytest.raises(GlyphMissingError) as caught:
        seal_svg("金\U0002a6d6")
    assert caught.value.params["field"] == "agency_name"


def test_the_code_holds_the_address() -> None:
    address = "https://credit.example.invalid/verify/0123456789ABCDEFGHJKMNPQRS"
    root = ElementTree.fromstring(qr_svg(address))
    size = segno.make(address, error="m", micro=False).symbol_size(border=0)[0]
    assert root.attrib["viewBox"] == f"0 0 {size} {size}"


def test_data_addresses_are_base64(tmp_path: Path) -> None:
    address = as_data_url("<svg>中</svg>")
    head, _, content = address.partition(",")
    assert head == "data:image/svg+xml;base64"
    decoded = subprocess.run(["base64", "-d"], input=content.encode(), capture_output=True, check=True).stdout
    assert decoded.decode() == "<svg>中</svg>"
