"""The guides: every role has one, in both languages; their pictures are made, their links lead somewhere, and what they
call a button or a place is what the pages call it."""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings

from tests.browser.screenshots import FOLDER, SHOTS
from workflow_app.models.people import Role

DOCS = settings.BASE_DIR / "docs"
GUIDES = sorted((DOCS / "guide").glob("*.md"))
PAGES = [*GUIDES, *sorted((DOCS / "processes").glob("*.md"))]
ROLES = {
    "applicant": None,
    "clerk": Role.CLERK,
    "reviewer": Role.REVIEWER,
    "approver": Role.APPROVER,
    "source-unit": Role.SOURCE_UNIT,
    "trainer": Role.TRAINER,
    "supervisor": Role.SUPERVISOR,
    "administrator": Role.SYSTEM_ADMIN,
}
_LINK = re.compile(r"(!?)\[(?:[^\]\\]|\\.)*\]\(([^)]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def test_every_role_has_its_guide() -> None:
    assert {path.stem for path in GUIDES} == {"README", *ROLES}
    readme = (DOCS / "guide" / "README.md").read_text(encoding="utf-8")
    assert all(f"]({role}.md)" in readme and f"]({role}.md#english)" in readme for role in ROLES)


@pytest.mark.parametrize("path", [path for path in GUIDES if path.stem != "README"], ids=name_of)
def test_a_guide_speaks_chinese_first_and_english_whole(path: Path) -> None:
    chinese, mark, english = path.read_text(encoding="utf-8").partition('<a id="english"></a>')
    assert mark
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 200
    assert not re.findall(r"[\u4e00-\u9fff]", english)
    assert len(english.split()) > 80
    if role := ROLES[path.stem]:
        assert str(role.label) in chinese.splitlines()[0]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made = {FOLDER / f"{shot.name}.png" for shot in SHOTS}
    for is_picture, target in _LINK.findall(text):
        file, _, anchor = unquote(target).partition("#")
        there = (path.parent / file).resolve() if file else path
        if is_picture and there.parent == FOLDER:
            assert there in made, f"{target}: `make screenshots` makes no such picture"
        else:
            assert there.is_file(), target
        if anchor:
            assert anchor in anchors(there), target


def anchors(path: Path) -> set[str]:
    """What a link into a page may name: its headings, as Git forges write them, and the marks set by hand."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).strip().replace(" ", "-") for each in headings} | set(
        re.findall(r'<a id="([^"]+)">', text)
    )


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_buttons_and_places_are_called_as_the_pages_call_them(path: Path) -> None:
    chinese = path.read_text(encoding="utf-8").partition('<a id="english"></a>')[0]
    unknown = [each for each in re.findall(r"\*\*([^*]+)\*\*", chinese) if each not in spoken()]
    assert unknown == []


@cache
def spoken() -> str:
    """All that the pages, forms and manifests say."""
    places = [
        *settings.BASE_DIR.glob("workflow_app/web/templates/**/*.html"),
        *settings.BASE_DIR.glob("workflow_app/web/**/*.py"),
        *settings.BASE_DIR.glob("workflow_app/models/*.py"),
        *settings.BASE_DIR.glob("forms/templates/**/*.html"),
        *settings.BASE_DIR.glob("bpmn/*/*.bpmn"),
    ]
    forms = [
        json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
        for path in settings.BASE_DIR.glob("forms/*/*.json")
    ]
    return "\n".join([*(path.read_text(encoding="utf-8") for path in places), *forms])
