"""From what a market observed to the arrays of a run: models for what is missing, prints, surface, calendars.

Every step uses values of its own bar and earlier ones only, in an order that does not depend on where the data end, so that a market cut
short yields a prefix of the longer one's arrays, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.runtime.calendars.expiries import Listing, fund_expiries, spx_expiries, vix_expiries
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import MARKET_SERIES, MISSING, MODELLED, OBSERVED, REPLACED, Expiries, Floats, Integers, MarketArrays, Note, Prints
from alvh.runtime.markets.clamped_levels import count_clamped_levels
from alvh.runtime.markets.complete_curve import RANKS, CurveState, complete_curve
from alvh.runtime.markets.examine import date_text
from alvh.runtime.markets.volatility_funds import (
    START_LEVEL,
    UVXY,
    VXX,
    Roll,
    fund_beta,
    fund_price,
    hold_futures,
    roll_of,
    uvxy_leverage,
    vix_beta,
)
from alvh.runtime.pricing.spx_surface import (
    LOG_18,
    SKEW_WHERE_MISSING,
    smile_parameters,
    surface_nodes,
    vix3m_where_missing,
    vix6m_where_missing,
    vix9d_where_missing,
)

SLOW_HALF_LIFE = 63.0
SLOWER_HALF_LIFE = 126.0
"""Sessions; the averages of ln VIX that the regressions and the curve models read (model_params.json `ema_halflife_days`)."""
VIX3M_MEMORY = 0.928
VVIX_MEMORY = 0.97226
"""Share of the last regression residual that is left a session later (quant.md 3.1, 3.3: AR(1))."""
ERA_START = np.datetime64("2011-01-01", "D").astype(np.int64)
ERA_END = np.datetime64("2021-01-01", "D").astype(np.int64)
"""Between them the widths of SPX quotes go from those of 2011 to those of 2021 (quant.md 2.8)."""


@frozen(eq=False)
class Observed:
    """What a market has before any model of this file. Floats are [bars, paths], indices in points, NaN where unknown."""

    sessions: Integers
    """Day numbers of `bars` sessions of data and those after them."""
    series: Mapping[str, Floats]
    """By name of MARKET_SERIES: `spx`, `vix` and any of their parts, of `vix9d vix3m vix6m vvix skew rate`, and user inputs."""
    futures: Floats | None
    """[bars, RANKS, paths] settlement prices of VIX monthlies by rank."""
    settlements: Floats | None
    """Final settlement of the VIX expiry of the bar."""


@frozen
class Terms:
    """How the arrays are to be made."""

    vix_listing: Listing
    spx_listing: Listing
    fund_listing: Listing
    model: frozenset[str]
    """Series whose missing values are modelled."""
    stale_open: float
    """An open within this fraction of the previous close is no print; 0: an equal one is none."""
    spx_settlement: str
    """`open` or `close`: the print that SPX options of the morning are paid on."""


class _Rows:
    """The array of all series while it is being filled."""

    def __init__(self, series: tuple[str, ...], bars: int, paths: int) -> None:
        self.series = series
        self.values = np.full((bars, len(series), paths), np.nan)
        self.provenance = np.zeros((bars, len(series)), dtype=np.uint8)
        self._row = {name: row for row, name in enumerate(series)}

    def __getitem__(self, name: str) -> Floats:
        return self.values[:, self._row[name], :]

    def put(self, name: str, values: Floats, provenance: NDArray[np.uint8] | int) -> None:
        """Set a row; unknown values are MISSING whatever `provenance` says."""
        row = self._row[name]
        self.values[:, row, :] = values
        self.provenance[:, row] = np.where(np.isnan(values).all(axis=1), MISSING, provenance)

    def provenance_of(self, name: str) -> NDArray[np.uint8]:
        return self.provenance[:, self._row[name]]


@frozen(eq=False)
class Listed:
    """What expires when on a market's sessions."""

    sessions: Integers
    vix: Expiries
    spx: Expiries
    fund: Expiries
    monthly: Integers
    """Settlement days of VIX monthlies."""
    front: Integers
    """[bars] which of them is rank 1."""


