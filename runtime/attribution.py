"""Where the profit of a run came from, and how much of it rests on prices that a model made.

The measure is the sum of absolute daily P&L, layer by layer and of the index held: a model that adds a thousand dollars
one day and takes them away the next stood behind two thousand.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.compiler.ir import Leg, Program
from alvh.runtime.market import MISSING, MODELLED, OBSERVED, REPLACED, Floats, Integers, MarketArrays
from alvh.runtime.record import ABOVE_SIZE, REFUSED, SETTLE, SHIFT, RunRecord
from alvh.runtime.settlements import SETTLEMENT_SERIES, settlement_bars

INDEX = "SPX index"

_FUTURES = tuple(f"vx{rank}" for rank in range(1, 10))
_SURFACE = ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_rho", "spx_eta")
_PRICED_BY = {
    ("SPX", "options"): ("spx", "spx_am", *_SURFACE, "rate"),
    ("VIX", "options"): ("vix", "vvix", "vix_settlement", *_FUTURES, "rate"),
    ("VXX", "options"): ("vxx", "vix", "vvix", "vx30", "rate"),
    ("UVXY", "options"): ("uvxy", "vix", "vvix", "vx30", "rate"),
    ("SPX", "shares"): ("spx",),
    ("VXX", "shares"): ("vxx",),
    ("UVXY", "shares"): ("uvxy",),
}
"""The series that the price of an instrument is made of (docs/design/bar.md, "Prices"); of futures see `_priced_by`."""


@frozen
class LayerResult:
    """What one layer did. Money in dollars over the run, counts of journal rows."""

    name: str
    kind: str
    """`book` or `hedge`."""
    profit: float
    """After costs."""
    costs: float
    """Fees and distance to mid, at least 0; `profit` has them taken off."""
    trades: int
    settlements: int
    refusals: int
    days_held: float
    """Share of bars that ended with contracts held."""


@frozen
class InstrumentBasis:
    """What the P&L of one class of instruments rests on."""

    instrument: str
    share_of_profit: float
    """Of the run's sum of absolute daily P&L."""
    modelled: float
    """Of this class's own sum, the part on modelled prices."""


@frozen
class SeriesBasis:
    """What stood behind one series on the bars traded, as shares of them that add to 1; of a settlement print, behind the
    settlements of the run."""

    series: str
    observed: float
    modelled: float
    replaced: float
    missing: float


@frozen
class Basis:
    """What a result rests on."""

    modelled_share: float | None
    """Of the run's sum of absolute daily P&L; None when nothing ever moved."""
    instruments: tuple[InstrumentBasis, ...]
    series: tuple[SeriesBasis, ...]


def daily_profit(since_start: Floats) -> Floats:
    """[bars, ..] P&L of each bar from P&L summed since the start, [bars, ..], dollars."""
    return np.diff(since_start, axis=0, prepend=np.zeros((1, *since_start.shape[1:])))


def count_trades(record: RunRecord) -> int:
    """Orders filled: a roll counts two; a settlement, a refusal and a shift of budget none."""
    return int(_is_trade(record).sum())


def _is_trade(record: RunRecord) -> np.ndarray:
    """[journal rows] whether something was bought or sold."""
    return np.asarray(~np.isin(record.journal.action, (SETTLE, REFUSED, SHIFT)))


def hedge_profit(program: Program, record: RunRecord) -> float | None:
    """P&L after costs of all layers of hedges, dollars; None for a strategy without a hedge."""
    hedging = [index for index, layer in enumerate(program.layers) if program.groups[layer.group].kind == "hedge"]
    return float(sum(record.layer_profit[-1, index] for index in hedging)) if hedging else None


def layer_results(program: Program, record: RunRecord) -> tuple[LayerResult, ...]:
    """One entry a layer, in the program's order."""
    journal = record.journal
    # A roll that closes because the layer holds its size already is what the rule says, and no refusal.
    is_refused = (journal.action == REFUSED) & (journal.cut != ABOVE_SIZE)
    results = []
    for index, layer in enumerate(program.layers):
        own = journal.layer == index
        traded = own & _is_trade(record)
        results.append(
            LayerResult(
                name=layer.name,
                kind=program.groups[layer.group].kind,
                profit=float(record.layer_profit[-1, index]),
                costs=float(np.nansum(journal.cost[own])),
                trades=int(traded.sum()),
                settlements=int((own & (journal.action == SETTLE)).sum()),
                refusals=int((own & is_refused).sum()),
                days_held=float(np.mean(record.layer_contracts[:, index] > 0.0)),
            )
        )
    return tuple(results)


