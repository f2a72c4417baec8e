"""The generated market against the moments it was fitted to, and what must hold on every path."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alvh.runtime.lanes import Lanes
from alvh.runtime.market import MODELLED, MarketArrays, MarketError
from alvh.runtime.markets.check_data import check_data
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.markets.generator import INDEX_DRAW, VIX_DRAW, index_innovation, vix_innovation
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.markets.model_paths import Generated, generate
from alvh.runtime.on_arrays import on_arrays
from alvh.runtime.random_numbers import uniform_pair
from alvh.runtime.record import same_bits

Paths = NDArray[np.float64]
TABLE_SESSIONS = 9195
"""Length of the paths of quant.md's table; its 5 to 95 % columns are of single paths of this length."""


@pytest.fixture(scope="module")
def long_paths() -> Generated:
    return generate(seed=2024, sessions=TABLE_SESSIONS, paths=48)


@pytest.fixture(scope="module")
def market() -> MarketArrays:
    return GeneratedMarket(seed=3).arrays(None, None, ("ad_line",), ("cpi", "fomc", "gdp"), paths=6)


def autocorrelation(values: Paths, lag: int) -> Paths:
    centred = values - values.mean(axis=0)
    return np.asarray((centred[lag:] * centred[:-lag]).mean(axis=0) / (centred * centred).mean(axis=0))


def skewness(values: Paths) -> Paths:
    centred = values - values.mean(axis=0)
    return np.asarray((centred**3).mean(axis=0) / (centred**2).mean(axis=0) ** 1.5)


def kurtosis(values: Paths) -> Paths:
    centred = values - values.mean(axis=0)
    return np.asarray((centred**4).mean(axis=0) / (centred**2).mean(axis=0) ** 2)


def correlation(a: Paths, b: Paths) -> Paths:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return np.asarray((a * b).mean(axis=0) / np.sqrt((a * a).mean(axis=0) * (b * b).mean(axis=0)))


def over(values: Paths, lag: int) -> Paths:
    return values[lag:] - values[:-lag]


def where(condition: NDArray[np.bool_], values: Paths) -> Paths:
    """Mean of `values` where the condition holds, path by path."""
    return np.asarray(np.where(condition, values, 0.0).sum(axis=0) / condition.sum(axis=0))


def correlation_where(condition: NDArray[np.bool_], a: Paths, b: Paths) -> Paths:
    return np.array([np.corrcoef(a[condition[:, k], k], b[condition[:, k], k])[0, 1] for k in range(a.shape[1])])


def episodes(vix: Paths) -> Paths:
    """Times a year that the VIX goes above 30."""
    above = vix > 30.0
    return np.asarray((above[1:] & ~above[:-1]).sum(axis=0) / (len(vix) / 252.0))


def drawdown(log_spx: Paths) -> Paths:
    return np.asarray(np.exp((log_spx - np.maximum.accumulate(log_spx, axis=0)).min(axis=0)) - 1.0)


