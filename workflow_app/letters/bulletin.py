"""Renders a bulletin 通报: numbered sections of text, tables and charts → tagged PDF in the look of an official letter.

Like a letter it loads nothing, and every character is looked up in the fonts before anything is set. The same inputs
give the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from .charts import bars_svg, ems, lines_svg
from .drawing import as_data_url
from .fonts import ensure_glyphs, ensure_subsetter
from .page import AGENCY_LINE_POINTS, AGENCY_MAX_POINTS
from .templating import fill
from .typesetting import typeset

# Seconds: it is made while its reader waits, in a thread that others need too.
PATIENCE = 2.0
TEMPLATE = '{% extends "bulletin.html" %}'


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading of second order within a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Table:
    """A table. `head` are the headings of the columns, the first cell of a row names it. `groups` stand over the head,
    each with the number of columns it spans. `texts` are the columns, from 0, that hold words; all others hold figures
    and are set to the right. `widths` are those of the columns in per cent. `strong` are the rows that sum up."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    groups: Sequence[tuple[str, int]] = ()
    widths: Sequence[float] = ()
    texts: frozenset[int] = frozenset({0})
    strong: frozenset[int] = frozenset()
    kind: Literal["table"] = "table"

    def lines(self) -> list[dict[str, Any]]:
        """The rows with what each cell is: `text`, `is_text`, and the `label` of its column read alone."""
        over = [group for group, span in self.groups for _ in range(span)] or [""] * len(self.head)
        labels = [f"{group} {head}".strip() for group, head in zip(over, self.head, strict=True)]
        return [
            {
                "is_strong": number in self.strong,
                "cells": [
                    {"text": text, "is_text": place in self.texts, "label": labels[place]}
                    for place, text in enumerate(row)
                ],
            }
            for number, row in enumerate(self.rows)
        ]

    def columns(self) -> list[dict[str, Any]]:
        """The headings with whether words stand under them."""
        return [{"text": text, "is_text": place in self.texts} for place, text in enumerate(self.head)]


@dataclass(frozen=True)
class Chart:
    """Bars or lines. `series` gives for each legend one value a label, None where there is none. `says` tells the same
    in words to those who cannot see it."""

    form: Literal["bars", "lines"]
    caption: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    says: str
    kind: Literal["chart"] = "chart"


Part = Paragraph | Heading | Table | Chart


@dataclass(frozen=True)
class Section:
    """A numbered section; the number stands in the heading."""

    heading: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Paper:
    """A whole bulletin in one language: `zh-CN` or `en`. `title_lines` break the title where its words part, `period`
    stands under it, `to` addresses the bulletin, `signed` is the date under the agency's name; `created` goes into the
    file."""

    language: Literal["zh-CN", "en"]
    agency: str
    title_lines: tuple[str, ...]
    period: str
    to: str
    opening: str
    sections: Sequence[Section]
    closing: str
    signed: str
    created: datetime

    @property
    def title(self) -> str:
        """The title in one line."""
        return (" " if self.language == "en" else "").join(self.title_lines)


def render_bulletin(paper: Paper) -> bytes:
    """The PDF. Takes about a tenth of a second a page.

    Raises GlyphMissingError, FontMissingError, SubsetterMissingError, LetterRenderingError, TypesettingBusyError.
    """
    ensure_subsetter()
    ensure_glyphs(dict(_texts(paper)))
    sections: list[dict[str, Any]] = [
        {"heading": section.heading, "parts": [_shown(part) for part in section.parts]}
        for section in paper.sections
    ]
    pictures = [part["url"] for section in sections for part in section["parts"] if "url" in part]
    page = {
        "language": paper.language,
        "title": paper.title,
        "agency": paper.agency,
        "agency_points": min(AGENCY_MAX_POINTS, int(AGENCY_LINE_POINTS / ems(paper.agency))),
        "created": paper.created.isoformat(),
    }
    values = {
        "title_lines": paper.title_lines,
        "period": paper.period,
        "to": paper.to,
        "opening": paper.opening,
        "sections": sections,
        "closing": paper.closing,
        "signed": paper.signed,
    }
    html = fill(TEMPLATE, values, page)
    return typeset(html, pictures=frozenset(pictures), styles=("letter", "bulletin"), patience=PATIENCE).pdf


def _shown(part: Part) -> dict[str, Any]:
    match part:
        case Table():
            return {
                "kind": part.kind,
                "caption": part.caption,
                "groups": [{"text": text, "span": span} for text, span in part.groups],
                "widths": part.widths,
                "head": part.columns(),
                "rows": part.lines(),
            }
        case Chart():
            draw = bars_svg if part.form == "bars" else lines_svg
            url = as_data_url(draw(part.labels, part.series))
            return {"kind": part.kind, "caption": part.caption, "says": part.says, "url": url}
        case _:
            return {"kind": part.kind, "text": part.text}


def _texts(paper: Paper) -> Iterator[tuple[str, str]]:
    """Everything that is set, by the place it stands in."""
    for name in ("agency", "title", "period", "to", "opening", "closing", "signed"):
        yield name, getattr(paper, name)
    for section in paper.sections:
        texts = [section.heading]
        for part in section.parts:
            match part:
                case Table():
                    texts += [part.caption, *part.head, *(text for text, _ in part.groups)]
                    texts += [*(cell for row in part.rows for cell in row)]
                case Chart():
                    texts += [part.caption, *part.labels, *part.series]
                case _:
                    texts.append(part.text)
        yield section.heading, "".join(texts)
