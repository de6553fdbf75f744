"""A browser without JavaScript: it follows what stands on the page, and looks at every page it is shown."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from lxml import html

from tests.web.markup import problems_in
from workflow_app.models import User

PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def paper(name: str = "证明.pdf", content: bytes = PAPER) -> SimpleUploadedFile:
    """A small real PDF, to be uploaded."""
    return SimpleUploadedFile(name, content, "application/pdf")


class Browser:
    """One person's browser. `response`, `page` and `url` are what it shows now."""

    def __init__(self, username: str = "", *, language: str = "", **options: Any) -> None:
        self.client = Client(**options)
        self.username = username
        self.response: HttpResponse
        self.page: html.HtmlElement
        self.url = ""
        if username:
            self.client.force_login(User.objects.get(username=username))
        if language:
            self.post("/language", {"language": language})

    def get(self, url: str) -> "Browser":
        return self._show(self.client.get(url, follow=True), url)

    def post(self, url: str, data: Mapping[str, Any]) -> "Browser":
        return self._show(self.client.post(url, data, follow=True), url)

    def _show(self, response: HttpResponse, url: str) -> "Browser":
        hops = getattr(response, "redirect_chain", [])
        self.response, self.url = response, hops[-1][0] if hops else url
        if response.headers.get("Content-Type", "").startswith("text/html"):
            self.page = html.fromstring(response.content.decode())
            assert problems_in(response) == []
        return self

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """What the main part says, in one line."""
        (main,) = self.page.xpath("//main")
        return " ".join(main.text_content().split())

    @property
    def heading(self) -> str:
        (h1,) = self.page.xpath("//h1")
        return " ".join(h1.text_content().split())

    def links(self, part: str) -> list[str]:
        """The addresses on the page that contain `part`."""
        return list(dict.fromkeys(url for url in self.page.xpath("//main//a/@href") if part in url))

    def follow(self, part: str) -> "Browser":
        """Follow the first link whose address contains `part`."""
        return self.get(self.links(part)[0])

    def errors(self) -> list[tuple[str, str]]:
        """(place linked to, message) of the error summary."""
        items = self.page.xpath("//*[@class='error-summary']//li")
        return [(str((item.xpath("a/@href") or [""])[0]), item.text_content().strip()) for item in items]

    def form(self, action: str = "") -> html.FormElement:
        """The form of the main part that posts to an address containing `action`, else the first that posts."""
        forms = [
            form for form in self.page.xpath("//main//form[@method='post']") if action in (form.action or "")
        ]
        return forms[0]

    def fill(self, action: str = "", button: str = "", **typed: Any) -> dict[str, Any]:
        """What the form would send with `typed` filled in and `button` pressed. Every name must stand on the page."""
        form = self.form(action)
        files = {}
        for name, value in typed.items():
            name = name.replace("__", "-")
            if hasattr(value, "read") or (isinstance(value, list) and hasattr(value[0], "read")):
                assert form.xpath(".//input[@type='file' and @name=$name]", name=name), name
                files[name] = value
            elif isinstance(value, bool):
                form.inputs[name].checked = value
            else:
                _set(form, name, value)
        data: dict[str, Any] = {}
        for name, value in form.form_values():
            data.setdefault(name, []).append(value)
        if button:
            (pressed,) = form.xpath(".//button[@name=$name]", name=button)
            data[button] = pressed.get("value", "")
        return {**data, **files}

    def send(self, action: str = "", button: str = "", **typed: Any) -> "Browser":
        """Fill in the form and press the button."""
        form = self.form(action)
        target = form.action or self.url
        return self.post(target, self.fill(action, button, **typed))


def _set(form: html.FormElement, name: str, value: Any) -> None:
    """Type into a field, choose an option, or tick the boxes that carry the values of a list."""
    if isinstance(value, list):
        for box in form.xpath(".//input[@type='checkbox' and @name=$name]", name=name):
            box.checked = box.get("value") in value
    else:
        form.fields[name] = value
