"""A small program, market and record made by hand, so that results can be judged without an engine."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np

from alvh.compiler.ir import Expiry, Group, Layer, Leg, Node, Parameter, Program, Rule, Size, Strike, UnwindRule
from alvh.grammar.source import Source, Span
from alvh.runtime import record as codes
from alvh.runtime.market import MARKET_SERIES, MISSING, MODELLED, OBSERVED, REPLACED, Expiries, MarketArrays, Note, Prints
from alvh.runtime.record import MAX_LEGS, MAX_READS, JournalRows, RunRecord
from alvh.runtime.results import Result
from alvh.runtime.run import Runnable, RunOptions, interpret_record

TEXT = """strategy "By hand"
roll when dte <= 7 days
close when vix > 30 as "storm"
"""
SOURCE = Source("folder/by_hand.alvh", TEXT)
ROLL = Span(SOURCE, TEXT.index("roll"), TEXT.index("\nclose"))
STORM = Span(SOURCE, TEXT.index("close"), len(TEXT) - 1)
BARS = 40
FIRST_DAY = (datetime.date(2020, 1, 2) - datetime.date(1970, 1, 1)).days


def program(hold_index: bool = False) -> Program:
    """A condor-like book of one short put, and a hedge of one VIX call with a roll and an unwind."""
    nodes = (
        Node("series", name="vix", label="vix"),
        Node("constant", value=30.0),
        Node("gt", inputs=(0, 1), label="vix > 30"),
        Node("series", name="ad_line", label="ad_line"),
        Node("constant", value=1.0),
        Node("lot", name="dte", label="dte", per_lot=True, stage=2),
    )
    put = Leg("", "SPX", "put", -1, Strike("strike", 4), Expiry("days", 30.0))
    wing = Leg("", "SPX", "put", 1, Strike("strike", 4), Expiry("days", 30.0))
    call = Leg("", "VIX", "call", 1, Strike("strike", 4), Expiry("days", 30.0))
    roll = Rule("roll", 3, "", ROLL, reads=(5,))
    storm = Rule("unwind", 2, "storm", STORM, reads=(0, 2, 3))

    def layer(name: str, group: int, legs: tuple[Leg, ...], rolls: tuple[Rule, ...]) -> Layer:
        return Layer(name, group, group, legs, Size("contracts", 4), 0, False, (), (), rolls, (), False, 0.0, ROLL)

    groups = (
        Group("condors", "book", -1, None, -1, (), ROLL),
        Group("alvh", "hedge", -1, None, -1, (UnwindRule(storm, -1),), STORM),
    )
    return Program(
        title="By hand",
        nodes=nodes,
        layers=(layer("condors", 0, (put, wing), ()), layer("alvh.front", 1, (call,), (roll,))),
        groups=groups,
        parameters=(Parameter("call_delta", 0.5, 0.3, 0.7),),
        capital=1_000_000.0,
        costs="listed",
        whole_contracts=True,
        hold_index=hold_index,
        inputs=("ad_line",),
        calendars=("cpi",),
        warm_up=0,
    )


def arrays() -> MarketArrays:
    """Forty daily bars: spx observed, vix replaced on the first ten, vvix modelled, the input absent."""
    series = (*MARKET_SERIES, "ad_line")
    values = np.ones((BARS, len(series), 1))
    provenance = np.full((BARS, len(series)), OBSERVED, dtype=np.uint8)
    provenance[:10, series.index("vix")] = REPLACED
    provenance[:, series.index("vvix")] = MODELLED
    provenance[:, series.index("ad_line")] = MISSING
    provenance[20, series.index("spx")] = MODELLED
    values[:, series.index("ad_line")] = np.nan
    days = np.arange(FIRST_DAY, FIRST_DAY + BARS + 500, dtype=np.int64)
    flags = np.zeros(days.size, dtype=np.int64)
    settle = np.array([FIRST_DAY + 20, FIRST_DAY + 45], dtype=np.int64)
    expiries = Expiries(settle, settle - FIRST_DAY, settle * 0, settle * 0 + 1, settle * 0 + 1, np.array([0, 1]))
    return MarketArrays(
        sessions=days,
        first=0,
        last=BARS - 1,
        series=series,
        values=values,
        provenance=provenance,
        spx=expiries,
        vix=expiries,
        fund=expiries,
        vx_front=flags[:BARS],
        week_start=flags,
        month_start=flags,
        month_part=flags.astype(float),
        era=flags.astype(float),
        prints={"spx_am": Prints(("the opening print", "the noon print"), (np.arange(BARS) == 20).astype(np.int64))},
        notes=(Note("10 stale VIX opens were replaced by the close"), Note("uvxy: nobody asked", "uvxy")),
    )


def record() -> RunRecord:
    """A book that earns and a hedge that costs, with one action of each sort in the journal."""
    ramp = np.arange(BARS, dtype=float)
    book, hedge = 300.0 * ramp + 500.0 * np.sin(ramp), -100.0 * ramp
    interest = 10.0 * ramp
    equity = 1_000_000.0 + book + hedge + interest
    nan = float("nan")
    rows = [
        # bar, layer, action, rule, cut, asked, filled, price, cost, expiry, strike, reads
        (0, 0, codes.OPEN, -1, codes.NO_REASON, 2.0, 2.0, -12.5, 14.0, (0, 0), (3000.0, 2950.0), ()),
        (0, 1, codes.OPEN, -1, codes.CUT_BY_CASH, 6.4, 4.0, 2.2, 20.0, (0,), (20.0,), ()),
        (13, 1, codes.ROLL_OUT, 0, codes.NO_REASON, nan, 4.0, 0.4, 9.0, (0,), (20.0,), (7.0,)),
        (13, 1, codes.ROLL_IN, 0, codes.DELTA_FLAGGED, 4.0, 4.0, 2.5, 21.0, (1,), (22.5,), (7.0,)),
        (20, 0, codes.SETTLE, -1, codes.NO_REASON, nan, 2.0, 0.0, 0.0, (0, 0), (3000.0, 2950.0), ()),
        (25, 1, codes.CLOSE, 1, codes.NO_REASON, nan, 4.0, 6.0, 30.0, (1,), (22.5,), (31.25, 1.0, nan)),
        (26, 1, codes.REFUSED, -1, codes.UNWINDING, nan, 0.0, nan, 0.0, (), (), ()),
    ]

    def padded(values: tuple[float, ...], width: int) -> list[float]:
        return [*map(float, values), *[nan] * (width - len(values))]

    def column(number: int) -> np.ndarray:
        return np.array([row[number] for row in rows], dtype=float)

    journal = JournalRows(
        bar=column(0),
        layer=column(1),
        slot=column(0) * 0.0,
        action=column(2),
        rule=column(3),
        cut=column(4),
        asked=column(5),
        filled=column(6),
        price=column(7),
        cost=column(8),
        expiry=np.array([padded(row[9], MAX_LEGS) for row in rows]),
        strike=np.array([padded(row[10], MAX_LEGS) for row in rows]),
        reads=np.array([padded(row[11], MAX_READS) for row in rows]),
        proxy=np.full(len(rows), -1.0),
    )
    contracts = np.stack([np.where(ramp <= 20, 2.0, 0.0), np.where(ramp < 25, 4.0, 0.0)], axis=1)
    return RunRecord(
        equity=equity,
        cash=equity - 5_000.0,
        margin=ramp * 0.0,
        interest=interest,
        fees=np.linspace(0.0, 94.0, BARS),
        hold_profit=ramp * 0.0,
        layer_profit=np.stack([book, hedge], axis=1),
        layer_value=np.zeros((BARS, 2)),
        layer_contracts=contracts,
        unknown=np.array([BARS, 0.0]),
        journal=journal,
        stale_marks=3,
        unknown_prints=1,
        unknown_rates=0,
        stopped=-1,
        verbs={"open": 2},
    )


class ByHand:
    """A market that hands out the arrays above."""

    name = "by hand"

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        return arrays()

    def fingerprint(self) -> str:
        return "by-hand"


def runnable(made: Program | None = None, text: str = TEXT) -> Runnable:
    return Runnable(made or program(), "by_hand.alvh", (("by_hand.alvh", text),))


def result(made: Program | None = None, left: RunRecord | None = None, text: str = TEXT) -> Result:
    """The record above, or `left`, interpreted."""
    return interpret_record(runnable(made, text), ByHand(), RunOptions(engine="reference"), arrays(), left or record())
