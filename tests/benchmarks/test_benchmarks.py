"""The benchmarks still run: each for a moment, on a server of their own, without what they are compared with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from workflow_app.postgres import Server

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("bench")
    server = Server(folder / "postgres", throwaway=True, settings={"track_commit_timestamp": "on"})
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "VAR", folder)
        bench.fresh_database(server, "ours")
        yield server
    server.stop()


@pytest.mark.parametrize(
    ("measure", "amount", "figure"),
    [
        ("completions", 0.5, "completions_per_second"),
        ("letters", 1, "milliseconds_per_letter"),
        ("storage", 20, "bytes_per_case"),
        ("changes", 5, "milliseconds_per_clock"),
    ],
)
def test_each_measure_gives_its_figure(postgres: Server, measure: str, amount: float, figure: str) -> None:
    found = bench.ours(postgres, measure, amount)
    assert list(found) == [figure]
    assert found[figure] > 0


def test_the_figures_are_read_and_counted(postgres: Server) -> None:
    found = bench.figures_of(postgres, 400)
    assert len(found["figures"]) > 10
    assert all(0 < usual <= worst for usual, worst in found["figures"].values())
    assert found["counted_per_second"] > 0


def test_queues_and_the_search_are_read_and_indexed(postgres: Server) -> None:
    found = bench.search_of(postgres, 200, 2)
    assert len(found["queues"]) == 5
    assert len(found["search"]) == 50
    assert all(0 < usual <= slow for kind in ("queues", "search") for usual, slow in found[kind].values())
    assert found["indexed_per_second"] > 0


def test_what_falls_due_is_fired_by_the_real_worker(postgres: Server) -> None:
    found = bench.firing_of(postgres, 200, 15)
    assert 0 < found["lateness_p50"] <= found["lateness_p99"] <= found["firing_seconds"]


def test_a_measure_that_fails_ends_everything(postgres: Server) -> None:
    with pytest.raises(SystemExit, match="KeyError: 'unheard-of'"):
        bench.ours(postgres, "unheard-of", 1)


def test_the_yardstick_is_measured(postgres: Server) -> None:
    bench.fresh_database(postgres, "pgbench")
    bench.pgbench(postgres, "-i", "-q")
    assert bench.transactions(postgres, 1) > 0


def test_what_falls_short_is_said() -> None:
    good = {"pgbench": 1000.0, "ours": 300.0, "viewflow": 100.0, "to_pgbench": 0.3, "to_viewflow": 3.0}
    good |= {"letter_ms": 150.0, "case_bytes": 15 * 1024.0, "figures": {"headline": [20.0, 100.0]}}
    good |= {"queues": {"all": [5.0, 20.0]}, "search": {"all, a name": [5.0, 60.0]}}
    good |= {"firing_seconds": 2.0, "lateness_p50": 1.0, "lateness_p99": 2.0}
    assert all(reached for *_, reached in bench.rows(good))
    bad = good | {"to_pgbench": 0.29, "to_viewflow": 2.99, "letter_ms": 151.0, "case_bytes": 15 * 1024.0 + 1}
    bad |= {"queues": {"all": [5.0, 20.1]}, "search": {"all, a name": [5.0, 60.1]}}
    bad |= {"figures": {"headline": [20.0, 100.1]}, "firing_seconds": 2.01, "lateness_p99": 2.01}
    assert not any(reached for *_, reached in bench.rows(bad))
