"""Places for the words beside events, gateways and flows, where they cover the least."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from workflow_app.engine.layout.geometry import Point, Shape

_LINE = 14
# The modelers wrap at 90 pixels around the middle.
_MAX_WIDTH = 90
_HAN = 11
_LATIN = 7


def label_size(text: str) -> tuple[int, int]:
    """Half of the width and height of a label, wrapped as the modelers do."""
    width = sum(_HAN if ord(char) > 0x2E7F else _LATIN for char in text)
    lines = max(1, -(-width // (_MAX_WIDTH - 6)))
    return (min(width, _MAX_WIDTH) + 4) // 2, lines * _LINE // 2


class Labels:
    """Places one label after the other; those placed stand in the way of the next."""

    def __init__(self, shapes: Iterable[Shape], routes: Iterable[Sequence[Point]]) -> None:
        self._solid = list(shapes)
        self._lines = [pair for route in routes for pair in pairwise(route)]
        self._placed: list[Shape] = []

    def beside(self, shape: Shape, text: str) -> Shape:
        """The label of an event or gateway."""
        width, height = label_size(text)
        down = shape.half_height + height + 5
        side = shape.half_width + width + 4
        corner = shape.half_width + width - 8
        places = [
            (0, down), (0, -down), (corner, -down + 12), (-corner, -down + 12), (corner, down - 12),
            (-corner, down - 12), (side, -height - 6), (side, height + 6), (-side, -height - 6), (0, down + 16),
        ]  # fmt: skip
        return self._best([Shape(shape.x + dx, shape.y + dy, width, height) for dx, dy in places])

    def along(self, route: Sequence[Point], text: str) -> Shape:
        """The label of a flow: near its beginning, beside the line."""
        width, height = label_size(text)
        places = []
        for (x1, y1), (x2, y2) in pairwise(route):
            if y1 == y2:
                step = 1 if x2 > x1 else -1
                near = x1 + step * (width + 6)
                for x in (near, (x1 + x2) // 2, x2 - step * (width + 6)):
                    places += [
                        Shape(x, y1 - height - 3, width, height),
                        Shape(x, y1 + height + 3, width, height),
                    ]
            else:
                step = 1 if y2 > y1 else -1
                near = y1 + step * (height + 8)
                for y in (near, (y1 + y2) // 2, y2 - step * (height + 8)):
                    places += [
                        Shape(x1 + width + 4, y, width, height),
                        Shape(x1 - width - 4, y, width, height),
                    ]
        return self._best(places)

    def _best(self, places: Sequence[Shape]) -> Shape:
        best = min(enumerate(places), key=lambda pair: (self._cover(pair[1]) * 4 + pair[0], pair[0]))[1]
        self._placed.append(best)
        return best

    def _cover(self, label: Shape) -> int:
        cost = sum(20 for shape in self._solid if label.touches(shape))
        cost += sum(20 for shape in self._placed if label.touches(shape, 2))
        return cost + sum(6 for line in self._lines if _crosses(label, line))


def _crosses(label: Shape, line: tuple[Point, Point]) -> bool:
    (x1, y1), (x2, y2) = line
    return (
        min(x1, x2) < label.x + label.half_width
        and max(x1, x2) > label.x - label.half_width
        and min(y1, y2) < label.y + label.half_height
        and max(y1, y2) > label.y - label.half_height
    )
