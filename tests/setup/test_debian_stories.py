"""The core stories on Debian's own PostgreSQL 15, the oldest version that is supported."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.long

STORIES = ("granted_and_kept", "found_untrue_and_revoked", "corrected", "extended", "serious_with_training")


def test_the_core_stories_go_the_same_way(debian_postgres: str) -> None:
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTEST_", "COV_")) and key not in ("TEST_RUN_DIR", "VAR_DIR")
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider"),
            *("tests/processes/test_scenarios.py", "-k", " or ".join(STORIES)),
        ],
        cwd=settings.BASE_DIR,
        env=environment | {"DATABASE_URL": debian_postgres},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= len(STORIES)
