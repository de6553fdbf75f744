"""Everything a diagram says has its English, and there is room for it."""

import re
from pathlib import Path

import pytest
import yaml
from django.utils.translation import override
from lxml import etree

from bpmn.manifest import Text
from tests.language.english import CHINESE
from workflow_app.engine.bundles import Bundle, discover
from workflow_app.engine.diagram import Diagram
from workflow_app.management.skeletons import write_skeleton
from workflow_app.web.bundles import diagram_of
from workflow_app.web.diagram import Position, called, describe, draw, spoken

SVG = {"s": "http://www.w3.org/2000/svg"}
BUNDLES = discover()


@pytest.fixture(params=BUNDLES)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return BUNDLES[request.param]


def names(diagram: Diagram) -> set[str]:
    """What is written in the picture, but for user tasks and what has no name."""
    nodes = {node.name for node in diagram.nodes.values() if node.kind != "userTask"}
    return (nodes | {flow.name for flow in diagram.flows.values()}) - {""}


def test_every_name_has_its_english_and_no_other_has(bundle: Bundle) -> None:
    written = yaml.safe_load(bundle.files[f"bpmn/{bundle.slug}/{bundle.slug}.en.yaml"])
    assert set(written) == names(diagram_of(bundle))
    assert not [english for english in written.values() if CHINESE.search(english) or not english.strip()]


def test_a_new_process_begins_with_both_languages(tmp_path: Path) -> None:
    for room in ("bpmn", "forms", "notifications"):
        (tmp_path / room).mkdir()
    write_skeleton("report", tmp_path, Text("信用报告", "Credit report"), "XYBG")
    made = discover(tmp_path)["report"]
    written = yaml.safe_load(made.files["bpmn/report/report.en.yaml"])
    assert set(written) == names(diagram_of(made))
    with override("en"):
        assert not CHINESE.search(draw(diagram_of(made), Position()))


def test_the_picture_is_english_for_english_readers(bundle: Bundle) -> None:
    diagram = diagram_of(bundle)
    with override("en"):
        assert not CHINESE.search(draw(diagram, Position()))
        assert describe(diagram, Position()) == f"Diagram: {bundle.manifest.title.en}."
        everywhere = Position(active=list(diagram.nodes), done=list(diagram.nodes))
        assert not CHINESE.search(describe(diagram, everywhere))
    assert bundle.manifest.title.zh in describe(diagram, Position())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_is_cut_off(bundle: Bundle, language: str) -> None:
    diagram = diagram_of(bundle)
    with override(language):
        picture = etree.fromstring(draw(diagram, Position()))
        wanted = [called(diagram, node) for node in diagram.nodes.values() if node.name]
        wanted += [spoken(diagram, flow.name) for flow in diagram.flows.values() if flow.name]
    shown = ["".join(text.itertext()) for text in picture.iterfind(".//s:text", SVG)]
    written = {re.sub(r"\s", "", each) for each in shown}
    assert {re.sub(r"\s", "", each) for each in wanted} <= written


def test_english_words_stay_whole(bundle: Bundle) -> None:
    diagram = diagram_of(bundle)
    with override("en"):
        picture = etree.fromstring(draw(diagram, Position()))
        known = {word for node in diagram.nodes.values() for word in called(diagram, node).split()}
        known |= {word for flow in diagram.flows.values() for word in spoken(diagram, flow.name).split()}
    lines = [line.text for line in picture.iterfind(".//s:tspan", SVG)]
    assert lines
    assert {word for line in lines for word in line.split()} <= known


def test_a_name_without_english_is_shown_as_it_is() -> None:
    with override("en"):
        assert spoken(Diagram("x", "某", True, {}, {}, (), {}, {}), "某步") == "某步"
