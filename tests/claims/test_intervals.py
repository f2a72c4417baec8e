"""Wilson's interval and the stationary bootstrap, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap

from alvh.runtime.claims.intervals import Interval, Sampled, bootstrap, interval_of, over_paths, wilson


def mean(rows: np.ndarray) -> float:
    return float(rows.mean())


def test_wilson_of_eight_in_ten() -> None:
    # z = 1.28155, z^2 = 1.642374; middle 0.8 + z^2/20 = 0.882119; z * sqrt(0.8*0.2/10 + z^2/400) = 0.181717; all over 1.164237.
    found = wilson(8, 10)
    assert found.low == pytest.approx(0.601596, abs=3e-6)
    assert found.high == pytest.approx(0.913763, abs=3e-6)


def test_wilson_of_none_begins_at_nothing() -> None:
    # p = 0: the upper bound is z^2 / (n + z^2) = 1.642374 / 6.642374.
    found = wilson(0, 5)
    assert found.low == 0.0
    assert found.high == pytest.approx(1.642374 / 6.642374, abs=1e-6)


def test_a_share_is_judged_by_wilson_and_the_rest_by_bootstrap() -> None:
    rows = np.array([[1.0], [1.0], [0.0], [1.0]])
    assert interval_of(Sampled(rows, mean, 1, is_share=True)) == wilson(3, 4)
    found = interval_of(Sampled(rows, mean, 1))
    assert found is not None
    assert found.how == "bootstrap"


def test_what_does_not_vary_has_no_width() -> None:
    found = bootstrap(Sampled(np.full((20, 1), 0.3), mean, 5), seed=1, resamples=50)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.3, 0.3))


def test_bounds_are_percentiles_of_the_stationary_bootstrap() -> None:
    rows = np.arange(30.0)[:, None]
    found = bootstrap(Sampled(rows, mean, 4), seed=9, resamples=200)
    drawn = [float(data[0].mean()) for data, _ in StationaryBootstrap(4, rows, seed=9).bootstrap(200)]
    assert found == Interval(*(float(bound) for bound in np.quantile(drawn, (0.1, 0.9))), "bootstrap")


def test_the_mean_of_independent_rows_has_its_normal_bounds() -> None:
    rows = np.random.default_rng(5).normal(size=(400, 1))
    found = bootstrap(Sampled(rows, mean, 1), seed=2, resamples=1000)
    assert found is not None
    half = 1.28155 * rows.std() / 20.0
    assert found.low == pytest.approx(rows.mean() - half, abs=0.2 * half)
    assert found.high == pytest.approx(rows.mean() + half, abs=0.2 * half)


def test_one_row_has_no_interval() -> None:
    assert interval_of(Sampled(np.ones((1, 1)), mean, 1)) is None


def test_over_paths_bounds_are_quantiles_of_the_paths() -> None:
    found = over_paths([float(value) for value in range(11)])
    assert found == Interval(1.0, 9.0, "paths")


def test_a_figure_that_most_paths_lack_has_no_interval() -> None:
    assert over_paths([1.0, None, None]) is None
    assert over_paths([1.0, 2.0, None]) is not None
