"""Percentiles from buckets: at most two per cent off, whatever was added together in whatever order."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain.histogram import DIGITS, GROWTH, Part, bucket_of, pack, percentiles, unpack, value_of

# From nothing to three years of seconds.
SECONDS = st.integers(0, 3 * 366 * 86400)
MANY = st.lists(SECONDS, min_size=1, max_size=60)
SHARES = st.floats(0.001, 1)
COUNTS = st.dictionaries(st.integers(0, 520), st.integers(1, 10**6))


def histogram_of(values: list[int]) -> Counter[int]:
    return Counter(bucket_of(value) for value in values)


def exact(values: list[float], share: float) -> float:
    """The smallest value that this share of all values does not exceed."""
    return sorted(values)[math.ceil(share * len(values) - 1e-9) - 1]


@given(SECONDS | st.floats(0, 1e9))
def test_a_bucket_stands_for_its_values_within_two_per_cent(value):
    found = value_of(bucket_of(value))
    assert found == 0 if value < 1 else abs(found - value) <= 0.02 * value


@given(st.integers(0, 600))
def test_what_lies_on_the_edge_of_a_bucket_too(exponent):
    for value in (GROWTH**exponent, GROWTH**exponent * (1 + 1e-12), GROWTH**exponent * (1 - 1e-12)):
        if value >= 1:
            assert abs(value_of(bucket_of(value)) - value) <= 0.02 * value


@given(SECONDS, SECONDS)
def test_buckets_ascend_with_their_values(one, other):
    low, high = sorted((one, other))
    assert bucket_of(low) <= bucket_of(high)
    assert value_of(bucket_of(low)) <= value_of(bucket_of(high))


def test_a_duration_is_not_negative():
    with pytest.raises(ValueError, match="not negative"):
        bucket_of(-1)


@given(COUNTS)
def test_packed_they_come_back(counts):
    assert unpack(pack(counts)) == counts
    # As a number, without the zeros before it.
    assert unpack(pack(counts).lstrip("0")) == counts


@given(st.lists(COUNTS, min_size=1, max_size=8))
def test_the_sum_of_the_numbers_holds_the_sum_of_the_counts(several):
    # Lane by lane, as the database adds digits: Python reads no number of thousands of them.
    widest = max(len(pack(counts)) for counts in several)
    rows = [pack(counts).zfill(widest) for counts in several]
    digits, carried = [], 0
    for place in range(widest - 1, -1, -1):
        carried, digit = divmod(carried + sum(int(row[place]) for row in rows), 10)
        digits.append(str(digit))
    assert carried == 0
    assert unpack("".join(reversed(digits))) == dict(sum(map(Counter, several), Counter()))


def test_a_count_that_would_run_into_the_next_bucket_is_refused():
    assert unpack(pack({3: 10**DIGITS - 1})) == {3: 10**DIGITS - 1}
    with pytest.raises(ValueError, match="too much"):
        pack({3: 10**DIGITS})


@given(MANY, st.lists(SHARES, min_size=1, max_size=4))
def test_percentiles_are_within_two_per_cent(values, shares):
    found = percentiles([Part(histogram_of(values), 1)], shares)
    for share, value in zip(shares, found, strict=True):
        wanted = exact(values, share)
        assert abs(value - wanted) <= 0.02 * wanted


@given(st.lists(st.tuples(MANY, st.sampled_from([25200, 27000, 28800])), min_size=1, max_size=5), SHARES)
def test_so_they_are_where_working_days_differ(parts, share):
    """One agency works seven hours a day, another eight."""
    found = percentiles([Part(histogram_of(values), unit) for values, unit in parts], [share])
    wanted = exact([value / unit for values, unit in parts for value in values], share)
    assert abs(found[0] - wanted) <= 0.02 * wanted + 1e-12


def test_there_is_no_percentile_of_nothing():
    assert percentiles([], [0.5]) is None
    assert percentiles([Part({}, 1)], [0.5]) is None
    assert unpack(pack({})) == unpack("") == {}


def test_a_known_row_of_values():
    parts = [Part(histogram_of(list(range(1000, 2000))), 1000)]
    assert percentiles(parts, [0.5, 0.9, 0.99, 1]) == pytest.approx([1.499, 1.899, 1.989, 1.999], rel=0.02)
    with pytest.raises(ValueError, match="at most 1"):
        percentiles(parts, [1.1])
