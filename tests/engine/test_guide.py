"""The guide for authors says what the code says."""

import inspect
import re

from django.conf import settings

from workflow_app.gate.shape import LANES
from workflow_app.management.skeletons import SKELETON
from workflow_app.services.operations import OPERATIONS
from workflow_app.services.operations.registry import names_set

GUIDE = (settings.BASE_DIR / "docs" / "how-to-add-a-process.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)\(([^)]*)\)` \| ([^|]+) \| ([^|]*)\|$", re.MULTILINE)


def test_the_table_of_operations_is_complete() -> None:
    told = {
        name: (tuple(filter(None, parameters.split(", "))), tuple(re.findall(r"`([^`]+)`", sets)))
        for name, parameters, _, sets in _ROW.findall(GUIDE)
    }
    found = {}
    for name, handler in OPERATIONS.items():
        parameters = list(inspect.signature(handler).parameters.values())[1:]
        signature = tuple(each.name + ("" if each.default is each.empty else "?") for each in parameters)
        found[name] = (signature, names_set(name))
    assert told == found


def test_the_guide_names_every_lane_and_the_commands() -> None:
    for role in LANES:
        assert role in GUIDE
    commands = settings.BASE_DIR / "workflow_app" / "management" / "commands"
    for command in re.findall(r"manage\.py ([a-z_]+)", GUIDE):
        assert command == "check" or (commands / f"{command}.py").is_file(), command


def test_every_kind_of_file_of_the_skeleton_is_explained() -> None:
    suffixes = {
        path.name.removesuffix("-tpl").partition(".")[2] for path in SKELETON.rglob("*") if path.is_file()
    }
    for suffix in suffixes - {"md"}:
        assert f".{suffix}" in GUIDE or suffix == "py", suffix
