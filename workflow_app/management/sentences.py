"""Every sentence for people that gettext's extractor cannot see, because it stands in plain data or pure code.

The domain knows no Django, diagrams are XML, and an error's sentence is a class attribute: none of them is marked for
translation. What is declared here goes into the message catalogue with everything else.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import TypeVar

from django.conf import settings
from django.db.models import Choices

import forms
import notifications
import workflow_app
from workflow_app.domain import counting, deadlines, workdays
from workflow_app.domain.errors import CreditError
from workflow_app.engine.diagram import read_diagram
from workflow_app.selectors import records
from workflow_app.services import calendar, record_import, record_import_lines, record_values

_PACKAGES = (workflow_app, forms, notifications)
# Read by Django and web servers alone; no words for people in them.
_LEFT_OUT = (
    "workflow_app.settings",
    "workflow_app.wsgi",
    "workflow_app.migrations",
    "notifications.migrations",
)

T = TypeVar("T")
# Where a sentence stands (as gettext's reference) and the sentence.
Sentence = tuple[str, str]


def hidden_sentences() -> list[Sentence]:
    """All of them, each once a place, sorted."""
    for package in _PACKAGES:
        _import_all(package)
    return sorted({sentence for place in _PLACES for sentence in place() if _is_chinese(sentence[1])})


def _import_all(package: ModuleType) -> None:
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.startswith(_LEFT_OUT):
            import_module(found.name)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def _path(module_name: str) -> str:
    return module_name.replace(".", "/") + ".py"


def _is_ours(module_name: str) -> bool:
    return module_name.partition(".")[0] in {package.__name__ for package in _PACKAGES}


def _below(base: type[T]) -> Iterator[type[T]]:
    for child in base.__subclasses__():
        yield child
        yield from _below(child)


def _errors() -> Iterator[Sentence]:
    errors: list[type[CreditError]] = [CreditError, *_below(CreditError)]
    for error in errors:
        if _is_ours(error.__module__):
            yield _path(error.__module__), error.message


def _labels() -> Iterator[Sentence]:
    """What the values of fields are called."""
    for choices in _below(Choices):
        if _is_ours(choices.__module__):
            for label in choices.labels:
                yield _path(choices.__module__), str(label)


def _constants() -> Iterator[Sentence]:
    """What stands under a name in capitals in modules that hold no other texts there."""
    for module in (deadlines, record_import, record_values):
        for name, value in vars(module).items():
            # Names of columns are those of the national table; they have no English.
            if name.isupper() and isinstance(value, str) and not hasattr(record_import_lines, name):
                yield _path(module.__name__), value
    for remark in record_import_lines.MESSAGES.values():
        yield _path(record_import_lines.__name__), remark


def _units_and_days() -> Iterator[Sentence]:
    for title in counting.UNIT_TITLES.values():
        yield _path(counting.__name__), title
    for reason in workdays.ORDINARY_REASONS.values():
        yield _path(workdays.__name__), reason
    for reason in calendar.REASONS:
        yield _path(calendar.__name__), reason


def _record_fields() -> Iterator[Sentence]:
    for title in records.FIELD_TITLES.values():
        yield _path(records.__name__), title


def _reasons() -> Iterator[Sentence]:
    """Why diagrams stop clocks, letters and publications: constants that cases keep and people read."""
    for path in sorted((settings.BASE_DIR / "bpmn").glob("*/*.bpmn")):
        place = path.relative_to(settings.BASE_DIR).as_posix()
        for node in read_diagram(path.read_text(encoding="utf-8"), place).nodes.values():
            if "reason" in node.parameters:
                yield place, str(ast.literal_eval(node.parameters["reason"]))


_PLACES: tuple[Callable[[], Iterable[Sentence]], ...] = (
    _errors,
    _labels,
    _constants,
    _units_and_days,
    _record_fields,
    _reasons,
)
