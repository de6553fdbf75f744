"""Numbers in tables that lead to the clocks they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse
from django.utils.translation import gettext

from workflow_app.selectors.overdue import OVERDUE, RUNNING, SOON
from workflow_app.web.control.asking import query_of


class Counted(Protocol):
    """A row of a board or of the officers' loads. `soon` and `overdue` are among the `running`."""

    @property
    def running(self) -> int: ...
    @property
    def soon(self) -> int: ...
    @property
    def overdue(self) -> int: ...


@dataclass(frozen=True)
class Cell:
    """One number and the list behind it. `words` say what it counts to who only hears the link."""

    state: str
    title: str
    count: int
    words: str
    url: str


def state_titles() -> dict[str, str]:
    """The states of a clock that boards and lists tell apart, in words."""
    return {
        RUNNING: gettext("在办"),
        SOON: gettext("即将到期"),
        OVERDUE: gettext("已超期"),
    }


def cells(row: Counted, title: str, asked: Mapping[str, str]) -> list[Cell]:
    """The three numbers of a row called `title`, each leading to the clocks that `asked` selects."""
    counts = {RUNNING: row.running, SOON: row.soon, OVERDUE: row.overdue}
    return [
        Cell(
            state,
            words,
            counts[state],
            gettext("{title}：{state}").format(title=title, state=words),
            list_url({**asked, "state": state}),
        )
        for state, words in state_titles().items()
    ]


def list_url(asked: Mapping[str, str]) -> str:
    """The address of the list of clocks with these filters."""
    return f"{reverse('web:control_clocks')}?{query_of(asked)}"
