"""`make bench`: measures this service and what it is compared with, in turns, on one PostgreSQL; prints a table."""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from workflow_app.postgres import Server

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "bench"


@contextmanager
def server() -> Iterator[Server]:
    """The embedded PostgreSQL with its data kept safe on disk, as in production; its data are deleted afterwards."""
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    # When something was committed is what lateness is measured by.
    postgres = Server(VAR / "postgres", settings={"track_commit_timestamp": "on"})
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()
        postgres.remove()


def fresh_database(postgres: Server, name: str) -> str:
    """An empty database of this name → its address."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.url(name)


def run(module: str, *words: object, **environment: str) -> dict[str, Any]:
    """The JSON that a module of ours prints last."""
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def ours(postgres: Server, measure: str, amount: float) -> dict[str, Any]:
    return run(
        "benchmarks.ours",
        measure,
        amount,
        DATABASE_URL=postgres.url("ours"),
        VAR_DIR=str(VAR / "ours"),
    )


def viewflow(postgres: Server, seconds: float) -> dict[str, Any]:
    return run("benchmarks.viewflow_peer.run", seconds, BENCH_DATABASE_URL=postgres.url("viewflow"))


def pgbench(postgres: Server, *options: str) -> str:
    folder = parse_qs(urlsplit(postgres.url()).query)["host"][0]
    command = [str(postgres.programs() / "pgbench"), "-h", folder, "-U", "credit", *options, "pgbench"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def transactions(postgres: Server, seconds: float) -> float:
    """`pgbench -N -c 1`: transactions a second of its simple update."""
    said = pgbench(postgres, "-N", "-c", "1", "-T", str(int(seconds)))
    found = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
    assert found, said
    return float(found[1])


def figures_of(postgres: Server, cases: int) -> dict[str, Any]:
    """How long the figures of the supervisor's desk take, in a database of their own."""
    address = fresh_database(postgres, "figures")
    return run("benchmarks.figures", cases, DATABASE_URL=address, VAR_DIR=str(VAR / "figures"))


def firing_of(postgres: Server, cases: int, due: int) -> dict[str, Any]:
    """How late what falls due at one moment is fired while so many cases are open, in a database of their own."""
    address = fresh_database(postgres, "firing")
    return run("benchmarks.firing", cases, due, DATABASE_URL=address, VAR_DIR=str(VAR / "firing"))


def search_of(postgres: Server, cases: int, times: int) -> dict[str, Any]:
    """How long queue pages and the search take among so many cases, in a database of their own."""
    address = fresh_database(postgres, "search")
    return run("benchmarks.search", cases, times, DATABASE_URL=address, VAR_DIR=str(VAR / "search"))