def moments(made: Generated) -> dict[str, Paths]:
    """Every moment of quant.md's table by its name there, one value a path."""
    vix, x = made.vix, np.log(made.vix)
    log_spx = np.log(made.spx)
    r, dx = np.diff(log_spx, axis=0), np.diff(x, axis=0)
    r21 = over(log_spx, 21)
    day_sd = vix[:-1] / 100.0 / math.sqrt(252.0)
    z = r / day_sd
    squares = np.cumsum(np.vstack([np.zeros((1, r.shape[1])), r * r]), axis=0)
    realised = 100.0 * np.sqrt((squares[21:] - squares[:-21]) * 252.0 / 21.0)
    ahead = vix[: len(realised)]
    quantiles = {f"VIX p{p}": np.quantile(vix, p / 100.0, axis=0) for p in (1, 5, 25, 75, 95, 99)}
    return {
        "VIX mean": vix.mean(axis=0),
        "VIX median": np.median(vix, axis=0),
        "VIX sd": vix.std(axis=0),
        "VIX skew": skewness(vix),
        **quantiles,
        "VIX max": vix.max(axis=0),
        "VIX min": vix.min(axis=0),
        "P(VIX<12)": (vix < 12).mean(axis=0),
        "P(VIX<15)": (vix < 15).mean(axis=0),
        **{f"P(VIX>{level})": (vix > level).mean(axis=0) for level in (20, 25, 30, 40, 50)},
        "episodes >30 per yr": episodes(vix),
        **{f"AC lnVIX {lag}": autocorrelation(x, lag) for lag in (1, 5, 21, 63, 126, 252)},
        "sd dlnVIX ann": dx.std(axis=0) * math.sqrt(252),
        "sd 5d lnVIX ann": over(x, 5).std(axis=0) * math.sqrt(252 / 5),
        "sd 21d lnVIX ann": over(x, 21).std(axis=0) * math.sqrt(12),
        "skew dlnVIX": skewness(dx),
        "kurt dlnVIX": kurtosis(dx),
        "AC1 dlnVIX": autocorrelation(dx, 1),
        "max dlnVIX": dx.max(axis=0),
        "min dlnVIX": dx.min(axis=0),
        "P(dlnVIX>.15)": (dx > 0.15).mean(axis=0),
        "P(dlnVIX>.30)": (dx > 0.30).mean(axis=0),
        "SPX ret ann": r.mean(axis=0) * 252,
        "SPX vol ann": r.std(axis=0) * math.sqrt(252),
        "SPX skew": skewness(r),
        "SPX kurt": kurtosis(r),
        **{f"P(r<-{k}%)": (r < -k / 100).mean(axis=0) for k in (2, 3, 4, 5)},
        **{f"P(r>{k}%)": (r > k / 100).mean(axis=0) for k in (2, 3)},
        "min r": r.min(axis=0),
        "max r": r.max(axis=0),
        "P(21d<-5%)": (r21 < -0.05).mean(axis=0),
        "P(21d<-10%)": (r21 < -0.10).mean(axis=0),
        "21d ret skew": skewness(r21),
        "SPX maxDD": drawdown(log_spx),
        "AC1 r": autocorrelation(r, 1),
        "AC1 |r|": autocorrelation(np.abs(r), 1),
        "AC21 |r|": autocorrelation(np.abs(r), 21),
        "corr(r,dlnVIX)": correlation(r, dx),
        "corr r<0": correlation_where(r < 0, r, dx),
        "corr r>0": correlation_where(r > 0, r, dx),
        "E[dlnVIX|r<-2%]": where(r < -0.02, dx),
        "E[dlnVIX|r>2%]": where(r > 0.02, dx),
        "beta dlnVIX/r": correlation(r, dx) * dx.std(axis=0) / r.std(axis=0),
        "mean VIX-RV21 fwd (pts)": (ahead - realised).mean(axis=0),
        "median RV/VIX": np.median(realised / ahead, axis=0),
        "E[RV^2]/E[VIX^2]": (realised**2).mean(axis=0) / (ahead**2).mean(axis=0),
        "P(RV21>VIX)": (realised > ahead).mean(axis=0),
        "sd r/(VIX/16)": z.std(axis=0),
        "kurt z": kurtosis(z),
        "skew z": skewness(z),
    }


