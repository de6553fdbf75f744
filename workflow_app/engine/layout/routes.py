"""Ways for flows: the cheapest in right angles around all shapes (A* on a grid), few bends, no two on one line."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from workflow_app.engine.layout.geometry import PITCH, Point, Shape

Cell = tuple[int, int]
_DIRECTIONS: dict[str, Cell] = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
_OPPOSITE = {"right": "left", "left": "right", "down": "up", "up": "down"}

_BEND = 6
_CROSSING = 8
_SHARED = 60
_CLOSE = 2
# Preference of a side to leave or enter by, in steps of the grid.
LEAVE = {"right": 0, "down": 3, "up": 4, "left": 14}
ENTER = {"left": 0, "up": 3, "down": 4, "right": 14}


@dataclass
class Routes:
    """The grid with its obstacles and the flows already on it. Bounds are in pixels."""

    shapes: Mapping[str, Shape]
    bounds: tuple[int, int, int, int]
    _blocked: set[Cell] = field(default_factory=set)
    _close: set[Cell] = field(default_factory=set)
    # Cell → which directions (0 horizontal, 1 vertical) flows take through it, and to which targets.
    _used: dict[Cell, dict[int, set[str]]] = field(default_factory=dict)
    _sides: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for shape in self.shapes.values():
            self._blocked |= set(_cells(shape, 8))
            self._close |= set(_cells(shape, 18))

    def route(self, source: str, target: str, leave: Mapping[str, int]) -> list[Point]:
        """The way from one shape to another in pixels, ends on their edges. `leave`: sides to leave by → dislike."""
        starts = {
            side: self._stub(source, side) for side in leave if self._stub(source, side) not in self._blocked
        }
        goals = {
            self._stub(target, side): side for side in ENTER if self._stub(target, side) not in self._blocked
        }
        came: dict[tuple[Cell, str], tuple[Cell, str] | None] = {}
        heap: list[tuple[float, int, float, Cell, str, tuple[Cell, str] | None]] = []
        count = 0
        for side, cell in starts.items():
            cost: float = leave[side] + self._side_cost(source, side, "out", target)
            heapq.heappush(heap, (cost + self._guess(cell, goals), count, cost, cell, side, None))
            count += 1
        while heap:
            _, _, cost, cell, direction, before = heapq.heappop(heap)
            if direction == "end":
                assert before is not None
                return self._keep(source, target, goals[cell], came, before)
            if (cell, direction) in came:
                continue
            came[cell, direction] = before
            for step, far, heading in self._onward(cell, direction, target, goals):
                if (far, heading) not in came:
                    total = cost + step
                    heapq.heappush(
                        heap, (total + self._guess(far, goals), count, total, far, heading, (cell, direction))
                    )
                    count += 1
        raise ValueError(f"no way from {source} to {target}")

    def _onward(
        self, cell: Cell, direction: str, target: str, goals: Mapping[Cell, str]
    ) -> Iterator[tuple[float, Cell, str]]:
        side = goals.get(cell)
        if side is not None:
            turn = 0 if _OPPOSITE[side] == direction else _BEND
            if side != direction:
                yield turn + ENTER[side] + self._side_cost(target, side, "in", target), cell, "end"
        for heading, (dx, dy) in _DIRECTIONS.items():
            if heading == _OPPOSITE[direction]:
                continue
            far = (cell[0] + dx, cell[1] + dy)
            if far in self._blocked or not self._inside(far):
                continue
            step = 1.0 + (_BEND if heading != direction else 0) + (_CLOSE if far in self._close else 0)
            yield step + self._traffic(cell, far, heading, target), far, heading

    def _traffic(self, cell: Cell, far: Cell, heading: str, target: str) -> float:
        along = 0 if heading in ("left", "right") else 1
        cost = 0.0
        for each in (cell, far):
            used = self._used.get(each)
            if used and along in used and used[along] != {target}:
                cost += _SHARED
        used = self._used.get(far)
        if used and 1 - along in used:
            cost += _CROSSING
        return cost

    def _side_cost(self, name: str, side: str, way: str, target: str) -> int:
        """Flows in and out through one side meet head on; two out, or two in, may share it."""
        used = self._sides.get((name, side), set())
        if not used:
            return 0
        if any(each.split(":")[0] != way for each in used):
            return 40
        return 2 if way == "in" else 16

    def _keep(
        self,
        source: str,
        target: str,
        side: str,
        came: Mapping[tuple[Cell, str], tuple[Cell, str] | None],
        last: tuple[Cell, str],
    ) -> list[Point]:
        steps: list[tuple[Cell, str]] = []
        at: tuple[Cell, str] | None = last
        while at is not None:
            steps.append(at)
            at = came[at]
        steps.reverse()
        leaving = steps[0][1]
        cells = [cell for cell, _ in steps]
        for (cell, _), (far, heading) in pairwise(steps):
            along = 0 if heading in ("left", "right") else 1
            for each in (cell, far):
                self._used.setdefault(each, {}).setdefault(along, set()).add(target)
        for cell, heading in ((cells[0], leaving), (cells[-1], side)):
            along = 0 if heading in ("left", "right") else 1
            self._used.setdefault(cell, {}).setdefault(along, set()).add(target)
        self._sides.setdefault((source, leaving), set()).add("out:")
        self._sides.setdefault((target, side), set()).add("in:")
        points = [_edge(self.shapes[source], leaving)]
        points += [(x * PITCH, y * PITCH) for x, y in cells]
        points.append(_edge(self.shapes[target], side))
        return _straightened(points)

    def _stub(self, name: str, side: str) -> Cell:
        """The first free cell of the grid outside a side of a shape."""
        shape = self.shapes[name]
        dx, dy = _DIRECTIONS[side]
        reach = (shape.half_width if dx else shape.half_height) + 10
        far = -(-reach // PITCH) * PITCH
        return ((shape.x + dx * far) // PITCH, (shape.y + dy * far) // PITCH)

    def _inside(self, cell: Cell) -> bool:
        left, top, right, bottom = self.bounds
        return left <= cell[0] * PITCH <= right and top <= cell[1] * PITCH <= bottom

    @staticmethod
    def _guess(cell: Cell, goals: Mapping[Cell, str]) -> int:
        return min((abs(cell[0] - x) + abs(cell[1] - y) for x, y in goals), default=0)


def _cells(shape: Shape, margin: int) -> Iterator[Cell]:
    width, height = shape.half_width + margin, shape.half_height + margin
    for x in range(-(-(shape.x - width) // PITCH), (shape.x + width) // PITCH + 1):
        for y in range(-(-(shape.y - height) // PITCH), (shape.y + height) // PITCH + 1):
            yield x, y


def _edge(shape: Shape, side: str) -> Point:
    dx, dy = _DIRECTIONS[side]
    return shape.x + dx * shape.half_width, shape.y + dy * shape.half_height


def _straightened(points: list[Point]) -> list[Point]:
    """Only the corners, and both ends."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        same_x = before[0] == here[0] == after[0]
        same_y = before[1] == here[1] == after[1]
        if not (same_x or same_y) and here != kept[-1]:
            kept.append(here)
    kept.append(points[-1])
    return kept