def find_basis(program: Program, arrays: MarketArrays, record: RunRecord) -> Basis:
    """What the P&L of `record` rests on.

    No market hands out option quotes, so an option's marks are modelled on every bar; those of futures and shares are on a bar when
    a price that they hang on, of that bar or of the bar before, is. A structure of several instruments counts as modelled when one is."""
    traded = slice(arrays.first, arrays.first + record.equity.size)
    moved: dict[str, float] = {}
    modelled: dict[str, float] = {}

    def count(instrument: str, profit: Floats, on_model: np.ndarray) -> None:
        size = np.abs(profit)
        moved[instrument] = moved.get(instrument, 0.0) + float(size.sum())
        modelled[instrument] = modelled.get(instrument, 0.0) + float(size[on_model].sum())

    profits = daily_profit(record.layer_profit)
    for index, layer in enumerate(program.layers):
        held = sorted({f"{leg.product} {_class_of(leg)}" for leg in layer.legs})
        if held:
            on_model = np.zeros(record.equity.size, dtype=bool)
            for leg in layer.legs:
                on_model |= True if leg.is_option else _rests_on_model(arrays, _priced_by(leg))[traded]
            count(_join(held), profits[:, index], on_model)
    if program.hold_index:
        count(INDEX, daily_profit(record.hold_profit), _rests_on_model(arrays, ("spx",))[traded])

    every_bar = np.arange(traded.start, traded.stop)
    bars_read = {
        name: settlement_bars(program, arrays, record.journal, name) if name in SETTLEMENT_SERIES else every_bar
        for name in series_used(program)
        if name in arrays.series
    }
    total = sum(moved.values())
    instruments = tuple(
        InstrumentBasis(name, moved[name] / total, modelled[name] / moved[name])
        for name in sorted(moved)
        if total > 0.0 and moved[name] > 0.0
    )
    return Basis(
        modelled_share=sum(modelled.values()) / total if total > 0.0 else None,
        instruments=instruments,
        series=tuple(_series_basis(name, arrays, bars) for name, bars in bars_read.items() if len(bars)),
    )


def series_used(program: Program) -> tuple[str, ...]:
    """The series that a run of `program` reads: its streams, then what its instruments are priced from."""
    names = dict.fromkeys(node.name for node in program.nodes if node.operation == "series")
    if program.hold_index:
        names["spx"] = None
    for _, priced_by in sorted({(f"{leg.product} {_class_of(leg)}", _priced_by(leg)) for layer in program.layers for leg in layer.legs}):
        names.update(dict.fromkeys(priced_by))
    return tuple(names)


def _class_of(leg: Leg) -> str:
    return "options" if leg.is_option else "futures" if leg.right == "future" else "shares"


def _join(instruments: list[str]) -> str:
    """`SPX and VIX options`, `VIX options and VX futures`."""
    parts: dict[str, list[str]] = {}
    for instrument in instruments:
        product, _, sort = instrument.partition(" ")
        parts.setdefault(sort, []).append(product)
    options_first = sorted(parts.items(), key=lambda part: part[0] != "options")
    return " and ".join(f"{' and '.join(products)} {sort}" for sort, products in options_first)


def _priced_by(leg: Leg) -> tuple[str, ...]:
    """Of a future: the settlements of the ranks through which it passes while it is held."""
    if leg.right != "future":
        return _PRICED_BY[leg.product, _class_of(leg)]
    ranks = int(leg.expiry.low) if leg.expiry is not None and leg.expiry.manner == "month" else len(_FUTURES)
    return (*_FUTURES[:ranks], "vix_settlement")


def _rests_on_model(arrays: MarketArrays, series: tuple[str, ...]) -> np.ndarray:
    """[bars] whether a level of the bar or of the bar before is modelled."""
    modelled = np.zeros(len(arrays.provenance), dtype=bool)
    for name in series:
        modelled |= arrays.provenance[:, arrays.series.index(name)] == MODELLED
    return np.asarray(modelled | np.concatenate(([False], modelled[:-1])))


def _series_basis(name: str, arrays: MarketArrays, bars: Integers) -> SeriesBasis:
    behind = arrays.provenance[bars, arrays.series.index(name)]
    share = {what: float(np.mean(behind == what)) for what in (OBSERVED, MODELLED, REPLACED, MISSING)}
    return SeriesBasis(name, share[OBSERVED], share[MODELLED], share[REPLACED], share[MISSING])