def list_expiries(sessions: Integers, bars: int, vix: Listing, spx: Listing, fund: Listing) -> Listed:
    """Of `bars` sessions of data and those after them."""
    of_vix = vix_expiries(sessions, vix)
    monthly = of_vix.settle_day[of_vix.monthly == 1]
    front = np.searchsorted(monthly, sessions[:bars], side="right").astype(np.int64)
    return Listed(sessions, of_vix, spx_expiries(sessions, spx), fund_expiries(sessions, fund), monthly, front)


@frozen(eq=False)
class Filled:
    """Every series of a market, as MarketArrays has them."""

    series: tuple[str, ...]
    values: Floats
    provenance: NDArray[np.uint8]
    prints: dict[str, Prints]
    notes: tuple[Note, ...]
    stale_open: float = -1.0


def put_on_calendar(filled: Filled, listed: Listed, first: int, events: Mapping[str, Integers]) -> MarketArrays:
    """The arrays of a run traded from bar `first`. `events`: day numbers of the sessions of each calendar's events."""
    sessions = listed.sessions
    flags = calendar_flags(sessions)
    return MarketArrays(
        sessions=sessions,
        first=first,
        last=len(filled.values) - 1,
        series=filled.series,
        values=filled.values,
        provenance=filled.provenance,
        spx=listed.spx,
        vix=listed.vix,
        fund=listed.fund,
        vx_front=listed.front,
        week_start=flags.week_start,
        month_start=flags.month_start,
        month_part=flags.month_part,
        era=flags.era,
        events={
            **{name: _flags(sessions, days) for name, days in events.items()},
            "vix_expiry": _flags(sessions, listed.monthly),
            "spx_expiry": _flags(sessions, listed.spx.settle_day[listed.spx.monthly == 1]),
        },
        prints=filled.prints,
        stale_open=filled.stale_open,
        notes=filled.notes,
    )


def build_arrays(
    observed: Observed, terms: Terms, first: int, inputs: tuple[str, ...], events: Mapping[str, Integers], notes: tuple[str, ...] = ()
) -> MarketArrays:
    """The arrays of a run traded from bar `first`. `events`: day numbers of the sessions of each calendar's events."""
    bars, paths = observed.series["spx"].shape
    listed = list_expiries(observed.sessions, bars, terms.vix_listing, terms.spx_listing, terms.fund_listing)
    rows = _Rows((*MARKET_SERIES, *inputs), bars, paths)
    for name, values in observed.series.items():
        if name in rows.series:
            rows.put(name, values, OBSERVED)
    said = [Note(text) for text in notes]
    log_vix = np.log(rows["vix"])
    slow, slower = _moving_average(log_vix, SLOW_HALF_LIFE), _moving_average(log_vix, SLOWER_HALF_LIFE)
    _fill_indices(rows, terms, log_vix, slow)
    nodes = surface_nodes(rows["vix9d"], rows["vix"], rows["vix3m"], rows["vix6m"], slow)
    _put_surface(rows, nodes)
    _put_curve(rows, observed, terms, listed, CurveState(rows["vix"], _observed_only(rows, "vix3m"), slow, slower, nodes))
    prints = _put_prints(rows, observed, terms, listed.vix)
    said += _put_funds(rows, observed, listed, first)
    said += note_clamped_levels(rows.series, rows.values, listed, first)
    said += map(Note, _say_what_is_modelled(rows, first))
    return put_on_calendar(Filled(rows.series, rows.values, rows.provenance, prints, tuple(said), terms.stale_open), listed, first, events)


@frozen(eq=False)
class CalendarFlags:
    """What MarketArrays says of each session."""

    week_start: Integers
    month_start: Integers
    month_part: Floats
    era: Floats


