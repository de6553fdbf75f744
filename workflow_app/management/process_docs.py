"""docs/processes/: one page and one picture for each process, written from its own files."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from workflow_app.demo.scenario import find_scenarios
from workflow_app.engine.bundles import Bundle, discover
from workflow_app.engine.diagram import read_diagram
from workflow_app.selectors.process_pages import describe_process, rules_written

FOLDER = Path("docs") / "processes"
_INTRODUCTION = (
    "# 流程 · Processes\n\n由 `manage.py document_processes` 根据流程自己的文件生成，不要手工修改。"
    "Written from the files of each process by `manage.py document_processes`; not to be edited.\n\n"
)
_BLANK_LINES = re.compile(r"\n{3,}")


def written_pages(root: Path | None = None) -> dict[str, str]:
    """The text of every file below docs/processes/, by its name."""
    root = root or settings.BASE_DIR
    pages: dict[str, str] = {}
    entries = []
    for slug, bundle in discover(root).items():
        context = _context(bundle, root)
        pages[f"{slug}.md"] = _page(bundle, context)
        with override("zh-hans"):
            pages[f"{slug}.svg"] = render_to_string("web/docs/process.svg", context).rstrip() + "\n"
        title = bundle.manifest.title
        entries.append(f"- [{title.zh} · {title.en}]({slug}.md)\n")
    pages["README.md"] = _INTRODUCTION + "".join(entries)
    return pages


def _context(bundle: Bundle, root: Path) -> dict[str, Any]:
    path = f"bpmn/{bundle.slug}/{bundle.slug}"
    names = yaml.safe_load(bundle.files.get(f"{path}.en.yaml", "")) or {}
    diagram = read_diagram(bundle.files[f"{path}.bpmn"], f"{path}.bpmn", names)
    found = find_scenarios(root, bundle.slug)
    return {
        "slug": bundle.slug,
        "page": describe_process(bundle, diagram, rules_written(bundle)),
        "stories": [(each.title, each.path) for each in found if not each.must_fail],
    }


def _page(bundle: Bundle, context: Mapping[str, Any]) -> str:
    title = bundle.manifest.title
    halves = []
    for language, heading in (("zh-hans", title.zh), ("en", title.en)):
        with override(language):
            text = render_to_string("web/docs/process.txt", dict(context))
        halves.append(f"## {heading}\n\n{_BLANK_LINES.sub(chr(10) * 2, text).strip()}\n")
    return f"# {title.zh} · {title.en}\n\n" + "\n".join(halves)
