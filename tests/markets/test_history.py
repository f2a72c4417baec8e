"""Real history: what it holds, what was replaced, and that no bar knows the future."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_market import MadeMarket

from alvh.runtime.market import MISSING, MODELLED, OBSERVED, REPLACED, MarketArrays
from alvh.runtime.markets.build_arrays import calendar_flags
from alvh.runtime.markets.check_data import check_data, render_report
from alvh.runtime.markets.history import HistoryMarket
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.pricing.futures_curve import convexity_bound
from alvh.runtime.record import same_bits

INPUTS = ("ad_line", "reer", "vx_volume", "yield_2y", "yield_3m", "fed_funds")
CALENDARS = ("cpi", "ppi", "nfp", "fomc", "fomc_minutes", "fomc_intermeeting", "jackson_hole", "election", "opex", "quad_witching")


@pytest.fixture(scope="module")
def arrays(real_history: HistoryMarket) -> MarketArrays:
    return real_history.arrays(None, None, INPUTS, CALENDARS)


def bar(arrays: MarketArrays, date: str) -> int:
    at = int(np.searchsorted(arrays.sessions, np.datetime64(date).astype(np.int64)))
    assert str(arrays.sessions[at].astype("datetime64[D]")) == date
    return at


def value(arrays: MarketArrays, series: str, date: str) -> float:
    return float(arrays.values[bar(arrays, date), arrays.series.index(series), 0])


def provenance(arrays: MarketArrays, series: str, date: str) -> int:
    return int(arrays.provenance[bar(arrays, date), arrays.series.index(series)])


def print_in_words(arrays: MarketArrays, series: str, date: str) -> str:
    prints = arrays.prints[series]
    return prints.words[int(prints.at[bar(arrays, date)])]


def assert_prefix(short: MarketArrays, long: MarketArrays) -> None:
    """Everything that the shorter market says on its bars, the longer one says in the same bits."""
    bars, sessions = short.last + 1, len(short.sessions)
    assert short.series == long.series
    assert same_bits(short.values, long.values[:bars])
    assert np.array_equal(short.provenance, long.provenance[:bars])
    assert np.array_equal(short.vx_front, long.vx_front[:bars])
    for name in ("sessions", "week_start", "month_start", "month_part", "era"):
        assert np.array_equal(getattr(short, name), getattr(long, name)[:sessions]), name
    assert short.events.keys() == long.events.keys()
    for name, flags in short.events.items():
        assert np.array_equal(flags, long.events[name][:sessions]), name
    for ours, theirs in ((short.spx, long.spx), (short.vix, long.vix), (short.fund, long.fund)):
        for name in ("settle_day", "settle_bar", "listed_bar", "monthly", "am", "month_index"):
            column = getattr(ours, name)
            assert np.array_equal(column, getattr(theirs, name)[: len(column)]), name


# What the files say -----------------------------------------------------------------------------------------------------------------------


def test_known_closes(arrays: MarketArrays) -> None:
    assert value(arrays, "vix", "2008-11-20") == 80.86
    assert value(arrays, "vix", "2018-02-05") == 37.32
    assert value(arrays, "vix", "2020-03-16") == 82.69
    assert value(arrays, "spx", "2020-03-23") == 2237.40
    assert value(arrays, "vx1", "2018-02-05") == pytest.approx(33.22, abs=0.06)
    assert str(arrays.sessions[arrays.first].astype("datetime64[D]")) == "2006-02-24"
    assert str(arrays.sessions[arrays.last].astype("datetime64[D]")) == "2021-12-31"
    assert len(arrays.sessions) == arrays.last + 1 + 800


def test_ranks_of_futures_equal_the_files_own(real_history: HistoryMarket, arrays: MarketArrays) -> None:
    """From May 2008 on every month was listed, so the file's rank, counted over listed contracts, is ours, counted over the calendar."""
    path = next(path for path in real_history.manifest.files() if path.name == "vx_futures_monthly_long.csv")
    checked = 0
    with path.open() as file:
        for row in csv.DictReader(file):
            if row["date"] >= "2008-05-01" and row["is_final"] == "0" and int(row["rank"]) <= 9 and row["date"] != "2015-04-03":
                at = np.searchsorted(arrays.sessions, np.datetime64(row["date"]).astype(np.int64))
                if arrays.sessions[at] != np.datetime64(row["date"]).astype(np.int64):
                    continue
                series = arrays.series.index(f"vx{row['rank']}")
                assert arrays.values[at, series, 0] == float(row["settle"])
                assert arrays.provenance[at, series] == OBSERVED
                checked += 1
    assert checked > 29_000