PARAM_BANDS = {
    "VIX mean": (14.84, 22.75), "VIX median": (13.63, 21.80), "VIX sd": (4.27, 9.97), "VIX skew": (1.21, 4.62), "VIX p1": (8.73, 10.97),
    "VIX p5": (9.40, 12.61), "VIX p25": (11.46, 16.79), "VIX p75": (16.69, 27.32), "VIX p95": (22.32, 40.90), "VIX p99": (28.81, 58.12),
    "VIX max": (54.14, 152.07), "VIX min": (8.60, 9.21), "P(VIX<12)": (0.0305, 0.3204), "P(VIX<15)": (0.1480, 0.6240),
    "P(VIX>20)": (0.1027, 0.5913), "P(VIX>25)": (0.0249, 0.3446), "P(VIX>30)": (0.0073, 0.1717), "P(VIX>40)": (0.0013, 0.0535),
    "P(VIX>50)": (0.0002, 0.0221), "episodes >30 per yr": (0.5481, 4.65), "AC lnVIX 1": (0.9659, 0.9855), "AC lnVIX 5": (0.8691, 0.9422),
    "AC lnVIX 21": (0.6124, 0.8358), "AC lnVIX 63": (0.4374, 0.7422), "AC lnVIX 126": (0.3551, 0.7094), "AC lnVIX 252": (0.2428, 0.6481),
    "sd dlnVIX ann": (1.02, 1.10), "sd 5d lnVIX ann": (0.8926, 0.9767), "sd 21d lnVIX ann": (0.7169, 0.8393), "skew dlnVIX": (0.5985, 1.57),
    "kurt dlnVIX": (7.07, 26.36), "AC1 dlnVIX": (-0.1335, -0.0843), "max dlnVIX": (0.4880, 1.40), "min dlnVIX": (-0.6390, -0.3560),
    "P(dlnVIX>.15)": (0.0203, 0.0256), "P(dlnVIX>.30)": (0.0014, 0.0030), "SPX ret ann": (0.0648, 0.1401), "SPX vol ann": (0.1274, 0.2192),
    "SPX skew": (-1.24, 0.3889), "SPX kurt": (7.88, 58.92), "P(r<-2%)": (0.0135, 0.0507), "P(r<-3%)": (0.0035, 0.0210),
    "P(r<-4%)": (0.0011, 0.0095), "P(r<-5%)": (0.0003, 0.0060), "P(r>2%)": (0.0091, 0.0462), "P(r>3%)": (0.0023, 0.0178),
    "min r": (-0.2173, -0.0703), "max r": (0.0630, 0.2200), "P(21d<-5%)": (0.0385, 0.1028), "P(21d<-10%)": (0.0047, 0.0282),
    "21d ret skew": (-2.19, 0.0810), "SPX maxDD": (-0.5978, -0.2356), "AC1 r": (-0.1102, -0.0355), "AC1 |r|": (0.1938, 0.3870),
    "AC21 |r|": (0.0711, 0.1972), "corr(r,dlnVIX)": (-0.7377, -0.6816), "corr r<0": (-0.6884, -0.5770), "corr r>0": (-0.5026, -0.4341),
    "E[dlnVIX|r<-2%]": (0.1274, 0.1898), "E[dlnVIX|r>2%]": (-0.1347, -0.0831), "beta dlnVIX/r": (-5.88, -3.40),
    "mean VIX-RV21 fwd (pts)": (3.43, 4.57), "median RV/VIX": (0.6992, 0.7427), "E[RV^2]/E[VIX^2]": (0.6353, 0.8460),
    "P(RV21>VIX)": (0.1163, 0.1693), "sd r/(VIX/16)": (0.7492, 0.7975), "kurt z": (4.52, 6.50), "skew z": (-0.6471, -0.4139),
}  # fmt: skip
"""quant.md 3.4, target moment table: 5 and 95 % of PARAM's own paths, every row."""


def test_every_moment_of_the_table_lies_in_its_band(long_paths: Generated) -> None:
    ours = {name: float(values.mean()) for name, values in moments(long_paths).items()}
    assert ours.keys() == PARAM_BANDS.keys()
    outside = {name: (ours[name], band) for name, band in PARAM_BANDS.items() if not band[0] <= ours[name] <= band[1]}
    assert not outside


def hansen_cdf(points: Paths, freedom: float, skew: float) -> Paths:
    """Hansen's law from its density as he writes it (1994, equation 10), summed on a fine grid."""
    density_at_zero = math.gamma((freedom + 1) / 2) / (math.sqrt(math.pi * (freedom - 2)) * math.gamma(freedom / 2))
    a = 4 * skew * density_at_zero * (freedom - 2) / (freedom - 1)
    b = math.sqrt(1 + 3 * skew**2 - a**2)
    grid = np.tan(np.linspace(-np.pi / 2 + 1e-5, np.pi / 2 - 1e-5, 400_001))
    stretched = (b * grid + a) / np.where(grid < -a / b, 1 - skew, 1 + skew)
    density = b * density_at_zero * (1 + stretched**2 / (freedom - 2)) ** (-(freedom + 1) / 2)
    summed = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])
    assert abs(summed[-1] - 1.0) < 1e-6
    return np.asarray(np.interp(points, grid, summed))


