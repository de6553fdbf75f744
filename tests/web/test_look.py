"""What all pages share: light and dark, the menu, the account, error pages, parts that renew themselves."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.web.browser import Browser
from tests.web.stories import file_objection, live_task
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import Draft, Publication, User
from workflow_app.services import sign_in
from workflow_app.services.tasks import claim_task
from workflow_app.web import errors, middleware
from workflow_app.web.context import LOOKS
from workflow_app.web.middleware import CompressionMiddleware

pytestmark = pytest.mark.django_db


class SeatTakenError(CreditError):
    message = "座位已被预约，请另选。"
    status = 409


def refuse(**_: object) -> None:
    raise SeatTakenError


STYLES = Path(settings.BASE_DIR) / "workflow_app/web/static/credit"


def dark_when(browser: Browser) -> str:
    (media,) = browser.page.xpath("//link[@id='dark']/@media")
    return str(media)


class TestLook:
    def test_the_device_decides_until_somebody_chooses(self) -> None:
        browser = Browser().get("/about?x=1")
        assert dark_when(browser) == "screen and (prefers-color-scheme: dark)"
        assert browser.page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
        pressed = browser.page.xpath("//button[@name='look' and @aria-pressed='true']/@value")
        assert pressed == ["auto"]

    @pytest.mark.parametrize(("look", "media"), [("dark", "screen"), ("light", "not all")])
    def test_a_choice_is_kept_and_leads_back_to_the_page(self, look: str, media: str) -> None:
        browser = Browser().post("/look", {"look": look, "next": "/about?x=1"})
        assert browser.url == "/about?x=1"
        for _ in range(2):
            assert dark_when(browser) == media
            assert browser.page.get("data-look") == look
            assert browser.page.xpath("//meta[@name='color-scheme']/@content") == [look]
            assert browser.page.xpath("//button[@name='look' and @aria-pressed='true']/@value") == [look]
            browser.get("/verify")
        kept = browser.client.cookies["look"]
        assert (kept["httponly"], kept["samesite"], int(kept["max-age"]) > 300 * 24 * 3600) == (
            True,
            "Lax",
            True,
        )
        browser.post("/look", {"look": "auto"})
        assert browser.url == "/"
        assert dark_when(browser) == LOOKS["auto"][1]

    @pytest.mark.parametrize("odd", ["", "purple", "dark; x", "<script>"])
    def test_an_odd_choice_changes_nothing(self, odd: str) -> None:
        browser = Browser().post("/look", {"look": odd, "next": "https://elsewhere.example/"})
        assert browser.url == "/"
        assert "look" not in browser.client.cookies
        browser.client.cookies["look"] = odd
        assert dark_when(browser.get("/about")) == LOOKS["auto"][1]

    def test_paper_is_never_dark(self) -> None:
        assert all("screen" in media or media == "not all" for _, media in LOOKS.values())
        browser = Browser().get("/")
        assert browser.page.xpath("//link[contains(@href, 'print.css')]/@media") == ["print"]


class TestStyles:
    def test_dark_screens_know_every_colour(self) -> None:
        """What light screens call a colour, dark ones call as well; but for those that lie on grounds of one colour."""
        light, dark = (
            dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{3,6});", (STYLES / name).read_text()))
            for name in ("tokens.css", "dark.css")
        )
        assert set(light) - set(dark) == {"--on-brand", "--on-brand-soft", "--focus"}
        assert set(dark) <= set(light)

    @pytest.mark.parametrize("sheet", ["tokens.css", "dark.css"])
    def test_words_stand_out_from_their_ground(self, sheet: str) -> None:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", (STYLES / "tokens.css").read_text()))
        colours |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", (STYLES / sheet).read_text()))
        grounds = ("ground", "paper", "sunk", "faint", "quiet")
        pairs = [(ink, ground) for ink in ("ink", "ink-soft", "brand", "brand-strong") for ground in grounds]
        pairs += [(word, f"{word}-pale") for word in ("good", "warn", "bad", "brand")]
        pairs += [(word, ground) for word in ("good", "warn", "bad") for ground in ("ground", "paper")]
        pairs += [("ink", f"{word}-pale") for word in ("good", "warn", "bad", "brand")]
        pairs += [
            ("on-brand", ground) for ground in ("brand-fill", "brand-fill-hover", "brand-deep", "bad-fill")
        ]
        pairs += [("on-brand-soft", "brand-deep"), ("on-brand-soft", "brand-fill")]
        pale = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
        assert {pair: found for pair, found in pale.items() if found < 4.5} == {}
        edges = [
            (edge, ground) for edge in ("line-strong", "edge", "warn-line") for ground in ("ground", "paper")
        ]
        faint = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in edges}
        assert {pair: found for pair, found in faint.items() if found < 3} == {}

    def test_every_colour_that_is_used_is_there(self) -> None:
        sheets = [path.read_text() for path in STYLES.glob("*.css")]
        known = set(re.findall(r"(--[a-z0-9-]+):", "".join(sheets)))
        used = set(re.findall(r"var\((--[a-z0-9-]+)", "".join(sheets)))
        assert {name for name in used if not name.startswith("--tblr-")} <= known

    def test_no_style_sheet_is_too_long_to_be_read(self) -> None:
        assert [path.name for path in STYLES.glob("*.css") if len(path.read_text().splitlines()) > 400] == []

    def test_nothing_is_slanted(self) -> None:
        assert [path.name for path in STYLES.glob("*.css") if "italic" in path.read_text()] == []


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class TestFrame:
    def test_the_menu_opens_without_a_script(self) -> None:
        browser = Browser("applicant1").get("/cases")
        (button,) = browser.page.xpath("//a[@class='menu-button']")
        assert button.get("href") == "#places"
        (menu,) = browser.page.xpath("//nav[@id='places']")
        assert "我的案件" in menu.text_content()
        (here,) = menu.xpath(".//a[@aria-current='page']")
        assert here.get("href") == "/cases"

    def test_the_icons_that_pages_use_are_in_the_sprite(self) -> None:
        sprite = Path(str(finders.find("vendor/tabler-icons/sprite.svg"))).read_text()
        drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
        templates = Path(settings.BASE_DIR) / "workflow_app/web/templates"
        texts = [path.read_text() for path in templates.rglob("*.html")]
        used = {name for text in texts for name in re.findall(r'\{% icon "([a-z0-9-]+)" %\}', text)}
        assert used <= drawn, used - drawn

    def test_texts_for_people_are_never_in_code(self) -> None:
        """Chinese stands in templates only inside of tags that translate it; emergency pages stand for themselves."""
        templates = Path(settings.BASE_DIR) / "workflow_app/web/templates/web"
        tags = r"\{% blocktranslate[^%]*%\}.*?\{% endblocktranslate %\}|\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}"
        # What is Chinese in whatever language the page is.
        chinese = r'<(\w+)[^>]*lang="zh-Hans"[^>]*>.*?</\1>'
        bare = {}
        for path in templates.rglob("*.html"):
            if path.parent.name == "static_pages":
                continue
            left = re.sub(chinese, "", re.sub(tags, "", path.read_text(), flags=re.S), flags=re.S)
            if found := re.findall(r"[\u4e00-\u9fff]+", left):
                bare[path.name] = found
        assert bare == {}


class TestFront:
    def test_what_people_come_for_stands_first(self) -> None:
        browser = Browser().get("/")
        titles = [each.text for each in browser.page.xpath("//*[@class='tiles']//h2")]
        assert titles == ["我要承诺", "我有异议", "我要修复", "查我的记录"]
        assert browser.links("/start/") == ["/start/commitment", "/start/objection", "/start/repair"]
        assert "等您处理" not in browser.text

    def test_what_waits_is_told(self) -> None:
        case = file_objection(Browser("applicant1"))
        claim_task(task_id=live_task(case).pk, user=User.objects.get(username="reviewer1"))
        officer = Browser("reviewer1").get("/")
        assert "1 件待办" in officer.text
        assert officer.links("/desk") == ["/desk"]
        applicant = User.objects.get(username="applicant1")
        Draft.objects.create(owner=applicant, process="objection", updated_at=clock.now())
        browser = Browser("applicant1").get("/")
        assert "1 份草稿没有提交" in browser.text
        assert "件待办" not in browser.text

    def test_who_may_start_nothing_is_told_so(self) -> None:
        browser = Browser("auditor1").get("/start")
        assert "您的账户没有可以发起的业务" in browser.text
        assert browser.links("/start/") == []
        clerk = Browser("clerk1").get("/start")
        assert len(clerk.links("/start/")) == 3

    def test_what_is_published_carries_its_day_in_full(self) -> None:
        case = file_objection(Browser("applicant1"))
        Publication.objects.create(
            case=case, kind="notice", title="某公司", content={}, starts_on="2026-03-01", ends_on="2026-05-01"
        )
        browser = Browser().get("/")
        assert browser.page.xpath("//time[@datetime='2026-03-01']/@title") == ["2026年3月1日 星期日"]


class TestAccount:
    def test_applicants_and_officers_find_who_they_are(self) -> None:
        officer = Browser("reviewer1").get("/account")
        assert officer.heading == "我的账户"
        assert "受理审核员 · 金华市信用管理办公室（演示）" in officer.text
        applicant = Browser("applicant1").get("/account")
        assert "applicant1" in applicant.text
        assert "岗位" not in applicant.text

    @pytest.mark.parametrize(
        "username", ["applicant1", "reviewer1", "clerk1", "supervisor1", "auditor1", "sysadmin1"]
    )
    def test_every_way_on_from_there_is_open_to_who_is_shown_it(self, username: str) -> None:
        browser = Browser(username).get("/account")
        ways = browser.links("/")
        assert "/preferences" in ways
        assert ("/desk/absences" in ways) is (username == "reviewer1")
        assert {way: browser.client.get(way).status_code for way in ways} == dict.fromkeys(ways, 200)

    def test_the_language_is_changed_there(self) -> None:
        browser = Browser("applicant1").get("/account")
        browser.post("/language", {"language": "en", "next": "/account"})
        assert (browser.url, browser.page.get("lang")) == ("/account", "en")
        assert browser.page.xpath("//button[@name='language' and @aria-pressed='true']/@value") == ["en"]

    def test_signing_out_is_possible_from_there(self) -> None:
        browser = Browser("applicant1").get("/account").send("/sign-out")
        assert "您已安全退出。" in browser.text
        assert browser.get("/account").url.startswith("/sign-in")


class TestErrorPages:
    def test_a_missing_page_says_where_to_look(self) -> None:
        visitor = Browser().get("/no/such?x=1")
        assert visitor.status == 404
        assert visitor.links("/sign-in") == ["/sign-in?next=/no/such%3Fx%3D1"]
        assert "/verify" in visitor.links("/verify")
        assert "请先登录再打开" not in Browser("applicant1").get("/no/such").text

    def test_who_may_not_is_told_who_is_signed_in(self) -> None:
        browser = Browser("applicant1").get("/control")
        assert browser.status == 403
        assert "申请人一（演示）" in browser.text

    @pytest.mark.parametrize(
        ("referer", "back"),
        [
            ("http://testserver/desk?queue=group", ["/desk?queue=group"]),
            ("http://elsewhere.example/desk", []),
            ("http://testserver//elsewhere.example", ["/elsewhere.example"]),
            ("javascript:alert(1)", []),
            ("", []),
        ],
        ids=["own", "other host", "two slashes", "script", "none"],
    )
    def test_a_refused_act_leads_back_to_its_page(
        self, referer: str, back: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sign_in, "set_language", refuse)
        browser = Browser("applicant1")
        sent = {"headers": {"referer": referer}} if referer else {}
        browser._show(browser.client.post("/language", {"language": "en"}, **sent), "/language")
        assert (browser.status, browser.heading) == (409, "情况已经变化")
        assert browser.page.xpath("//main//*[@class='actions']/a[1]/@href") == (back or ["/"])
        assert ("返回并查看最新情况" in browser.text) is bool(back)

    def test_what_is_too_large_says_how_to_make_it_smaller(self) -> None:
        response = Client().post("/verify", {}, CONTENT_LENGTH=str(13 * 1024 * 1024))
        assert response.status_code == 413
        assert "拆分成几个文件" in response.content.decode()

    @pytest.mark.parametrize("name", ["500.html", "503.html"])
    def test_emergency_pages_need_nobody_and_look_like_ours(self, name: str) -> None:
        page = errors._static_page(name)
        assert "credit/tokens.css" in page
        assert "prefers-color-scheme: dark" in page
        assert '<div class="narrow" lang="en">' in page
        assert "{%" not in page
        assert "{{" not in page


class TestParts:
    """Requests for a part of a page, which carry HX-Request."""

    def test_a_refusal_is_shown_where_the_part_would_stand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_in, "set_language", refuse)
        client = Browser("applicant1").client
        response = client.post("/language", {"language": "en"}, headers={"hx-request": "true"})
        assert response.status_code == 409
        shown = response.content.decode().strip()
        assert shown == '<div class="note note-bad" role="alert"><p>座位已被预约，请另选。</p></div>'

    def test_whoever_has_signed_out_is_not_shown_a_whole_page_in_it(self) -> None:
        assert Client().get("/cases", headers={"hx-request": "true"}).status_code == 401
        assert Client().get("/cases").status_code == 302

    def test_a_page_that_renews_itself_keeps_no_session_alive(self, monkeypatch: pytest.MonkeyPatch) -> None:
        start = clock.system_time()
        client = Browser("reviewer1").client
        client.get("/cases")
        for minutes, status in ((10, 200), (14, 200), (16, 401)):
            now = start + timedelta(minutes=minutes)
            monkeypatch.setattr(middleware, "system_time", lambda now=now: now)
            renewal = {"hx-request": "true", "x-renewal": "1"}
            assert client.get("/cases", headers=renewal).status_code == status

    def test_pages_travel_compressed_and_papers_as_they_are(self) -> None:
        asked = {"accept-encoding": "gzip"}
        page = Client().get("/about", headers=asked)
        assert page.headers["Content-Encoding"] == "gzip"
        assert "关于本服务" in gzip.decompress(page.content).decode()
        # Of another length each time, so that it tells nothing of what is in it.
        assert len({len(Client().get("/about", headers=asked).content) for _ in range(12)}) > 1
        letter = CompressionMiddleware(lambda _: HttpResponse(b"%PDF" * 500, content_type="application/pdf"))
        assert "Content-Encoding" not in letter(RequestFactory(headers=asked).get("/letters/1.pdf")).headers
        assert "Content-Encoding" not in Client().get("/about").headers