def test_final_settlements_are_prints_and_never_prices(arrays: MarketArrays) -> None:
    assert value(arrays, "vix_settlement", "2008-10-22") == 63.04
    assert provenance(arrays, "vix_settlement", "2008-10-22") == OBSERVED
    assert value(arrays, "vix_settlement", "2021-12-22") == 20.83
    # On the settlement day rank 1 is already the next contract.
    at = bar(arrays, "2021-12-22")
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    assert monthly[arrays.vx_front[at]] > arrays.sessions[at]
    # Weeklies have no final settlement in the file: the day's VIX open stands in. In April 2005 no option was listed that could settle.
    assert provenance(arrays, "vix_settlement", "2019-06-12") == REPLACED
    assert value(arrays, "vix_settlement", "2019-06-12") == value(arrays, "vix.open", "2019-06-12")
    assert provenance(arrays, "vix_settlement", "2019-06-13") == MISSING
    assert provenance(arrays, "vix_settlement", "2005-04-20") == MISSING
    assert print_in_words(arrays, "vix_settlement", "2008-10-22") == "the final settlement value"
    assert print_in_words(arrays, "vix_settlement", "2019-06-12") == "that day's VIX open, for want of a final settlement value"
    settles = ~np.isnan(arrays.values[arrays.first :, arrays.series.index("vix_settlement"), 0])
    assert np.bincount(arrays.prints["vix_settlement"].at[arrays.first :][settles]).tolist() == [190, 247, 3]


def test_stale_opens_settle_on_the_close_and_are_counted(arrays: MarketArrays) -> None:
    """The README of the data: opens equal the previous close on nearly every day to 2005, 56 % of 2007 and 64 % of 2012."""
    row = arrays.series.index("spx_am")
    years = arrays.sessions[: arrays.last + 1].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    replaced = arrays.provenance[:, row] == REPLACED
    share = {year: float(replaced[years == year].mean()) for year in (2004, 2007, 2012, 2019)}
    assert share[2004] > 0.97
    assert share[2007] == pytest.approx(0.56, abs=0.01)
    assert share[2012] == pytest.approx(0.64, abs=0.01)
    assert share[2019] < 0.05
    spx, opened = (arrays.values[:, arrays.series.index(name), 0] for name in ("spx", "spx.open"))
    assert np.array_equal(arrays.values[replaced, row, 0], spx[replaced])
    assert np.array_equal(arrays.values[~replaced, row, 0], opened[~replaced])
    assert np.array_equal(arrays.prints["spx_am"].at == 1, replaced)
    assert print_in_words(arrays, "spx_am", "2006-04-21") == "that day's close, its open being stale or missing"
    assert print_in_words(arrays, "spx_am", "2019-04-18") == "the opening print"


def test_the_morning_can_be_settled_on_the_close(real_history: HistoryMarket) -> None:
    chosen = load_market(str(real_history.manifest.path), spx_settlement="close")
    arrays = chosen.arrays(None, np.datetime64("2019-12-31"))
    row = arrays.series.index("spx_am")
    assert np.array_equal(arrays.values[:, row], arrays.values[:, arrays.series.index("spx")])
    assert (arrays.provenance[:, row] != REPLACED).all()
    assert print_in_words(arrays, "spx_am", "2019-04-18") == "the close, chosen in place of the opening print"
    assert chosen.fingerprint() != real_history.fingerprint()


def test_the_manifest_chooses_the_settlement_and_a_caller_overrides_it(made: MadeMarket) -> None:
    opened = made.open()
    made.settings = 'spx_settlement = "close"\n'
    closed = made.open()
    again = load_market(str(closed.manifest.path), spx_settlement="open")
    at_open, at_close, overridden = (market.arrays(None, None) for market in (opened, closed, again))
    row, close = at_open.series.index("spx_am"), at_open.series.index("spx")
    assert np.array_equal(at_close.values[:, row], at_close.values[:, close])
    assert not np.array_equal(at_open.values[:, row], at_open.values[:, close])
    assert same_bits(overridden.values, at_open.values)
    assert len({market.fingerprint() for market in (opened, closed, again)}) == 3


def test_missing_vix_sessions_stay_unknown(arrays: MarketArrays) -> None:
    for date in ("1991-03-01", "1997-01-31", "1997-11-26", "1999-12-31"):
        for series in ("vix", "vx1", "spx_w30", "vvix", "vix3m"):
            assert np.isnan(value(arrays, series, date))
            assert provenance(arrays, series, date) == MISSING