def measure(seconds: float, rounds: int, cases: int) -> dict[str, Any]:
    """Every figure; those that are compared are taken in turns, and the median counts: of each, and of the ratios
    of those that ran one after the other, because a machine is not equally busy all the time."""
    with server() as postgres:
        print(machine(postgres))
        for name in ("ours", "viewflow", "pgbench"):
            fresh_database(postgres, name)
        pgbench(postgres, "-i", "-q", "-s", "10")
        taken: dict[str, list[float]] = {"pgbench": [], "ours": [], "viewflow": []}
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds} …", file=sys.stderr)
            taken["pgbench"].append(transactions(postgres, seconds))
            taken["ours"].append(ours(postgres, "completions", seconds)["completions_per_second"])
            taken["viewflow"].append(viewflow(postgres, seconds)["completions_per_second"])
        figures: dict[str, Any] = {name: median(values) for name, values in taken.items()}
        for peer in ("pgbench", "viewflow"):
            figures[f"to_{peer}"] = median(map(truediv, taken["ours"], taken[peer]))
        print("  letters …", file=sys.stderr)
        figures["letter_ms"] = ours(postgres, "letters", 30)["milliseconds_per_letter"]
        print("  storage …", file=sys.stderr)
        figures["case_bytes"] = ours(postgres, "storage", 400)["bytes_per_case"]
        print("  changes …", file=sys.stderr)
        figures["change_ms"] = ours(postgres, "changes", 1000)["milliseconds_per_clock"]
        print("  figures, with many cases to be made first …", file=sys.stderr)
        figures |= figures_of(postgres, cases)
        print("  firing, with many open cases to be made first …", file=sys.stderr)
        figures |= firing_of(postgres, cases, 1000)
        print("  queues and search, with what was written in many cases first …", file=sys.stderr)
        figures |= search_of(postgres, cases // 5, 100)
    return figures


def machine(postgres: Server) -> str:
    """What it is measured on."""
    with psycopg.connect(postgres.url()) as connection:
        version = connection.info.server_version // 10000
    return f"{os.cpu_count()} cores, PostgreSQL {version}, Python {platform.python_version()}"


def rows(figures: dict[str, Any]) -> list[tuple[str, str, str, str, bool]]:
    """For each bar: id, what, measured, bar, whether it is reached."""
    return [
        (
            "Q1",
            "completions/s ÷ pgbench -N -c 1 tps",
            f"{figures['ours']:.0f} ÷ {figures['pgbench']:.0f} ~ {figures['to_pgbench']:.2f}",
            "≥ 0.30",
            figures["to_pgbench"] >= 0.30,
        ),
        (
            "Q1",
            "completions/s ÷ viewflow 2.4",
            f"{figures['ours']:.0f} ÷ {figures['viewflow']:.0f} ~ {figures['to_viewflow']:.2f}",
            "≥ 3",
            figures["to_viewflow"] >= 3,
        ),
        (
            "Q4",
            "one letter, warm: render, embed, seal",
            f"{figures['letter_ms']:.0f} ms",
            "≤ 150 ms",
            figures["letter_ms"] <= 150,
        ),
        (
            "Q5",
            "1,000 due at one moment among many open: all fired",
            f"{figures['firing_seconds']:.1f} s",
            "≤ 2 s",
            figures["firing_seconds"] <= 2,
        ),
        (
            "Q5",
            "  how late: median, p99",
            f"{figures['lateness_p50']:.1f} s, {figures['lateness_p99']:.1f} s",
            "≤ 2 s",
            figures["lateness_p99"] <= 2,
        ),
        (
            "Q6",
            "a closed case of five tasks, all tables and indexes",
            f"{figures['case_bytes'] / 1024:.1f} KB",
            "≤ 15 KB",
            figures["case_bytes"] <= 15 * 1024,
        ),
        *(
            (
                "V08",
                f"{what}: median, worst of 20",
                f"{usual:.0f} ms, {worst:.0f} ms",
                "≤ 100 ms",
                worst <= 100,
            )
            for what, (usual, worst) in figures["figures"].items()
        ),
        *(
            (number, f"{what}: median, p99", f"{usual:.0f} ms, {slow:.0f} ms", f"≤ {bar} ms", slow <= bar)
            for number, bar, kind in (("Q3", 20, "queues"), ("R03", 60, "search"))
            for what, (usual, slow) in figures[kind].items()
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turns")
    parser.add_argument(
        "--cases",
        type=int,
        default=1_000_000,
        help="how many there are for V08 and Q5",
    )
    options = parser.parse_args()
    figures = measure(options.seconds, options.rounds, options.cases)
    for number, what, found, bar, reached in rows(figures):
        print(f"{number}  {what:<54} {found:<22} bar {bar:<10} {'reached' if reached else 'NOT REACHED'}")
    print(
        f"clocks, tasks and cases entered into the figures: {figures['counted_per_second']:.0f}/s, one worker"
    )
    print(f"a change of the calendar: {figures['change_ms']:.1f} ms for each running clock that it moves")
    (VAR / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"figures as JSON: {(VAR / 'figures.json').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
