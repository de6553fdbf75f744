"""What must be there before a production installation starts: fonts, seals, a calendar that goes on."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from pytest_django import Settings

from workflow_app.letters import fonts, pki
from workflow_app.models import Agency, CalendarNotice
from workflow_app.readiness import START, check_agencies, check_calendar, check_fonts, check_seals

DATABASE = ["default"]


def ids(messages: list[Any]) -> list[str]:
    assert all(message.hint for message in messages)
    return [message.id.removeprefix("workflow_app.") for message in messages]


@pytest.fixture
def production(tmp_path: Path, settings: Settings) -> Path:
    """A production installation's folder of seals with one seal in it, good until the end of 2059."""
    settings.PKI_DIR = tmp_path / "pki"
    pki.make_seal("A1", "甲")
    settings.MOVABLE_CLOCK = False
    return tmp_path / "pki" / "seals"


class TestFonts:
    def test_what_letters_need_is_here(self):
        assert check_fonts() == []

    def test_a_missing_font_is_named(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(fonts, "installed_fonts", dict)
        (message,) = check_fonts()
        assert ids([message]) == ["E101"]
        assert fonts.FALLBACK in message.msg

    def test_fontconfig_itself_may_be_missing(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(fonts, "which", lambda name: None)
        fonts.installed_fonts.cache_clear()
        try:
            assert ids(check_fonts()) == ["E101"]
        finally:
            fonts.installed_fonts.cache_clear()

    def test_so_may_the_library_that_cuts_fonts(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(fonts, "SUBSETTER_NAMES", ("libno-such-thing.so",))
        (message,) = check_fonts()
        assert ids([message]) == ["E102"]
        assert "libharfbuzz-subset" in message.msg


class TestSeals:
    def test_a_seal_in_force_is_good(self, production: Path):
        assert check_seals() == []

    @pytest.mark.parametrize(
        ("moment", "found"),
        [
            ("2059-11-02 07:00", []),
            ("2059-11-02 09:00", ["W105"]),
            ("2060-01-01 07:59", ["W105"]),
            ("2060-01-01 08:01", ["E104"]),
            ("2019-12-31 00:00", ["E104"]),
        ],
    )
    def test_out_of_its_time_is_an_error_and_nearly_so_a_warning(
        self, production: Path, at: Any, moment: str, found: list[str]
    ):
        at(moment)
        messages = check_seals()
        assert ids(messages) == found
        assert all("“A1”" in message.msg and "2060-01-01" in message.msg for message in messages)

    def test_a_file_that_cannot_be_opened_is_an_error(self, production: Path):
        (production / "B2.p12").write_bytes(b"nonsense")
        (message,) = check_seals()
        assert ids([message]) == ["E103"]
        assert "“B2”" in message.msg

    def test_development_draws_its_own(self, production: Path, settings: Settings, at: Any):
        settings.MOVABLE_CLOCK = True
        at("2060-02-01 10:00")
        assert check_seals() == []
        assert check_agencies(databases=DATABASE) == []

    @pytest.mark.usefixtures("db")
    def test_every_agency_without_a_seal_is_named(self, production: Path):
        (production / "A1.p12").rename(production / f"{Agency.objects.order_by('code')[0].code}.p12")
        messages = check_agencies(databases=DATABASE)
        assert set(ids(messages)) == {"W106"}
        assert [message.msg for message in messages] == [
            f"没有“{agency.name}”（{agency.code}）的电子印章，该单位的文书无法盖章。"
            for agency in Agency.objects.order_by("code")[1:]
        ]


@pytest.mark.usefixtures("db")
class TestCalendar:
    @pytest.mark.parametrize(
        ("moment", "found"),
        [
            ("2026-10-31 23:59", []),
            ("2026-11-01 00:00", ["W108"]),
            ("2026-12-31 23:59", ["W108"]),
            ("2027-01-01 00:00", ["E107"]),
        ],
    )
    def test_warns_before_it_ends(self, at: Any, moment: str, found: list[str]):
        assert CalendarNotice.objects.order_by("-year")[0].year == 2026
        at(moment)
        assert ids(check_calendar(databases=DATABASE)) == found

    def test_an_empty_one_is_no_calendar(self):
        from workflow_app.models import CalendarDay

        CalendarDay.objects.all().delete()
        CalendarNotice.objects.all().delete()
        assert ids(check_calendar(databases=DATABASE)) == ["E107"]


class TestDatabase:
    def test_without_one_nothing_is_asked(self, production: Path):
        # Without the fixture `db` a query would fail the test.
        assert check_calendar() == check_agencies() == []

    @pytest.fixture
    def unreachable(self, db: None) -> Iterator[None]:
        """A server that does not answer: every query ends as a lost connection does."""
        from django.db import OperationalError

        def refuse(*args: Any) -> None:
            raise OperationalError("no connection")

        with connection.execute_wrapper(refuse):
            yield

    @pytest.mark.usefixtures("unreachable")
    def test_a_server_that_does_not_answer_is_not_judged_here(self, production: Path):
        assert check_calendar(databases=DATABASE) == check_agencies(databases=DATABASE) == []


class TestStarting:
    def test_all_of_them_run_with_deploy_only(self):
        always = {check.__name__ for check in registry.registry.get_checks()}
        deployed = {check.__name__ for check in registry.registry.get_checks(True)}
        ours = {"check_fonts", "check_seals", "check_agencies", "check_calendar"}
        assert not ours & always
        assert ours <= deployed

    @pytest.mark.usefixtures("db")
    def test_the_check_of_an_installation_names_what_is_wrong(self, production: Path, at: Any):
        at("2027-01-01 00:00")
        with pytest.raises(SystemCheckError) as caught:
            call_command("check", tags=[START], deploy=True, databases=DATABASE, stderr=StringIO())
        assert "workflow_app.E107" in str(caught.value)
        assert "workflow_app.W106" in str(caught.value)

    @pytest.mark.usefixtures("db")
    def test_the_worker_refuses_to_start_without_what_letters_need(
        self, production: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(fonts, "SUBSETTER_NAMES", ("libno-such-thing.so",))
        with pytest.raises(SystemCheckError, match=r"workflow_app\.E102"):
            call_command("work")