def test_what_stands_for_missing_indices(arrays: MarketArrays) -> None:
    assert provenance(arrays, "vvix", "2006-03-01") == MODELLED
    assert 60 < value(arrays, "vvix", "2006-03-01") < 130
    # A gap inside the series starts where the series left off.
    before, gap, after = (value(arrays, "vvix", date) for date in ("2010-11-10", "2010-11-11", "2010-11-12"))
    assert abs(np.log(gap / before)) < 0.05
    assert min(before, after) * 0.95 < gap < max(before, after) * 1.05
    assert value(arrays, "skew", "2000-09-21") == 122.0
    assert provenance(arrays, "vix9d", "2010-12-31") == MODELLED
    assert provenance(arrays, "vix9d", "2011-01-04") == OBSERVED
    for series in ("vix9d", "vix3m", "vix6m"):
        row = arrays.values[:, arrays.series.index(series), 0]
        assert np.nanmin(row) > 5
        assert np.nanmax(row) < 150


def test_curve_models_hit_their_published_error(
    real_history: HistoryMarket, arrays: MarketArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """quant.md 3.2: root mean square error of curve D against settlements, VX1 .. VX8, since VIX3M has a file of its own (2009-09)."""
    data = next(path for path in real_history.manifest.files()).parent.parent
    monkeypatch.setenv("ALVH_DATA", str(data))
    before, rest = real_history.manifest.text.split("[futures]")
    (tmp_path / "market.toml").write_text(before + "[settlements]" + rest.split("[settlements]")[1], encoding="utf-8")
    modelled = load_market(str(tmp_path / "market.toml")).arrays(None, None)
    at = np.arange(bar(arrays, "2009-09-18"), bar(arrays, "2021-12-23"))
    published = (0.85, 1.00, 0.87, 0.87, 0.98, 1.11, 1.25, 1.38)
    for rank, error in enumerate(published, start=1):
        row = arrays.series.index(f"vx{rank}")
        observed = arrays.provenance[at, row] == OBSERVED
        assert (modelled.provenance[at, row] == MODELLED).all()
        difference = (modelled.values[at, row, 0] - arrays.values[at, row, 0])[observed]
        assert np.sqrt(np.mean(difference**2)) == pytest.approx(error, abs=0.12), rank


def test_modelled_futures_stay_under_the_convexity_bound(arrays: MarketArrays) -> None:
    bars = arrays.last + 1
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    days = monthly[arrays.vx_front[:, None] + np.arange(9)] - arrays.sessions[:bars, None]
    nodes = [arrays.values[:, arrays.series.index(name), :] for name in ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365")]
    bound = convexity_bound(days.astype(np.float64), (nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]))
    before_futures = slice(0, bar(arrays, "2004-03-26"))
    for rank in range(9):
        row = arrays.values[before_futures, arrays.series.index(f"vx{rank + 1}"), 0]
        known = ~np.isnan(row)
        assert (row[known] <= bound[before_futures, rank][known] * (1 + 1e-12)).all()


def test_thirty_day_future_lies_between_its_neighbours(arrays: MarketArrays) -> None:
    vx1, vx2, vx30 = (arrays.values[:, arrays.series.index(name), 0] for name in ("vx1", "vx2", "vx30"))
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    days = monthly[arrays.vx_front] - arrays.sessions[: arrays.last + 1]
    second = monthly[arrays.vx_front + 1] - arrays.sessions[: arrays.last + 1]
    inner = (days < 30) & (second >= 30) & ~np.isnan(vx30)
    assert (np.minimum(vx1, vx2)[inner] - 1e-9 <= vx30[inner]).all()
    assert (vx30[inner] <= np.maximum(vx1, vx2)[inner] + 1e-9).all()
    exact = (days == 30) & ~np.isnan(vx30)
    assert exact.sum() > 50
    assert np.allclose(vx30[exact], vx1[exact], rtol=1e-14)


def test_events_stand_on_the_bar_that_learns_of_them(arrays: MarketArrays) -> None:
    assert arrays.events["cpi"][bar(arrays, "2021-12-10")] == 1
    # The jobs report of Good Friday 2015 and the like: CPI never falls on a holiday, FOMC at 14:00 is that session's.
    assert arrays.events["fomc"][bar(arrays, "2021-12-15")] == 1
    assert arrays.events["fomc"].sum() == 175
    assert arrays.events["vix_expiry"][bar(arrays, "2021-12-22")] == 1
    assert arrays.events["spx_expiry"][bar(arrays, "2014-04-17")] == 1


def test_publications_are_known_when_published_and_not_before(real_history: HistoryMarket, arrays: MarketArrays) -> None:
    assert value(arrays, "reer", "2021-11-12") != value(
        arrays, "reer", "2021-11-15"
    )  # September's, 45 days after the 1st of October: the 15th
    later = real_history.arrays(None, None, ("reer",), lags={"reer": 60})
    assert value(later, "reer", "2021-11-30") == value(arrays, "reer", "2021-11-15")
    assert value(later, "reer", "2021-11-29") == value(arrays, "reer", "2021-11-12")
    # The bill rate of the 30th is published a day later; per cent become a fraction.
    assert value(arrays, "rate", "2021-12-31") == pytest.approx(0.0005)


def test_volume_of_the_front_future_is_known_a_day_later(arrays: MarketArrays) -> None:
    # 75,189 contracts on the 16th; on the 17th the front contract settled and the next one, 102,321, was the front.
    assert value(arrays, "vx_volume", "2015-06-17") == 75_189
    assert value(arrays, "vx_volume", "2015-06-18") == 102_321
    assert np.isnan(value(arrays, "vx_volume", "2004-03-26"))


def test_rates_for_a_differential(arrays: MarketArrays) -> None:
    """Friday's 2021-12-31 bar knows Thursday's yields, in per cent; 2021-11-26 what stood before Thanksgiving."""
    assert [value(arrays, name, "2021-12-31") for name in ("yield_2y", "yield_3m", "fed_funds")] == [0.73, 0.05, 0.08]
    assert value(arrays, "yield_2y", "2021-11-26") == 0.64
    assert np.isnan(value(arrays, "yield_3m", "2004-10-12"))


def test_every_calendar_of_the_file_has_events(arrays: MarketArrays) -> None:
    assert [int(arrays.events[name].sum()) for name in ("ppi", "nfp", "election", "quad_witching")] == [264, 264, 11, 88]
    # The cut of Sunday 2020-03-15 is known on Monday.
    assert arrays.events["fomc_intermeeting"][bar(arrays, "2020-03-16")] == 1
    assert arrays.events["opex"][bar(arrays, "2014-04-17")] == 1


def test_bad_breadth_rows_are_unknown(arrays: MarketArrays) -> None:
    for date in ("2004-02-27", "2006-04-24", "2006-12-29"):
        assert np.isnan(value(arrays, "ad_line", date))
    assert value(arrays, "ad_line", "2015-11-12") - value(arrays, "ad_line", "2015-11-11") == pytest.approx(0.78 * (1209 - 5281), abs=4000)


def test_a_series_that_the_market_lacks_is_missing(real_history: HistoryMarket) -> None:
    arrays = real_history.arrays(np.datetime64("2020-01-02"), np.datetime64("2020-03-31"), ("short_flow",), ("gdp",))
    assert arrays.series[-1] == "short_flow"
    assert np.isnan(arrays.values[:, -1]).all()
    assert (arrays.provenance[:, -1] == MISSING).all()
    assert "gdp" not in arrays.events


def test_report_of_real_history(real_history: HistoryMarket) -> None:
    report = check_data(real_history)
    assert report.valid
    assert (report.first, report.last, report.sessions) == ("1990-01-02", "2021-12-31", 8064)
    entry = {entry.series: entry for entry in report.series}
    assert (entry["vix"].observed, entry["vix"].missing, entry["vix"].gaps) == (8060, 4, 4)
    assert entry["vvix"].first == "2007-01-03"
    assert report.frame().height == len(report.series)
    assert {(finding.series, finding.kind, finding.count) for finding in report.findings} >= {
        ("vix", "missing_sessions", 4),
        ("vix.open", "out_of_range", 1),
        ("ad_line", "odd_total", 3),
        ("vx", "holiday_rows", 18),
    }
    text = render_report(report)
    assert "vix_ohlc.csv: vix, 4 x 4 sessions have no row: 1991-03-01" in text


# Causality --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["2006-02-24", "2008-10-10", "2015-11-11", "2020-03-16"])
def test_history_cut_short_is_a_prefix(real_history: HistoryMarket, arrays: MarketArrays, end: str) -> None:
    assert_prefix(real_history.arrays(None, np.datetime64(end), INPUTS, CALENDARS), arrays)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(5, 255), factor=st.floats(0.7, 1.4))
