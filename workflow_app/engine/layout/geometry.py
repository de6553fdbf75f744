"""Sizes in pixels, as the common modelers draw them. Centres of shapes lie on the grid that flows run on."""

from dataclasses import dataclass

from workflow_app.engine.diagram import Node

PITCH = 20
COLUMN = 180
NARROW_COLUMN = 120
WORDED_COLUMN = 160
ROW = 140
LANE_PADDING = 20
LANE_HEADER = 40
# Off the grid by half a step, so that no flow runs along the border of a lane.
LEFT, TOP = 150, 90

Point = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """A box around a centre; `half_width` and `half_height` reach from the centre to the edge."""

    x: int
    y: int
    half_width: int
    half_height: int

    def touches(self, other: "Shape", gap: int = 0) -> bool:
        """Whether the two boxes come closer than `gap`."""
        return (
            abs(self.x - other.x) < self.half_width + other.half_width + gap
            and abs(self.y - other.y) < self.half_height + other.half_height + gap
        )


def half_size(node: Node) -> tuple[int, int]:
    """Half of a node's width and height."""
    if node.is_gateway:
        return 25, 25
    if node.is_event:
        return 18, 18
    return 50, 40
