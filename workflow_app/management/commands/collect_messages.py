"""`manage.py collect_messages`: bring the English message catalogue up to date with the code."""

from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages

from workflow_app.management.sentences import Sentence, hidden_sentences

_LOCALE = "en"
_IGNORED = (".venv", "var", "tests", "benchmarks", "node_modules")


class Command(makemessages.Command):
    """Django's makemessages for our one catalogue, with the sentences that its extractor cannot see."""

    help = "把代码中所有给人看的话收进英文译文 / collect every sentence for people into the English catalogue"

    # A guessed translation is worse than none: what is new stays empty until somebody writes it.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the catalogue: new sentences without English, none that is no longer used."""
        options |= {"locale": [_LOCALE], "add_location": "file", "no_wrap": True, "no_obsolete": True}
        options["ignore_patterns"] = [*options["ignore_patterns"], *_IGNORED]
        super().handle(*args, **options)

    def process_files(self, file_list: list[Any]) -> None:
        """Add the hidden sentences to what was extracted; msguniq, which comes next, joins those found twice."""
        super().process_files(file_list)
        assert self.default_locale_path  # set by `handle`, from LOCALE_PATHS
        with Path(self.default_locale_path, f"{self.domain}.pot").open("a", encoding="utf-8") as template:
            template.writelines(map(_entry, hidden_sentences()))


def _entry(sentence: Sentence) -> str:
    place, text = sentence
    flag = "#, python-brace-format\n" if "{" in text else ""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'\n#: {place}\n{flag}msgid "{escaped}"\nmsgstr ""\n'