def test_changing_the_future_changes_no_earlier_bit(made: MadeMarket, cut: int, factor: float) -> None:
    made.write(
        "breadth.csv", ["date,plus,minus", *(f"{date},{1500 + 13 * (i % 41)},{1400 + 7 * (i % 53)}" for i, date in enumerate(made.dates))]
    )
    made.rest = '[inputs.ad_line]\nfile = "breadth.csv"\ncumulate = true\ntotal_within = 0.3\n'
    made.series["vvix"] = 'file = "vvix.csv"\nallow = { missing_sessions = 100 }'
    made.series["rate"] = 'file = "rate.csv"\nunit = "fraction"'
    made.write("rate.csv", ["date,rate", *(f"{date},0.02" for date in made.dates)])
    made.write("vvix.csv", ["date,vvix", *(f"{date},{80 + 20 * (i % 3)}" for i, date in enumerate(made.dates) if i % 5 or i in (0, 259))])
    whole = made.open().arrays(None, None, ("ad_line",))
    saved = {name: made.lines(name) for name in ("spx.csv", "vix.csv", "vvix.csv", "breadth.csv")}
    for name, lines in saved.items():
        first = made.dates[cut]
        made.write(name, [lines[0], *(scaled(line, factor, name) if line[:10] >= first else line for line in lines[1:])])
    changed = made.open().arrays(None, None, ("ad_line",))
    for name, lines in saved.items():
        made.write(name, lines)
    assert not same_bits(whole.values, changed.values) or factor == 1.0
    assert same_bits(whole.values[:cut], changed.values[:cut])
    assert np.array_equal(whole.provenance[:cut], changed.provenance[:cut])


