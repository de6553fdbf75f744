"""A rendered form as a browser and a screen reader see it."""

from dataclasses import dataclass

from django.http import QueryDict
from lxml import html


@dataclass
class Page:
    """The parsed markup of one form."""

    root: html.HtmlElement

    def by_id(self, identity: str) -> html.HtmlElement:
        (found,) = self.root.xpath("//*[@id=$identity]", identity=identity)
        return found

    def inputs(self) -> list[html.HtmlElement]:
        return self.root.xpath("//input[not(@type='hidden')] | //select | //textarea")

    def ids(self) -> list[str]:
        return self.root.xpath("//@id")

    def label_of(self, element: html.HtmlElement) -> str:
        (label,) = self.root.xpath("//label[@for=$identity]", identity=element.get("id"))
        return " ".join(label.text_content().split())

    def summary(self) -> list[tuple[str, str]]:
        """(place linked to, message) of the error summary."""
        items = self.root.xpath("//*[@class='error-summary']//li")
        return [(str((item.xpath("a/@href") or [""])[0]), item.text_content().strip()) for item in items]

    def post(self) -> QueryDict:
        """What a browser without JavaScript sends when nothing is changed."""
        form = html.Element("form")
        form.append(self.root)
        sent = QueryDict(mutable=True)
        for name, value in form.form_values():
            sent.appendlist(name, value)
        return sent


def page_of(markup: str) -> Page:
    return Page(html.fragment_fromstring(markup, create_parent="div"))
