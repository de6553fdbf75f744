"""A sound process as `new_process` makes it, and ways to break it in one place."""

from collections.abc import Mapping

from bpmn.manifest import Process
from workflow_app.engine.bundles import Bundle, content_hash
from workflow_app.engine.layout import lay_out

SLUG = "sample"
DIAGRAM = f"bpmn/{SLUG}/{SLUG}.bpmn"
RULES = f"bpmn/{SLUG}/deadlines.yaml"


def changed(
    of: Bundle, files: Mapping[str, str | None] | None = None, manifest: Process | None = None
) -> Bundle:
    """The bundle with other files (None: without) and another manifest."""
    texts = {**of.files, **(files or {})}
    kept = {path: text for path, text in texts.items() if text is not None}
    process = manifest or of.manifest
    return Bundle(of.slug, of.version, content_hash(kept, process), kept, process)


def edited(of: Bundle, path: str, old: str, new: str, count: int = -1) -> Bundle:
    text = of.files[path]
    assert old in text, f"{old!r} is not in {path}"
    return changed(of, {path: text.replace(old, new, count)})


def drawn(of: Bundle, *edits: tuple[str, str]) -> Bundle:
    """The bundle with its logic changed and its picture drawn anew."""
    text = of.files[DIAGRAM]
    for old, new in edits:
        assert old in text, f"{old!r} is not in the diagram"
        text = text.replace(old, new)
    return changed(of, {DIAGRAM: lay_out(text, DIAGRAM)})


def ensure(problems: list[str], *parts: str) -> None:
    """One of the problems has all of `parts`."""
    assert any(all(part in problem for part in parts) for problem in problems), problems
