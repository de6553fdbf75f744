"""The picture of a process: everything of the file is in it, where the file puts it, with words beside it."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.utils.translation import override
from lxml import etree

from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.engine.diagram import Diagram, read_diagram
from workflow_app.web.bundles import bundle_for, diagram_of, position_of
from workflow_app.web.diagram import Position, describe, draw

SVG = {"s": "http://www.w3.org/2000/svg"}
FILES = sorted((Path(__file__).parents[2] / "bpmn").glob("*/*.bpmn"))


def drawn(path: Path) -> Diagram:
    return read_diagram(path.read_text(encoding="utf-8"), path.name)


@pytest.fixture(params=FILES, ids=[path.stem for path in FILES])
def diagram(request: pytest.FixtureRequest) -> Diagram:
    return drawn(request.param)


def test_every_element_and_flow_is_drawn(diagram: Diagram) -> None:
    root = etree.fromstring(draw(diagram, Position()))
    titles = [each.text for each in root.findall(".//s:g/s:title", SVG)]
    assert sorted(titles) == sorted(node.name or node.id for node in diagram.nodes.values())
    assert len(root.findall(".//s:polyline", SVG)) == len(diagram.flows)
    assert len(root.findall(".//s:rect[@class='lane']", SVG)) == len(diagram.lanes)


def test_nothing_lies_outside_of_the_picture(diagram: Diagram) -> None:
    root = etree.fromstring(draw(diagram, Position()))
    left, top, width, height = map(float, root.get("viewBox").split())
    for box in diagram.shapes.values():
        assert left <= box.x <= box.x + box.width <= left + width
        assert top <= box.y <= box.y + box.height <= top + height


def test_nothing_in_it_needs_a_style_or_a_script(diagram: Diagram) -> None:
    root = etree.fromstring(draw(diagram, Position()))
    for element in root.iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]


def test_where_a_case_stands_is_marked_and_told() -> None:
    diagram = drawn(next(path for path in FILES if path.stem == "objection"))
    position = Position(active=["task_check"], done=["start", "task_accept"])
    root = etree.fromstring(draw(diagram, position))
    marked = {each.get("class"): each.find("s:title", SVG).text for each in root.findall(".//s:g", SVG)}
    assert marked["step active"] == diagram.nodes["task_check"].name
    assert marked["step done"] == diagram.nodes["task_accept"].name
    said = describe(diagram, position)
    assert f"当前步骤：{diagram.nodes['task_check'].name}。" in said
    assert f"已完成：{diagram.nodes['task_accept'].name}。" in said
    assert said in root.find("s:desc", SVG).text


def test_a_deadline_on_the_edge_of_a_step_is_not_where_a_case_stands() -> None:
    diagram = drawn(next(path for path in FILES if path.stem == "objection"))
    timer = next(node for node in diagram.nodes.values() if node.is_boundary)
    assert timer.name not in describe(diagram, Position(active=[timer.id]))
    assert "active" not in draw(diagram, Position(active=[timer.id]))


def test_english_readers_get_the_english_names_of_steps() -> None:
    diagram = drawn(next(path for path in FILES if path.stem == "objection"))
    with override("en"):
        assert diagram.nodes["task_check"].properties["title_en"] in describe(
            diagram, Position(active=["task_check"])
        )


def test_a_name_is_text_whatever_it_holds(diagram: Diagram) -> None:
    node = next(iter(diagram.nodes.values()))
    hostile = replace(diagram, nodes={**diagram.nodes, node.id: replace(node, name="<script>1</script>")})
    assert "<script" not in draw(hostile, Position())


def test_a_file_without_coordinates_has_no_picture(diagram: Diagram) -> None:
    assert draw(replace(diagram, shapes={}, edges={}), Position()) == ""


def test_looking_at_a_case_moves_nothing(db: None) -> None:
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="accept")
    case.refresh_from_db()
    before = (case.lock_version, bytes(case.state))
    position = position_of(case)
    assert "task_check" in position.active
    assert "task_accept" in position.done
    case.refresh_from_db()
    assert (case.lock_version, bytes(case.state)) == before
    assert diagram_of(bundle_for(case)) is diagram_of(bundle_for(case))