@pytest.mark.parametrize(("innovation", "freedom", "skew"), [(index_innovation, 8.0, -0.2), (vix_innovation, 5.5, 0.16)])
def test_innovations_follow_hansens_law(innovation: Callable[..., float], freedom: float, skew: float) -> None:
    """Mean 0, variance 1, and Kolmogorov's distance to the law at a chance of one in 10,000."""
    count = 400_000
    first, second = 1.0 - np.random.Generator(np.random.Philox(7)).random((2, count))
    draws = np.sort(on_arrays(innovation)(first, second))
    assert abs(draws.mean()) < 0.006
    assert abs(draws.var() - 1.0) < 0.02
    law = hansen_cdf(draws, freedom, skew)
    assert np.abs(law - np.arange(1, count + 1) / count).max() < 2.23 / math.sqrt(count)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), paths=st.integers(2, 9), sessions=st.integers(1, 40), more=st.integers(0, 30))
def test_a_path_depends_on_its_number_and_the_past_alone(seed: int, paths: int, sessions: int, more: int) -> None:
    many, single = generate(seed, sessions + more, paths), generate(seed, sessions, 1)
    for name in Generated.__annotations__:
        assert same_bits(getattr(many, name)[:sessions, :1], getattr(single, name)), name


@pytest.mark.parametrize("path", [14, 1])
def test_the_vix_moves_as_the_report_writes_it(path: int) -> None:
    """quant.md 3.4, steps 2 and 3, in plain Python on the same innovations. On one path the VIX is reflected at 8.6, on the other it passes
    120 and is pulled back."""
    sessions = 500
    made = generate(seed=2, sessions=sessions, paths=path + 1).vix[:, path]
    fresh_z, fresh_eta = (
        [innovation(*uniform_pair(Lanes(1), float(path), t, draw, 2, 0)) for t in range(sessions)]
        for innovation, draw in ((index_innovation, INDEX_DRAW), (vix_innovation, VIX_DRAW))
    )
    z = [fresh_z[0], *(now - 0.06 * before for before, now in pairwise(fresh_z))]
    eta = [fresh_eta[0], *(now - 0.13 * before for before, now in pairwise(fresh_eta))]
    x = m = math.log(18.0)
    reflected = False
    for t in range(sessions):
        u, d = x - math.log(18.0), min(max(x - m, 0.0), 0.8)
        drift = 0.0003232195 - 0.0373670123 * (x - m) + 0.0040755964 * (math.log(18.0) - m) - 0.25 * max(x - math.log(80.0), 0.0)
        lever = -0.0372172164 - 0.0008327269 * u - 0.1079558681 * d
        own = math.sqrt(math.exp(-1.1979534843 - 0.1907294878 * u + 3.4043733281 * d) / 252.0)
        x += drift + lever * z[t] + 0.0065384592 * (z[t] ** 2 - 1.0) + own * eta[t]
        reflected = reflected or x < math.log(8.6)
        x = min(2.0 * math.log(8.6) - x if x < math.log(8.6) else x, math.log(180.0))
        m += (1.0 - 0.5 ** (1.0 / 63.0)) * (x - m)
        assert math.isclose(made[t], math.exp(x), rel_tol=1e-4), t
    assert reflected == (path == 14)
    assert (made.max() > 120.0) == (path == 1)


def test_a_lagged_input_is_never_known_early(market: MarketArrays) -> None:
    """Two calendar days late: on each bar the value of the last session at least two days back."""
    lagged = GeneratedMarket(seed=3).arrays(None, None, ("ad_line",), lags={"ad_line": 2})
    now, late = (arrays.values[:, arrays.series.index("ad_line"), 0] for arrays in (market, lagged))
    for bar, day in enumerate(lagged.sessions[: lagged.last + 1].tolist()):
        published = [before for before in range(max(bar - 8, 0), bar + 1) if lagged.sessions[before] <= day - 2]
        assert late[bar] == now[published[-1]] if published else np.isnan(late[bar])


def test_paths_and_seeds_differ() -> None:
    a, b = generate(1, 50, 2), generate(2, 50, 1)
    assert not np.allclose(a.spx[:, 0], a.spx[:, 1])
    assert not np.allclose(a.spx[:, 0], b.spx[:, 0])


