"""What must hold for the markup and headers of every page."""

from collections import Counter
from html.parser import HTMLParser

from django.http import HttpResponse
from lxml import html

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# May be left open by HTML's own rules; these pages never do so.
_IN_PARAGRAPH = {"div", "p", "ul", "ol", "table", "section", "h1", "h2", "h3", "form", "fieldset", "dl"}


class _Balance(HTMLParser):
    """Every tag is closed in the order it was opened, and none stands where browsers would move it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        self.problems += [f"<{tag}> has {name} twice" for name, count in names.items() if count > 1]
        if tag in _IN_PARAGRAPH and "p" in self.open:
            self.problems.append(f"<{tag}> inside <p> at {self.getpos()}")
        if tag == "form" and "form" in self.open:
            self.problems.append(f"form inside form at {self.getpos()}")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self.open and tag not in _VOID:
            self.problems.append(f"<{tag}/> at {self.getpos()}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing at {self.getpos()}")


def problems_in(response: HttpResponse) -> list[str]:
    """Everything wrong with a page, in words. Static pages for emergencies have no frame and are held to less."""
    text = response.content.decode()
    page = html.fromstring(text)
    problems = [*_balance(text), *_inline(page), *_headers(response)]
    if page.xpath("//header"):
        problems += [*_structure(page), *_labels(page)]
    return problems


def _balance(text: str) -> list[str]:
    parser = _Balance()
    parser.feed(text)
    parser.close()
    return parser.problems + [f"<{tag}> stays open" for tag in parser.open]


def _inline(page: html.HtmlElement) -> list[str]:
    """What the Content-Security-Policy would refuse: scripts and styles in the page, handlers, other hosts."""
    # JSON for a script is data: it is never run.
    inline = page.xpath("//script[not(@src) and not(@type='application/json')] | //style | //*[@style]")
    problems = [f"inline {each.tag}" for each in inline]
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        problems += [f"{element.tag} has {name}" for name in element.attrib if name.lower().startswith("on")]
        for name in ("src", "href", "action"):
            value = element.get(name, "")
            # A link that says so may leave; nothing of another host is ever loaded.
            if element.get("rel") == "external noreferrer" and value.startswith("https:"):
                continue
            if value.startswith(("http:", "https:", "//", "javascript:", "data:")):
                problems.append(f"{element.tag} leads elsewhere: {value}")
    return problems


def _headers(response: HttpResponse) -> list[str]:
    wanted = {
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    problems = [name for name, part in wanted.items() if part not in response.headers.get(name, "")]
    if "unsafe" in response.headers.get("Content-Security-Policy", "unsafe"):
        problems.append("policy permits unsafe sources")
    return problems


def _structure(page: html.HtmlElement) -> list[str]:
    problems = [f"id {name} {n} times" for name, n in Counter(page.xpath("//@id")).items() if n > 1]
    wanted = ("//h1", "//main", "//header", "//footer", "//nav[@aria-label]")
    problems += [f"no {path}" for path in wanted if not page.xpath(path)]
    if len(page.xpath("//h1")) != 1:
        problems.append("not exactly one h1")
    if page.get("lang") not in ("zh-Hans", "en"):
        problems.append("no language")
    problems += [
        f"link to nowhere: {url}"
        for url in page.xpath("//a[starts-with(@href, '#')]/@href")
        if not _exists(page, url)
    ]
    problems += [f"{each.tag} without words" for each in page.xpath("//a | //button") if not _words(each)]
    return problems


def _exists(page: html.HtmlElement, url: str) -> bool:
    return bool(page.xpath("//*[@id=$identity]", identity=url[1:]))


def _words(element: html.HtmlElement) -> str:
    return (element.text_content() or "").strip() or element.get("aria-label", "")


def _labels(page: html.HtmlElement) -> list[str]:
    fields = page.xpath("//input[not(@type='hidden')] | //select | //textarea")
    return [
        f"{each.get('name')} has no label"
        for each in fields
        if not page.xpath("//label[@for=$identity]", identity=each.get("id") or "-")
    ]
