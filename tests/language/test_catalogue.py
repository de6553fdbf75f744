"""The English catalogue is whole: every sentence for people is in it, with its English and nothing else."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Choices
from django.utils.translation import gettext, override

from tests.language.catalogue import Entry, placeholders, read_catalogue
from tests.language.english import NUMBER
from workflow_app.domain import counting, deadlines, workdays
from workflow_app.domain.errors import CreditError
from workflow_app.management.sentences import hidden_sentences
from workflow_app.services.record_import_lines import MESSAGES

ROOT: Path = settings.BASE_DIR
PATH = ROOT / "workflow_app" / "locale" / "en" / "LC_MESSAGES" / "django.po"
CATALOGUE = {entry.message: entry for entry in read_catalogue(PATH) if not entry.is_obsolete}
# Ideographs, and the marks of Chinese writing. Curly quotation marks are English too.
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# docs/glossary.md: a term of art has one English word, so these are never said.
OTHER_WORDS = re.compile(
    r"\b(pledge|rehabilitat|restor(?!e it from the backup)|appeal|complaint|deadline|disclos|to-do|todo|"
    r"authoris|authoriz|authentic|certified|stamp(?!ed)|counter\b|principal|entity|dossier|paperwork|seminar)",
    re.IGNORECASE,
)


def test_there_is_a_catalogue() -> None:
    assert len(CATALOGUE) > 700


def test_it_is_as_gettext_wants_it(tmp_path: Path) -> None:
    command = ["msgfmt", "--check", "--output-file", tmp_path / "django.mo", PATH]
    found = subprocess.run(command, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_nothing_in_it_is_no_longer_used() -> None:
    assert [entry for entry in read_catalogue(PATH) if entry.is_obsolete] == []


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
def test_each_message_has_its_english(entry: Entry) -> None:
    assert "fuzzy" not in entry.flags
    assert entry.translations
    for chinese, english in entry.pairs:
        assert english.strip()
        # Numbers of notices are Chinese in every language.
        assert not CHINESE.search(NUMBER.sub("", english))
        is_python = "python-brace-format" in entry.flags
        assert placeholders(english, is_python) == placeholders(chinese, is_python)
        if chinese.endswith("。"):
            assert english.endswith((".", "?"))
        elif "。" not in chinese:
            assert not english.endswith(".")


def test_terms_of_art_keep_their_word() -> None:
    strange = [
        text for entry in CATALOGUE.values() for text in entry.translations if OTHER_WORDS.search(text)
    ]
    assert strange == []


@pytest.fixture
def collected(tmp_path: Path, settings: pytest.FixtureRequest) -> list[Entry]:
    """The catalogue after `make messages`, made beside the one in force."""
    target = tmp_path / "locale"
    shutil.copytree(PATH.parents[2], target)
    settings.LOCALE_PATHS = [target]
    call_command("collect_messages", verbosity=0, ignore_patterns=["workflow_app/locale"])
    return read_catalogue(target / "en" / "LC_MESSAGES" / "django.po")


def test_collecting_again_finds_nothing_new_and_nothing_gone(collected: list[Entry]) -> None:
    found = {entry.message: entry.translations for entry in collected}
    assert found == {message: entry.translations for message, entry in CATALOGUE.items()}


def test_what_is_new_stands_empty_and_what_is_gone_goes(
    tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    target = tmp_path / "locale" / "en" / "LC_MESSAGES"
    target.mkdir(parents=True)
    text = PATH.read_text(encoding="utf-8").replace('msgid "{title}应为文字，请重新填写。"', 'msgid "旧"')
    (target / "django.po").write_text(text, encoding="utf-8")
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    call_command("collect_messages", verbosity=0, ignore_patterns=["workflow_app/locale"])
    found = {entry.message: entry.translations for entry in read_catalogue(target / "django.po")}
    assert found["{title}应为文字，请重新填写。"] == [""]
    assert "旧" not in found
    assert not list((tmp_path / "locale").glob("*.pot"))


def below(base: type) -> Iterator[type]:
    for child in base.__subclasses__():
        yield child
        yield from below(child)


def is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("workflow_app", "forms", "notifications")


def test_every_error_and_every_choice_is_collected() -> None:
    hidden = {text for _, text in hidden_sentences()}
    errors = [kind for kind in below(CreditError) if is_ours(kind)]
    assert len(errors) > 100
    assert {kind.message for kind in errors} <= hidden
    labels = {str(label) for kind in below(Choices) if is_ours(kind) for label in kind.labels}
    assert len(labels) > 50
    assert labels <= hidden


def test_the_words_of_the_domain_are_collected() -> None:
    hidden = {text for _, text in hidden_sentences()}
    assert {deadlines.START_DAY, deadlines.MOVED_HERE, deadlines.HOLIDAY, "春节放假", "调休上班"} <= hidden
    assert set(workdays.ORDINARY_REASONS.values()) | set(counting.UNIT_TITLES.values()) <= hidden
    assert set(MESSAGES.values()) <= hidden
    assert {"等待申请人补正材料", "失信程度"} <= hidden


def test_each_is_said_to_stand_where_it_stands() -> None:
    for place, text in hidden_sentences():
        assert (ROOT / place).is_file()
        assert text in CATALOGUE


def sentences_in_code() -> Iterator[str]:
    """What the code gives to gettext, read from its syntax and not by gettext's extractor."""
    for package in ("workflow_app", "forms", "notifications"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in ("_", "gettext", "gettext_noop", "ngettext")
                ):
                    yield from (
                        each.value
                        for each in node.args
                        if isinstance(each, ast.Constant) and isinstance(each.value, str)
                    )


def sentences_in_templates() -> Iterator[str]:
    for package in ("workflow_app", "forms"):
        for path in (ROOT / package).rglob("*.html"):
            # What stands in a tag as a literal; `%` is doubled in message ids of templates.
            for found in re.findall(r"""{% translate (?:"([^"]+)"|'([^']+)')""", path.read_text("utf-8")):
                yield "".join(found).replace("%", "%%")


def test_every_sentence_in_code_and_templates_is_in_the_catalogue() -> None:
    found = set(sentences_in_code()) | set(sentences_in_templates())
    assert len(found) > 400
    assert found - set(CATALOGUE) == set()


def test_pages_hold_no_chinese_that_is_not_given_to_the_catalogue() -> None:
    """Outside of tags a template is markup only; what is Chinese in every language says so with `lang`."""
    for path in (ROOT / "workflow_app" / "web" / "templates").rglob("*.html"):
        if path.parent.name == "static_pages":
            continue
        text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", path.read_text("utf-8"), flags=re.S)
        text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text)
        text = re.sub(r'<(\w+)[^>]*lang="zh-Hans"[^>]*>.*?</\1>', "", text, flags=re.S)
        assert not CHINESE.search(text), path


def test_the_compiled_catalogue_is_the_one_in_force() -> None:
    with override("en"):
        for message, entry in CATALOGUE.items():
            if "msgid_plural" not in entry.texts:
                assert gettext(message) == entry.translations[0]