def calendar_flags(sessions: Integers) -> CalendarFlags:
    """`week_start`, `month_start`, `month_part` and `era` of each session."""
    calendar = nyse()
    at = int(calendar.at_or_after(sessions[:1])[0])
    before = calendar.days[at - 1] if at > 0 else sessions[0] - 7
    previous = np.concatenate([[before], sessions[:-1]])
    month = sessions.astype("datetime64[D]").astype("datetime64[M]")
    month_start = month != previous.astype("datetime64[D]").astype("datetime64[M]")
    # The sessions of a month that are cut off at either end of the array count too.
    month_first = month.astype("datetime64[D]").astype(np.int64)
    next_first = (month + 1).astype("datetime64[D]").astype(np.int64)
    in_month = calendar.at_or_after(next_first) - calendar.at_or_after(month_first)
    from_here = calendar.at_or_after(next_first) - calendar.at_or_after(sessions)
    return CalendarFlags(
        week_start=((sessions + 3) // 7 != (previous + 3) // 7).astype(np.int64),
        month_start=month_start.astype(np.int64),
        month_part=from_here / in_month,
        era=np.clip((sessions - ERA_START) / float(ERA_END - ERA_START), 0.0, 1.0),
    )


def _flags(sessions: Integers, days: Integers) -> Integers:
    return np.isin(sessions, days).astype(np.int64)


def _moving_average(values: Floats, half_life: float) -> Floats:
    """Exponential average over bars, starting at the first known value; an unknown value leaves it as it is."""
    weight = 1.0 - 0.5 ** (1.0 / half_life)
    averages = np.empty_like(values)
    for path in range(values.shape[1]):  # plain floats: a recursion is no work for arrays
        state = math.nan
        column = []
        for value in values[:, path].tolist():
            if value == value:
                state = state + weight * (value - state) if state == state else value
            column.append(state)
        averages[:, path] = column
    return averages


def _fill_indices(rows: _Rows, terms: Terms, log_vix: Floats, slow: Floats) -> None:
    """VIX3M, VIX9D, VIX6M, VVIX and SKEW where they are missing and may be modelled (quant.md 3.1, 3.3)."""
    vix = rows["vix"]
    if "vix3m" in terms.model:
        _fill(rows, "vix3m", vix3m_where_missing(vix, slow), VIX3M_MEMORY)
    if "vix9d" in terms.model:
        _fill(rows, "vix9d", vix9d_where_missing(vix, rows["vix3m"], slow))
    if "vix6m" in terms.model:
        _fill(rows, "vix6m", vix6m_where_missing(vix, rows["vix3m"], slow))
    if "vvix" in terms.model:
        _fill(rows, "vvix", np.exp(4.525 + 0.032 * (log_vix - LOG_18) + 0.356 * (log_vix - slow)), VVIX_MEMORY)
    if "skew" in terms.model:
        _fill(rows, "skew", np.full_like(vix, SKEW_WHERE_MISSING))


def _fill(rows: _Rows, name: str, model: Floats, memory: float = 0.0) -> None:
    """Put the model where the series is unknown. With `memory`, the last observed residual fades by that factor a bar, so that a gap
    starts where the series left off."""
    given = rows[name].copy()
    unknown = np.isnan(given)
    if not unknown.any():
        return
    if memory > 0.0:
        bar = np.arange(len(given))[:, None]
        last = np.maximum.accumulate(np.where(unknown, -1, bar), axis=0)
        at = np.maximum(last, 0)
        column = np.arange(given.shape[1])[None, :]
        residual = np.log(given[at, column] / model[at, column])
        residual = np.where((last >= 0) & ~np.isnan(residual), residual, 0.0)
        model = model * np.exp(residual * memory ** (bar - last))
    filled = np.where(unknown, model, given)
    provenance = np.where(unknown.all(axis=1), MODELLED, rows.provenance_of(name)).astype(np.uint8)
    rows.put(name, filled, provenance)


def _observed_only(rows: _Rows, name: str) -> Floats:
    """A series with its modelled values taken out again."""
    return np.where((rows.provenance_of(name) == OBSERVED)[:, None], rows[name], np.nan)


def _put_surface(rows: _Rows, nodes: tuple[Floats, Floats, Floats, Floats, Floats]) -> None:
    """The SPX surface: MODELLED throughout, since no option was observed."""
    for name, values in zip(("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365"), nodes, strict=True):
        rows.put(name, values, MODELLED)
    rho, eta, scale = smile_parameters(rows["skew"], rows["spx_w30"])
    for name, values in (("spx_rho", rho), ("spx_eta", eta), ("spx_scale", scale)):
        rows.put(name, values, MODELLED)


def _put_curve(rows: _Rows, observed: Observed, terms: Terms, listed: Listed, state: CurveState) -> None:
    """vx1 .. vx9 and vx30."""
    bars, paths = rows["vix"].shape
    rank = listed.front[:, None] + np.arange(RANKS)[None, :]
    days = listed.monthly[rank] - observed.sessions[:bars, None]
    settlements = np.full((bars, RANKS, paths), np.nan) if observed.futures is None else observed.futures
    curve = complete_curve(settlements, days, state, "vx" in terms.model)
    for index in range(RANKS):
        provenance = np.where(curve.modelled[:, index].any(axis=1), MODELLED, OBSERVED).astype(np.uint8)
        rows.put(f"vx{index + 1}", curve.prices[:, index], provenance)
    provenance = np.where(curve.constant_modelled.any(axis=1), MODELLED, OBSERVED).astype(np.uint8)
    rows.put("vx30", curve.constant_maturity, provenance)


SPX_PRINTS = ("the opening print", "that day's close, its open being stale or missing", "the close, chosen in place of the opening print")
VIX_PRINTS = (
    "the final settlement value",
    "that day's VIX open, for want of a final settlement value",
    "that day's VIX close, for want of a final settlement value and an opening print",
)


def _put_prints(rows: _Rows, observed: Observed, terms: Terms, vix: Expiries) -> dict[str, Prints]:
    """`spx_am` and `vix_settlement`, and what stands behind them.

    A stale or missing SPX open is replaced by the same session's close. The previous close would be the stale open itself and would
    settle every condor without the overnight gap it was exposed to; the close holds the gap, and the day's move with it.
    """
    bars = len(rows["spx"])
    if terms.spx_settlement == "close":
        rows.put("spx_am", rows["spx"], rows.provenance_of("spx"))
        of_spx = np.full(bars, 2)
    else:
        real = _real_opens(rows, "spx", terms.stale_open)
        rows.put("spx_am", np.where(real[:, None], rows["spx.open"], rows["spx"]), np.where(real, OBSERVED, REPLACED).astype(np.uint8))
        of_spx = np.where(real, 0, 1)
    # VIX: final settlement, else the open, else the close.
    listed = (vix.listed_bar < vix.settle_bar) & (vix.settle_bar < bars)
    on_bar = np.zeros(bars, dtype=bool)
    on_bar[vix.settle_bar[listed]] = True
    final = np.full_like(rows["vix"], np.nan) if observed.settlements is None else observed.settlements
    final_known: NDArray[np.bool_] = np.all(~np.isnan(final), axis=1)
    on_bar |= final_known
    open_known = _real_opens(rows, "vix", terms.stale_open)
    stand_in = np.where(open_known[:, None], rows["vix.open"], rows["vix"])
    settlement = np.where(final_known[:, None], final, stand_in)
    settlement[~on_bar] = np.nan
    rows.put("vix_settlement", settlement, np.where(final_known, OBSERVED, REPLACED).astype(np.uint8))
    of_vix = np.where(final_known, 0, np.where(open_known, 1, 2))
    return {"spx_am": Prints(SPX_PRINTS, of_spx), "vix_settlement": Prints(VIX_PRINTS, of_vix)}


def _real_opens(rows: _Rows, index: str, stale: float) -> NDArray[np.bool_]:
    """[bars] where the open is a print: known and not the previous close over again."""
    opened, close = rows[f"{index}.open"], rows[index]
    previous = np.vstack([np.full((1, close.shape[1]), np.nan), close[:-1]])
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(opened) & ~(np.abs(opened / previous - 1.0) <= stale)
    every: NDArray[np.bool_] = np.all(known, axis=1)
    return every


def _put_funds(rows: _Rows, observed: Observed, listed: Listed, first: int) -> list[Note]:
    """VXX, UVXY and betas: MODELLED throughout, and what a reader of a result should know of it."""
    bars = len(rows["vix"])
    days = observed.sessions[:bars]
    rows.put("vix_beta", vix_beta(rows["vix"], rows["spx"]), MODELLED)
    curve = np.stack([rows[f"vx{rank}"] for rank in range(1, RANKS + 1)], axis=1)
    roll = roll_of(days)
    held = hold_futures(days, curve, rows["vix_settlement"], rows["rate"], roll, listed.monthly, listed.front)
    beta = fund_beta(curve, roll)
    of_uvxy = uvxy_leverage(days)
    rows.put("uvxy_leverage", of_uvxy[:, None], MODELLED)
    notes = []
    for name, fund, leverage in (("vxx", VXX, np.ones(bars)), ("uvxy", UVXY, of_uvxy)):
        price = fund_price(fund, days, held, leverage)
        known = ~np.isnan(price)
        rows.put(name, price, MODELLED)
        rows.put(f"{name}_beta", np.where(known, leverage[:, None] * beta, np.nan), MODELLED)
        if known[first:].any():
            notes.append(Note(_say_of_fund(rows, name, known[:, 0], roll, days, first), name))
    return notes


def _say_of_fund(rows: _Rows, name: str, known: NDArray[np.bool_], roll: Roll, days: Integers, first: int) -> str:
    """Where a fund's price comes from, and how many bars have none or rest on modelled futures."""
    at = int(known.argmax())
    modelled = (rows.provenance_of("vx1") == MODELLED) & (roll.rank == 1) | (rows.provenance_of("vx2") == MODELLED)
    counted = int((modelled & known)[first:].sum())
    missing = int((~known[max(at, first) :]).sum())
    return (
        f"{name}: replicated from VIX futures, {START_LEVEL:.0f} on {date_text(days[at])}; no print"
        + (f"; {counted} of {int(known[first:].sum())} values on modelled futures" if counted else "")
        + (f"; {missing} missing since, for want of futures or a rate" if missing else "")
    )


def _say_what_is_modelled(rows: _Rows, first: int) -> list[str]:
    """A line for each core series with modelled or missing values among the bars traded."""
    bars = len(rows["spx"]) - first
    groups: list[tuple[str, tuple[str, ...]]] = [
        (name, (name,)) for name in ("spx", "vix", "vix9d", "vix3m", "vix6m", "vvix", "skew", "rate")
    ]
    groups += [("vx(1) and vx(2)", ("vx1", "vx2")), ("vx(3) to vx(9)", tuple(f"vx{rank}" for rank in range(3, RANKS + 1)))]
    notes = []
    for title, names in groups:
        for kind, word in ((MODELLED, "modelled"), (MISSING, "missing")):
            count = sum(int((rows.provenance_of(name)[first:] == kind).sum()) for name in names)
            if count:
                notes.append(f"{title}: {count} of {bars * len(names)} values {word}")
    return notes


def note_clamped_levels(series: tuple[str, ...], values: Floats, listed: Listed, first: int) -> list[Note]:
    """A note where VVIX asks for more or less volatility than the model of VIX options has; `values` as in MarketArrays."""
    places = [series.index("vix"), *(series.index(f"vx{rank}") for rank in range(1, RANKS + 1))]
    vvix = values[:, series.index("vvix")]
    clamped, pairs = count_clamped_levels(listed.vix, listed.sessions, listed.front, first, values[:, places], vvix)
    if clamped == 0:
        return []
    text = f"VIX options: on {clamped} of {pairs} days of listed expiries no volatility level gives the VVIX quoted; the nearest stands in"
    return [Note(text, series="vvix", of_path=True)]
