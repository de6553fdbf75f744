"""Template tags of pages about processes: the same for the service's pages and for docs/processes/."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from forms.fields import FormField
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.web.diagram import Position, called, draw
from workflow_app.web.submissions import form_title as title_of_form
from workflow_app.web.visitor import language

register = template.Library()

# A picture that stands alone brings its own colours; on the service's pages the style sheet gives them.
_ALONE = (
    "<style>text{font:12px sans-serif;fill:#1d2733}.label{font-size:11px;fill:#4d5967}"
    ".node{fill:#fff;stroke:#4d5967}.start .node{stroke:#1c6642}.end .node{stroke:#a3271a;stroke-width:2.5}"
    ".sign{fill:none;stroke:#4d5967}.flow{fill:none;stroke:#7a8694}.tip{fill:#7a8694}"
    ".lane{fill:#fbfcfd;stroke:#d8dee6}.lane-head{fill:#e8eff7;stroke:#d8dee6}</style>"
)


@register.simple_tag
def standing_alone(diagram: Diagram) -> SafeString:
    """The diagram as an SVG file of its own."""
    head, mark, rest = draw(diagram, Position()).partition("<title")
    return mark_safe(f"{head}{_ALONE}{mark}{rest}")  # noqa: S308 - the parts of a picture that is safe already


@register.simple_tag
def name_of(diagram: Diagram, node: Node) -> str:
    """What an element is called in the language of the page."""
    return called(diagram, node) or node.id


@register.filter
def form_title(form: Any) -> str:
    """What a form is called."""
    return title_of_form(form)


@register.filter
def field_title(field: FormField) -> str:
    """What a field is called."""
    return field.title(language())


@register.filter
def field_help(field: FormField) -> str:
    """What is said to a field, and what may be chosen."""
    parts = [field.help(language())]
    if options := [title for _, title in field.options(language())]:
        parts.append(gettext("可选：{options}").format(options=gettext("、").join(options)))
    if field.children:
        children = gettext("、").join(child.title(language()) for child in field.children)
        parts.append(gettext("每项包括：{fields}").format(fields=children))
    return " ".join(part for part in parts if part)


@register.filter
def cell(text: Any) -> str:
    """A text for one cell of a Markdown table: nothing in it ends the cell or begins markup."""
    plain = " ".join(str(text).split())
    for char in "\\|*_`<[":
        plain = plain.replace(char, f"\\{char}")
    return mark_safe(plain)  # noqa: S308 - for Markdown, which knows no HTML escapes here