def test_days_are_possible(long_paths: Generated) -> None:
    for close, opened, high, low in (
        (long_paths.spx, long_paths.spx_open, long_paths.spx_high, long_paths.spx_low),
        (long_paths.vix, long_paths.vix_open, long_paths.vix_high, long_paths.vix_low),
    ):
        assert (high >= np.maximum(opened, close)).all()
        assert (low <= np.minimum(opened, close)).all()
        assert (low > 0).all()
    assert long_paths.vix.min() >= 8.6 * (1 - 1e-12)
    assert long_paths.vix.max() <= 180.0 * (1 + 1e-12)
    assert long_paths.vvix.min() >= 40.0
    assert long_paths.vvix.max() <= 300.0


def test_highs_and_lows_are_those_of_a_bridge(long_paths: Generated) -> None:
    """A Brownian bridge from o to c with variance v passes h with probability exp(-2 (h - o)(h - c) / v), so that number is uniform. v is
    0.7 of the day's variance, as step 1 of quant.md 3.4 has it of the day before."""
    x, opened, close = np.log(long_paths.vix), np.log(long_paths.spx_open), np.log(long_paths.spx)
    m = np.empty_like(x)
    before = np.full(x.shape[1], math.log(18.0))
    for t, today in enumerate(x):
        before = m[t] = before + (1.0 - 0.5 ** (1.0 / 63.0)) * (today - before)
    u, gap = x[:-1] - math.log(18.0), np.minimum(x[:-1] - m[:-1], 0.9)
    variance = 0.7 * (np.exp(x[:-1]) / 100.0) ** 2 / 252.0 * np.exp(-0.5299020415 + 0.2104455765 * u + 0.9644880634 * gap)
    for extreme in (long_paths.spx_high, long_paths.spx_low):
        away = np.log(extreme)[1:]
        passed = np.sort(np.exp(-2.0 * (away - opened[1:]) * (away - close[1:]) / variance).ravel())
        place = np.arange(1, passed.size + 1) / passed.size
        assert np.abs(passed - place).max() < 2.23 / math.sqrt(passed.size)


def test_settlements_behave_like_real_ones(long_paths: Generated) -> None:
    """quant.md 2.4, 103 settlements: against the open sd 2.2 %, mean 0; against the previous close sd 5.05 %, in years in which the VIX
    itself moved 7.7 % a day. Generated years are calmer, so the ratio is what must agree."""
    against_open = np.log(long_paths.vix_settlement / long_paths.vix_open)
    assert abs(against_open.mean()) < 0.0005
    assert against_open.std() == pytest.approx(0.022, abs=0.0005)
    against_close = np.log(long_paths.vix_settlement[1:] / long_paths.vix[:-1])
    daily = np.diff(np.log(long_paths.vix), axis=0).std()
    assert against_close.std() / daily == pytest.approx(0.0505 / 0.077, abs=0.04)


def test_overnight_moves_are_a_share_of_the_day(long_paths: Generated) -> None:
    night = np.log(long_paths.spx_open[1:] / long_paths.spx[:-1]).ravel()
    day = np.diff(np.log(long_paths.spx), axis=0).ravel()
    assert np.cov(night, day)[0, 1] / day.var() == pytest.approx(0.30, abs=0.01)
    assert night.var() / day.var() == pytest.approx(0.30, abs=0.03)


def test_breadth_follows_the_index(long_paths: Generated) -> None:
    advance = np.diff(long_paths.ad_line, axis=0)
    standard = np.diff(np.log(long_paths.spx), axis=0) / (long_paths.vix[:-1] / 100.0)
    assert correlation(advance, standard).mean() == pytest.approx(0.85, abs=0.03)


