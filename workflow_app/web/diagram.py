"""The picture of a process as SVG, made from the coordinates in its own file, with where a case stands."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from workflow_app.engine.diagram import Box, Diagram, Node
from workflow_app.web.tags import role_title
from workflow_app.web.visitor import language

_MARGIN = 12
_LANE_HEAD = 28
_CHAR = 12
# Small enough to see the neighbourhood, large enough to read.
_SCALE = 0.85
_LINE = 15
# Of the words beside shapes.
_SMALL, _SMALL_LINE = 11, 14
# No line of them is broken before so many characters.
_SHORTEST = 4
_EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent")

# A Latin word, a space, or one character of any other writing.
_PARTS = re.compile(r"[!-~]+|.", re.DOTALL)

# Pieces of pictures that are drawn again and again, the same for every case.
_KEPT = 4096

Parts = list[SafeString]


@dataclass(frozen=True)
class Position:
    """Elements where something waits, and elements that were passed."""

    active: Collection[str] = ()
    done: Collection[str] = ()


def draw(diagram: Diagram, position: Position, *, identity: str = "diagram") -> SafeString:
    """The SVG, or an empty text for a file without coordinates. `identity` makes its ids unique on the page."""
    boxes = diagram.shapes
    if not boxes:
        return SafeString("")
    parts: Parts = [_head(diagram, position, identity)]
    parts += [_lane(boxes[lane.id], lane.name) for lane in diagram.lanes if lane.id in boxes]
    parts += [
        _flow(points, spoken(diagram, diagram.flows[flow].name), diagram.labels.get(flow), identity)
        for flow, points in _flows(diagram)
    ]
    parts += [
        _node(
            node, called(diagram, node), boxes[node.id], diagram.labels.get(node.id), _state(node, position)
        )
        for node in diagram.nodes.values()
        if node.id in boxes
    ]
    return mark_safe("\n".join([*parts, "</svg>"]))  # noqa: S308 - every part came from format_html


def describe(diagram: Diagram, position: Position) -> str:
    """The same in words: where the case waits and what is behind it."""
    names = {node.id: called(diagram, node) for node in diagram.nodes.values() if node.name}
    now = [names[each] for each in position.active if each in names and _is_step(diagram.nodes[each])]
    tasks = {node.id for node in diagram.of_kind("userTask")}
    done = [names[each] for each in position.done if each in names and each in tasks]
    sentences = []
    if done:
        sentences.append(gettext("已完成：{steps}。").format(steps=gettext("、").join(done)))
    if now:
        sentences.append(gettext("当前步骤：{steps}。").format(steps=gettext("、").join(now)))
    return " ".join(sentences) or gettext("流程图：{name}。").format(name=spoken(diagram, diagram.name))


def _head(diagram: Diagram, position: Position, identity: str) -> SafeString:
    left, top, right, bottom = _bounds(diagram)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" width="{}" height="{}" '
        'role="img" aria-labelledby="{}-title {}-text">'
        '<title id="{}-title">{}</title><desc id="{}-text">{}</desc>'
        '<defs><marker id="{}-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="tip" d="M0 1 10 5 0 9z"/></marker></defs>',
        round(left - _MARGIN),
        round(top - _MARGIN),
        round(right - left + 2 * _MARGIN),
        round(bottom - top + 2 * _MARGIN),
        round((right - left + 2 * _MARGIN) * _SCALE),
        round((bottom - top + 2 * _MARGIN) * _SCALE),
        identity,
        identity,
        identity,
        spoken(diagram, diagram.name),
        identity,
        describe(diagram, position),
        identity,
    )


def _bounds(diagram: Diagram) -> tuple[float, float, float, float]:
    points = [point for points in diagram.edges.values() for point in points]
    for box in [*diagram.shapes.values(), *diagram.labels.values()]:
        points += [(box.x, box.y), (box.x + box.width, box.y + box.height)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _state(node: Node, position: Position) -> str:
    if node.id in position.active and _is_step(node):
        return "active"
    return "done" if node.id in position.done else "ahead"


def _is_step(node: Node) -> bool:
    """Whether a case can be said to be there: a deadline on the edge of a step only stands by."""
    return not node.is_boundary


def _lane(box: Box, role: str) -> SafeString:
    title = role_title(role)
    middle = box.y + box.height / 2
    return format_html(
        '<rect class="lane" x="{}" y="{}" width="{}" height="{}"/>'
        '<rect class="lane-head" x="{}" y="{}" width="{}" height="{}"/>'
        '<text text-anchor="middle" transform="translate({} {}) rotate(-90)">{}</text>',
        _n(box.x), _n(box.y), _n(box.width), _n(box.height),
        _n(box.x), _n(box.y), _LANE_HEAD, _n(box.height),
        _n(box.x + _LANE_HEAD / 2 + 4), _n(middle), title,
    )  # fmt: skip


def _flows(diagram: Diagram) -> Iterator[tuple[str, tuple[tuple[float, float], ...]]]:
    for flow, points in diagram.edges.items():
        if flow in diagram.flows and len(points) > 1:
            yield flow, points


@lru_cache(_KEPT)
def _flow(points: tuple[tuple[float, float], ...], name: str, label: Box | None, identity: str) -> SafeString:
    path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    line = format_html('<polyline class="flow" points="{}" marker-end="url(#{}-tip)"/>', path, identity)
    if not name:
        return line
    (x, y), (next_x, next_y) = points[0], points[1]
    # Without a place of its own: above a level stretch, right of an upright one.
    level = abs(next_x - x) >= abs(next_y - y)
    left, top = (x + 6, y - 18) if level else (x + 5, y + (4 if next_y > y else -18))
    place = label or Box(left, top, len(name) * _SMALL, _LINE)
    lines = _wrapped(name, max(_SHORTEST, round(place.width / _SMALL)))
    # Words that are wider than their place, as English ones may be, begin where it begins and grow away from the flow.
    width = max(place.width, *(_width(each) * _SMALL for each in lines))
    grown = Box(place.x, place.y, width, place.height)
    return line + _label(lines, grown, is_above=level and place.y < y)


def _label(lines: list[str], box: Box, *, is_above: bool) -> SafeString:
    """Words beside a shape or flow, in the middle of their place; what is too much for it grows away from them."""
    spare = box.height - len(lines) * _SMALL_LINE
    top = box.y + (spare / 2 if spare > 0 else spare if is_above else 0) + _SMALL
    return _text(lines, box.x + box.width / 2, top, "label", _SMALL_LINE)


def _node(node: Node, name: str, box: Box, label: Box | None, state: str) -> SafeString:
    if node.kind in _EVENTS:
        body = _event(node, box) + _beside(name, box, label)
    elif node.is_gateway:
        body = _gateway(node, box) + _beside(name, box, label)
    else:
        body = _activity(name, box)
    kind = {"startEvent": "start", "endEvent": "end"}.get(node.kind, "step")
    return format_html('<g class="{} {}"><title>{}</title>{}</g>', kind, state, name or node.id, body)


@lru_cache(_KEPT)
def _beside(name: str, box: Box, label: Box | None) -> SafeString:
    """The name of an event or gateway: where the file puts it, else below."""
    if not name:
        return SafeString("")
    below = Box(box.x + box.width / 2 - 50, box.y + box.height + 3, 100, _SMALL_LINE)
    place = label or below
    lines = _wrapped(name, max(_SHORTEST, round(place.width / _SMALL)))
    return _label(lines, place, is_above=place.y < box.y)


@lru_cache(_KEPT)
def _activity(name: str, box: Box) -> SafeString:
    shape = format_html(
        '<rect class="node" x="{}" y="{}" width="{}" height="{}" rx="6"/>',
        _n(box.x), _n(box.y), _n(box.width), _n(box.height),
    )  # fmt: skip
    lines = _wrapped(name, max(2, int((box.width - 12) / _CHAR)))[: max(1, int(box.height / _LINE))]
    top = box.y + box.height / 2 - _LINE * (len(lines) - 1) / 2 + 4
    return shape + _text(lines, box.x + box.width / 2, top, "")


def _event(node: Node, box: Box) -> SafeString:
    x, y, radius = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    shape = format_html('<circle class="node" cx="{}" cy="{}" r="{}"/>', _n(x), _n(y), _n(radius))
    if node.kind in ("intermediateCatchEvent", "boundaryEvent"):
        dashes = "" if node.is_interrupting else "3 2"
        shape += format_html(
            '<circle class="sign" cx="{}" cy="{}" r="{}" stroke-dasharray="{}"/>',
            _n(x),
            _n(y),
            _n(radius - 3),
            dashes,
        )
    if node.timer:
        shape += format_html('<path class="sign" d="M{} {}v-6m0 6h5"/>', _n(x), _n(y))
    if node.message:
        shape += format_html('<path class="sign" d="M{} {}h12v9h-12zl6 5 6-5"/>', _n(x - 6), _n(y - 4.5))
    return shape


def _gateway(node: Node, box: Box) -> SafeString:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    shape = format_html(
        '<path class="node" d="M{} {}L{} {} {} {} {} {}z"/>',
        _n(x), _n(box.y), _n(box.x + box.width), _n(y), _n(x), _n(box.y + box.height), _n(box.x), _n(y),
    )  # fmt: skip
    if node.kind == "parallelGateway":
        shape += format_html('<path class="sign" d="M{} {}h16m-8-8v16"/>', _n(x - 8), _n(y))
    else:
        shape += format_html('<path class="sign" d="M{} {}l10 10m0-10-10 10"/>', _n(x - 5), _n(y - 5))
    return shape


def _text(lines: list[str], x: float, y: float, css: str, line_height: float = _LINE) -> SafeString:
    if not lines:
        return SafeString("")
    spans = format_html_join(
        "",
        '<tspan x="{}" y="{}">{}</tspan>',
        ((_n(x), _n(y + line_height * i), line) for i, line in enumerate(lines)),
    )
    return format_html('<text class="{}" text-anchor="middle">{}</text>', css, spans)


def _wrapped(name: str, width: int) -> list[str]:
    """The name in lines of at most `width` Chinese characters; Latin words stay whole and count half."""
    lines, line, used = [], "", 0.0
    for part in _PARTS.findall(name):
        size = _width(part)
        if used + size > width and line:
            lines.append(line.rstrip())
            line, used = "", 0.0
        if line or not part.isspace():
            line, used = line + part, used + size
    return [*lines, line] if line else lines


def _width(text: str) -> float:
    """As many Chinese characters as would take as much room."""
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def _n(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def called(diagram: Diagram, node: Node) -> str:
    """What an element is called in the language of the page, as far as the diagram knows; "" where it has no name."""
    english = node.properties.get("title_en", "")
    return english if language() == "en" and english else spoken(diagram, node.name)


def spoken(diagram: Diagram, name: str) -> str:
    """A name that stands in the diagram, in the language of the page."""
    return diagram.english.get(name, name) if language() == "en" else name