def scaled(line: str, factor: float, name: str) -> str:
    date, *cells = line.split(",")
    if name == "breadth.csv":
        return ",".join([date, cells[1], cells[0]])
    return ",".join([date, *(f"{min(float(cell) * factor, 190.0 if name == 'vix.csv' else 1e5):.4f}" for cell in cells)])


def test_fingerprint_follows_content_not_place(made: MadeMarket, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = made.open().fingerprint()
    assert made.open().fingerprint() == first
    copy = tmp_path_factory.mktemp("copy")
    for path in made.folder.iterdir():
        shutil.copy(path, copy)
    assert load_market(str(copy / "market.toml")).fingerprint() == first
    made.edit("spx.csv", lambda lines: [*lines[:-1], ",".join([*lines[-1].split(",")[:4], lines[-1].split(",")[1]])])
    assert made.open().fingerprint() != first


# Calendar flags ---------------------------------------------------------------------------------------------------------------------------


def test_calendar_flags(arrays: MarketArrays) -> None:
    flags = calendar_flags(arrays.sessions)
    days = arrays.sessions.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    assert flags.month_start[0] == 1
    assert flags.month_start.sum() == len(np.unique(months))
    assert (flags.month_part[flags.month_start == 1] == 1.0).all()
    at = bar(arrays, "2021-12-31")
    assert flags.month_part[at] == pytest.approx(1 / 22)
    iso = {(date.isocalendar().year, date.isocalendar().week) for date in days.tolist()}
    assert flags.week_start.sum() == len(iso)
    assert flags.era[bar(arrays, "2010-12-31")] == 0.0
    assert flags.era[bar(arrays, "2021-01-04")] == 1.0
    assert (np.diff(flags.era) >= 0).all()


def test_release_after_the_close_counts_the_next_session(made: MadeMarket, tmp_path: Path) -> None:
    made.write(
        "events.csv",
        [
            "date,event,time",
            "2019-07-03,a,12:59",
            "2019-07-03,b,14:00",
            "2019-07-03,c,",
            "2019-07-04,d,08:30",
            "2019-07-05,e,16:01",
            "2019-07-05,f,16:00",
        ],
    )  # 2019-07-03 closed at 13:00, the 4th was a holiday, the 8th a Monday
    made.rest = "".join(f'[calendars.{name}]\nfile = "events.csv"\nwhere = {{ event = "{name}" }}\ntime = "time"\n' for name in "abcdef")
    arrays = made.open().arrays(None, None, (), tuple("abcdef"))
    dates = {name: [str(day) for day in arrays.sessions[arrays.events[name] == 1].astype("datetime64[D]")] for name in "abcdef"}
    assert dates == {
        "a": ["2019-07-03"], "b": ["2019-07-05"], "c": ["2019-07-03"], "d": ["2019-07-05"], "e": ["2019-07-08"], "f": ["2019-07-05"],
    }  # fmt: skip
