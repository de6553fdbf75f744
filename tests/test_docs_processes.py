"""docs/processes/ says what the processes' files say today; links and pictures in all documents lead somewhere."""

import re
from xml.etree import ElementTree

import pytest
from django.conf import settings

from workflow_app.engine.bundles import discover
from workflow_app.management.process_docs import FOLDER, written_pages

PAGES = written_pages()


def test_every_process_has_its_page_and_picture() -> None:
    slugs = set(discover())
    assert set(PAGES) == {"README.md", *(f"{slug}.{ending}" for slug in slugs for ending in ("md", "svg"))}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_pages_are_current(name: str) -> None:
    """`manage.py document_processes` renews them."""
    assert (settings.BASE_DIR / FOLDER / name).read_text(encoding="utf-8") == PAGES[name]


def test_no_page_is_left_of_what_is_gone() -> None:
    assert {path.name for path in (settings.BASE_DIR / FOLDER).iterdir()} == set(PAGES)


@pytest.mark.parametrize("slug", sorted(discover()))
def test_a_page_tells_all_there_is(slug: str) -> None:
    bundle = discover()[slug]
    page, picture = PAGES[f"{slug}.md"], PAGES[f"{slug}.svg"]
    manifest = bundle.manifest
    told = [each.title.zh for each in (*manifest.clocks, *manifest.letters, *manifest.outcomes.values())]
    for text in (*told, *manifest.legal_basis, manifest.summary.zh, manifest.summary.en):
        assert text in page
    ElementTree.fromstring(picture)
    assert 'role="img"' in picture
    # Every line of a table has as many cells as its head.
    for head, rows in re.findall(r"(\|.+\|)\n\|[-|]+\|\n((?:\|.+\|\n)+)", page):
        cells = len(re.findall(r"(?<!\\)\|", head))
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows.splitlines()} == {cells}
