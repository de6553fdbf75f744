"""How many values lay where: counts by buckets that grow with the value, so that months can be added together and any
percentile read from the sum.

Each bucket is four per cent wider than the one before it, and stands for a value that is at most two per cent away
from any value counted in it. A year of seconds needs some 440 buckets, of which a month fills a few dozen.

Kept, the counts are one number: eight decimal digits for each bucket, the lowest bucket in the lowest digits. So the
sum of such numbers holds the sum of the counts, and a database adds up thousands of them in a moment. No bucket ever
counts a hundred million.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# Upper bound of a bucket by that of the one before it: (1.04 − 1) ÷ (1.04 + 1) ≤ 2 %.
GROWTH = 1.04
# Decimal digits of a bucket's count.
DIGITS = 8
# What is so little above a whole number is that number.
_ROUNDING = 1e-9

Histogram = Mapping[int, int]


class Part(NamedTuple):
    """A histogram whose values are to be divided by `unit`, such as the seconds of a working day."""

    histogram: Histogram
    unit: float


def bucket_of(value: float) -> int:
    """The bucket that counts this value; 0 for everything below 1. `ValueError` below 0."""
    if value < 0:
        raise ValueError("a duration is not negative")
    return 1 + math.ceil(math.log(value, GROWTH) - _ROUNDING) if value >= 1 else 0


def value_of(bucket: int) -> float:
    """What the values of the bucket are taken for: as far from its lower bound as from its upper one, in per cent."""
    return 2 * GROWTH ** (bucket - 1) / (GROWTH + 1) if bucket else 0.0


def pack(histogram: Histogram) -> str:
    """The number that holds the counts, in decimal digits; `ValueError` for a count of more than eight."""
    if any(count >= 10**DIGITS for count in histogram.values()):
        raise ValueError("a bucket counts too much")
    highest = max(histogram, default=0)
    return "".join(f"{histogram.get(bucket, 0):0{DIGITS}}" for bucket in range(highest, -1, -1))


def unpack(digits: str) -> dict[int, int]:
    """The counts that the number holds, empty buckets left out."""
    found = {}
    for bucket, end in enumerate(range(len(digits), 0, -DIGITS)):
        if count := int(digits[max(end - DIGITS, 0) : end]):
            found[bucket] = count
    return found


def percentiles(parts: Iterable[Part], shares: Sequence[float]) -> list[float] | None:
    """For each share (above 0, at most 1) the smallest value that this share of all values does not exceed, within two
    per cent; None where nothing was counted.

    Parts may have different units: a working day is not equally long everywhere.
    """
    values = sorted(
        (value_of(bucket) / unit, count) for histogram, unit in parts for bucket, count in histogram.items()
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
