"""How many values lay where: counts by buckets that grow with the value, so that months can be added together and any
percentile read from the sum.

Each bucket is four per cent wider than the one before it, and stands for a value that is at most two per cent away
from any value counted in it. A year of seconds needs some 440 buckets, of which a month fills a few dozen. Keys are
texts, because that is what JSON has.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# Upper bound of a bucket by that of the one before it: (1.04 − 1) ÷ (1.04 + 1) ≤ 2 %.
GROWTH = 1.04
# What is so little above a whole number is that number.
_ROUNDING = 1e-9

Histogram = Mapping[str, int]


class Part(NamedTuple):
    """A histogram whose values are to be divided by `unit`, such as the seconds of a working day."""

    histogram: Histogram
    unit: float


def bucket_of(value: float) -> str:
    """The bucket that counts this value; everything below 1 is counted as nothing at all. `ValueError` below 0."""
    if value < 0:
        raise ValueError("a duration is not negative")
    return str(1 + math.ceil(math.log(value, GROWTH) - _ROUNDING)) if value >= 1 else "0"


def value_of(bucket: str) -> float:
    """What the values of the bucket are taken for: as far from its lower bound as from its upper one, in per cent."""
    return 2 * GROWTH ** (int(bucket) - 1) / (GROWTH + 1) if bucket != "0" else 0.0


def merge(histograms: Iterable[Histogram]) -> dict[str, int]:
    """All of them together."""
    total: dict[str, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def percentiles(parts: Iterable[Part], shares: Sequence[float]) -> list[float] | None:
    """For each share (above 0, at most 1) the smallest value that this share of all values does not exceed, within two
    per cent; None where nothing was counted.

    Parts may have different units: a working day is not equally long everywhere.
    """
    by_unit: dict[float, list[Histogram]] = {}
    for part in parts:
        by_unit.setdefault(part.unit, []).append(part.histogram)
    values = sorted(
        (value_of(bucket) / unit, count)
        for unit, histograms in by_unit.items()
        for bucket, count in merge(histograms).items()
    )
    whole = sum(count for _, count in values)
    return [_at_rank(values, math.ceil(share * whole - _ROUNDING)) for share in shares] if whole else None


def _at_rank(values: Sequence[tuple[float, int]], rank: int) -> float:
    """The value at this place, from 1, of those that stand here in ascending order with their counts."""
    passed = 0
    for value, count in values:
        passed += count
        if passed >= rank:
            return value
    raise ValueError("shares are at most 1")