def test_arrays_of_the_generated_market(market: MarketArrays) -> None:
    assert market.values.shape == (2820, len(market.series), 6)
    assert (market.first, market.last, len(market.sessions)) == (300, 2819, 3620)
    assert str(market.sessions[market.first].astype("datetime64[D]")) == "2023-01-03"
    known = ~np.isnan(market.values).all(axis=(0, 2))
    absent = {market.series[row] for row in np.flatnonzero(~known)}
    assert absent == {f"{index}.{part}" for index in ("vix9d", "vix3m", "vix6m") for part in ("open", "high", "low")}
    assert (market.provenance[:, known][market.provenance[:, known] != 0] == MODELLED).all()
    only_settlement = market.series.index("vix_settlement")
    others = [row for row in np.flatnonzero(known) if row != only_settlement]
    # The beta takes sixty changes.
    beta = market.series.index("vix_beta")
    assert np.array_equal(np.isnan(market.values[:, beta]).all(axis=1), np.arange(2820) < 60)
    assert not np.isnan(market.values[60:, others]).any()
    others.remove(beta)
    assert not np.isnan(market.values[:, others]).any()
    settles = np.zeros(2820, dtype=bool)
    settles[market.vix.settle_bar[market.vix.settle_bar < 2820]] = True
    assert np.array_equal(~np.isnan(market.values[:, only_settlement, 0]), settles)
    assert (market.era[market.first :] == 1.0).all()
    assert market.events["cpi"][market.first : market.last + 1].sum() == 121
    assert 79 <= market.events["fomc"][market.first : market.last + 1].sum() <= 81


def test_generated_path_and_prefix_bits_do_not_depend_on_what_is_asked_for(market: MarketArrays) -> None:
    single = GeneratedMarket(seed=3).arrays(None, np.datetime64("2026-06-30"), ("ad_line",), ("cpi", "fomc", "gdp"))
    bars = single.last + 1
    assert same_bits(single.values[:, :, 0], market.values[:bars, :, 0])
    for name, flags in single.events.items():
        assert np.array_equal(flags, market.events[name][: len(flags)])
    longer = GeneratedMarket(seed=3, years=11).arrays(None, None, ("ad_line",))
    assert same_bits(longer.values[:2820, :, 0], market.values[:, :, 0])


def test_the_longest_market_has_room_for_leaps() -> None:
    last = GeneratedMarket(years=20).arrays(np.datetime64("2042-06-02"), None)
    assert len(last.sessions) == last.last + 801
    listed = (last.spx.listed_bar <= last.last) & (last.spx.settle_bar > last.last)
    assert last.spx.settle_day[listed].max() - last.sessions[last.last] > 2 * 365


def test_curve_looks_like_the_real_one(market: MarketArrays) -> None:
    """quant.md 3.2 facts: medians of VXi / VIX; backwardation P(VX1 > VX2) .178 in 2007-21, .154 by curve D; betas fall with rank."""
    made = GeneratedMarket(seed=11).arrays(None, None, paths=24)
    row = {name: made.values[:, made.series.index(name)] for name in ("vix", "vx1", "vx2", "vx4", "vx8")}
    assert np.median(row["vx1"] / row["vix"]) == pytest.approx(1.044, abs=0.05)
    assert np.median(row["vx4"] / row["vix"]) == pytest.approx(1.195, abs=0.08)
    assert 0.08 < (row["vx1"] > row["vx2"]).mean() < 0.24
    changes = {name: np.diff(np.log(values), axis=0).ravel() for name, values in row.items()}
    betas = [np.cov(changes[name], changes["vix"])[0, 1] / changes["vix"].var() for name in ("vx1", "vx2", "vx4", "vx8")]
    assert betas == sorted(betas, reverse=True)
    assert 0.5 < betas[0] < 0.9


def test_dates_seeds_and_lengths_are_checked() -> None:
    for start, end in (("2022-12-30", None), (None, "2040-01-01"), ("2025-01-01", "2024-01-01")):
        with pytest.raises(MarketError) as caught:
            load_market("generated").arrays(None if start is None else np.datetime64(start), None if end is None else np.datetime64(end))
        assert "2023-01-03 to 2033-01-14" in caught.value.problems[0].message
    with pytest.raises(MarketError):
        load_market("generated", seed=-1)
    with pytest.raises(ValueError, match="1 to 20 years"):
        GeneratedMarket(years=30)


def test_fingerprint_and_report() -> None:
    assert load_market("generated", 1).fingerprint() != load_market("generated", 2).fingerprint()
    assert load_market("generated", 1).fingerprint() == load_market("generated", 1).fingerprint()
    report = check_data(load_market("generated"))
    assert report.valid
    assert all(entry.observed == 0 for entry in report.series)
