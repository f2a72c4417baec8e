"""Percentiles and the interval of the median, by pencil and by what the interval promises."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from alvh.runtime.paths.distribution import distribution, median_rank


def test_five_values_by_pencil() -> None:
    """Percentile p lies at rank 1 + 4 p of the sorted values; both extremes miss the median on the same side with 2 / 2^5 = 6 %."""
    found = distribution(np.array([50.0, 10.0, np.nan, 40.0, 20.0, 30.0]))
    assert found.known == 5
    assert found.mean == 30.0
    assert found.percentiles == pytest.approx((12.0, 20.0, 30.0, 40.0, 48.0))
    assert found.median_interval == (10.0, 50.0)


def test_four_values_say_too_little_of_the_median() -> None:
    """2 / 2^4 = 12.5 % is more than a tenth."""
    found = distribution(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.median_interval is None
    assert found.percentiles is not None


def test_nothing_known_is_nothing_said() -> None:
    found = distribution(np.full(3, np.nan))
    assert (found.known, found.mean, found.percentiles, found.median_interval) == (0, None, None, None)


@pytest.mark.parametrize("count", [*range(1, 60), 100, 501, 1000])
def test_the_rank_is_the_largest_that_keeps_the_promise(count: int) -> None:
    """Exactly, in whole numbers: 20 times the chances below the rank are at most all chances."""
    below = [sum(comb(count, k) for k in range(rank)) for rank in range(count // 2 + 2)]
    assert median_rank(count) == max(rank for rank, chances in enumerate(below) if 20 * chances <= 2**count)


def test_the_rank_of_many_paths_is_that_of_the_normal_law() -> None:
    """Half of them less 1.645 standard deviations of a binomial count, sqrt(n) / 2 each."""
    assert median_rank(40_000) == pytest.approx(20_000 - 1.6449 * 100, abs=1.0)


def test_the_interval_holds_the_median_nine_times_in_ten() -> None:
    """Of a skewed law with the median ln 2; 2,000 samples: 90 % or a little more, to three standard errors."""
    rng = np.random.default_rng(442)
    holds = 0
    for _ in range(2_000):
        interval = distribution(rng.exponential(size=41)).median_interval
        assert interval is not None
        holds += interval[0] <= np.log(2.0) <= interval[1]
    assert 0.90 - 0.02 < holds / 2_000 < 0.97
