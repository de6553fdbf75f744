"""The one source of time and the base of all expected errors."""

import importlib
import pkgutil
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from workflow_app import domain
from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError, NotFoundError

MODULES = [
    importlib.import_module(f"{domain.__name__}.{found.name}")
    for found in pkgutil.iter_modules(domain.__path__)
]
ERRORS = sorted(
    {
        thing
        for module in MODULES
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, CreditError)
    },
    key=lambda error: error.__name__,
)


def test_time_is_aware_utc_and_moves_on():
    first, second = clock.system_time(), clock.system_time()
    assert first.utcoffset() == timedelta(0)
    assert first <= second


def test_the_source_of_time_can_be_replaced():
    moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    try:
        clock.set_source(lambda: moment)
        assert clock.now() == moment
    finally:
        clock.set_source(clock.system_time)
    assert clock.now() > moment - timedelta(days=3650)


def test_errors_say_what_kind_they_are():
    assert (CreditError.status, ConflictError.status, ForbiddenError.status, NotFoundError.status) == (
        400,
        409,
        403,
        404,
    )
    assert str(CreditError()) == "操作未能完成。"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_a_code_and_a_chinese_sentence(error):
    assert re.fullmatch(r"[a-z_]+", error.code)
    assert re.search(r"[\u4e00-\u9fff].*。$", error.message)
    params = dict.fromkeys(re.findall(r"\{(\w+)\}", error.message), 1)
    assert "{" not in str(error(**params))


def test_the_domain_loads_no_framework():
    program = f"import sys, {', '.join(module.__name__ for module in MODULES)}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "workflow_app" in loaded
    assert not loaded & {
        "django",
        "ninja",
        "SpiffWorkflow",
        "psycopg",
        "weasyprint",
        "pyhanko",
        "chinese_calendar",
    }
