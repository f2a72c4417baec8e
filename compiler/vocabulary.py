"""Every word the language brings along: series, functions, attributes, products, settings, with kinds and a line of text each.

Checker, documentation and an editor's completion read the same table. Definitions: language.md "Streams", "Positions", "Kinds".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import frozen

from alvh.compiler.kinds import (
    ANY_POINTS,
    CONDITION,
    CONTRACTS,
    DAYS,
    DELTA,
    MONEY,
    MONEY_PER_DAY,
    MONEY_PER_POINT,
    NUMBER,
    RATIO,
    SESSIONS,
    SKEW_POINTS,
    SPX_POINTS,
    UVXY_POINTS,
    VOL_POINTS,
    VVIX_POINTS,
    VXX_POINTS,
    Kind,
)
from alvh.grammar.syntax import Right


@frozen
class Word:
    """A name with a fixed kind."""

    name: str
    kind: Kind
    text: str


Argument: TypeAlias = OneOf["value", "level", "logarithm", "any", "window", "sessions", "metric"]
"""What a function takes: a `value` of any kind but a condition, a `level` (a value that is no ratio), what a `logarithm`
is taken of (ratio, points or number), `any` stream, a `window` (sessions, or a bare count), a count of `sessions` that must
say so, a `metric` of a result."""


@frozen
class Function:
    """A function: `result` None is the kind of its first argument. `optional` arguments may be left out, from the right."""

    name: str
    arguments: tuple[Argument, ...]
    result: Kind | None
    usage: str
    text: str
    optional: int = 0
    least_window: int = 1


@frozen
class SettingWord:
    """A setting of a file. `choices` is empty where it takes a value."""

    name: str
    choices: tuple[str, ...]
    default: str
    text: str


def _words(*words: Word) -> Mapping[str, Word]:
    return {word.name: word for word in words}


def _bars(name: str, kind: Kind, text: str) -> tuple[Word, ...]:
    return (
        Word(name, kind, f"{text}, at the close."),
        Word(f"{name}.open", kind, f"{text}, at the open."),
        Word(f"{name}.high", kind, f"{text}, the day's high."),
        Word(f"{name}.low", kind, f"{text}, the day's low."),
    )


SERIES: Mapping[str, Word] = _words(
    *_bars("spx", SPX_POINTS, "The S&P 500 index"),
    *_bars("vix", VOL_POINTS, "The Cboe Volatility Index, 30 days"),
    *_bars("vix9d", VOL_POINTS, "The Cboe 9-day volatility index"),
    *_bars("vix3m", VOL_POINTS, "The Cboe 3-month volatility index"),
    *_bars("vix6m", VOL_POINTS, "The Cboe 6-month volatility index"),
    Word("vvix", VVIX_POINTS, "The volatility of VIX, from VIX options."),
    Word("skew", SKEW_POINTS, "The Cboe SKEW index."),
    Word("rate", RATIO, "The Treasury-bill rate, a year."),
    Word("vxx", VXX_POINTS, "The share of VXX, the fund of short-term VIX futures, at the close."),
    Word("uvxy", UVXY_POINTS, "The share of UVXY, the geared fund of short-term VIX futures, at the close."),
)

ACCOUNT: Mapping[str, Word] = _words(
    Word("equity", MONEY, "Cash plus marks, after settlement and interest, before today's orders."),
    Word("cash", MONEY, "Cash, before today's orders."),
    Word("capital", MONEY, "The money the strategy starts with."),
    Word("quick_ratio", NUMBER, "Liquid assets over what may have to be paid soon."),
    Word("wacc", RATIO, "What the money at work costs a year: margin, hedges and idle cash, weighted."),
    Word("net_beta", NUMBER, "Dollars of SPX that all positions move like, over equity."),
)

CALENDARS: Mapping[str, str] = {
    "vix_expiry": "The sessions on which monthly VIX options and futures settle.",
    "spx_expiry": "The sessions on which monthly SPX options settle.",
}

ATTRIBUTES: Mapping[str, Word] = _words(
    Word("value", MONEY, "Open lots at mid."),
    Word("profit", MONEY, "Open lots: mid marks less fill prices; 0 when flat."),
    Word("loss", MONEY, "Minus the profit."),
    Word("credit", MONEY, "What open lots received, net, before fees."),
    Word("cost", MONEY, "What open lots paid, net, before fees."),
    Word("margin", MONEY, "The worst loss of open lots at expiry, premium aside."),
    Word("delta", MONEY_PER_POINT, "Dollars a point of the underlying."),
    Word("notional", MONEY, "Contracts x 100 x the index."),
    Word("width_notional", MONEY, "Contracts x 100 x the wider wing."),
    Word("dte", DAYS, "Calendar days to the nearest settlement."),
    Word("age", SESSIONS, "Sessions since opening."),
    Word("short_delta", DELTA, "The largest absolute delta of a sold leg."),
    Word("option_delta", DELTA, "The absolute delta of the first leg."),
    Word("contracts", CONTRACTS, "Structures held."),
    Word("count", NUMBER, "Lots held."),
    Word("realized", MONEY, "Profit of closed lots, net of costs."),
    Word("gains", MONEY, "Profit of lots closed at a gain, less what `add from` drew; losses do not reduce it."),
    Word("vega", MONEY_PER_POINT, "Dollars a volatility point of the options' own volatility."),
    Word("theta", MONEY_PER_DAY, "Dollars a calendar day that passes."),
    Word("irr", RATIO, "The yearly return of open lots on what they tie up, closed at marks."),
    Word("lower_break_even", SPX_POINTS, "The SPX at which the sold puts lose at expiry what was received."),
    Word("upper_break_even", SPX_POINTS, "The SPX at which the sold calls lose at expiry what was received."),
    Word("hedged_lower_break_even", SPX_POINTS, "The lower break-even with what the hedges would then be worth, their time value aside."),
    Word("hedged_upper_break_even", SPX_POINTS, "The upper break-even with what the hedges would then be worth, their time value aside."),
    Word("carry", NUMBER, "How many months the value would last at today's theta."),
)

LOT_ATTRIBUTES: tuple[str, ...] = ("profit", "loss", "credit", "dte", "age", "option_delta")
"""Bare in a book or layer, these are each lot's own."""

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("sma", ("value", "window"), None, "sma(vix, 20 sessions)", "The simple moving average (TA-Lib SMA)."),
        Function("ema", ("value", "window"), None, "ema(vix, 20 sessions)", "The exponential moving average (TA-Lib EMA)."),
        Function("rsi", ("value", "window"), NUMBER, "rsi(vix, 14)", "Wilder's relative strength index, 0 to 100 (TA-Lib RSI)."),
        Function("macd", ("value",), None, "macd(vix).line", "Averages of 12 less 26 sessions, a signal over 9 (TA-Lib MACD)."),
        Function("stdev", ("value", "window"), None, "stdev(vix, 20 sessions)", "The standard deviation (TA-Lib STDDEV).", least_window=2),
        Function(
            "realized_vol",
            ("level", "window"),
            VOL_POINTS,
            "realized_vol(spx, 20 sessions)",
            "The yearly volatility of log changes, in points.",
            least_window=2,
        ),
        Function("change", ("level", "sessions"), RATIO, "change(vix, 5 sessions)", "The change since so many sessions ago, in per cent."),
        Function("highest", ("value", "window"), None, "highest(spx, 20 sessions)", "The highest value of the window."),
        Function("lowest", ("value", "window"), None, "lowest(spx, 20 sessions)", "The lowest value of the window."),
        Function(
            "zscore", ("value", "window"), NUMBER, "zscore(vix, 60 sessions)", "Standard deviations from the window's mean.", least_window=2
        ),
        Function(
            "percentile_rank",
            ("value", "window"),
            RATIO,
            "percentile_rank(vix, 252 sessions)",
            "The share of the window's values that are not higher.",
        ),
        Function(
            "beta",
            ("value", "value", "window"),
            NUMBER,
            "beta(vix, spx, 60 sessions)",
            "The slope of log changes of one on another.",
            least_window=2,
        ),
        Function(
            "corr", ("value", "value", "window"), NUMBER, "corr(vix, spx, 60 sessions)", "The correlation of log changes.", least_window=2
        ),
        Function(
            "diverges",
            ("value", "value", "window"),
            CONDITION,
            "diverges(spx, ad_line, 20 sessions)",
            "The first is at its high while the second is clearly below its own.",
            least_window=2,
        ),
        Function("ln", ("logarithm",), NUMBER, "ln(vx(1) / vx(2))", "The natural logarithm."),
        Function("abs", ("value",), None, "abs(x)", "The value without its sign."),
        Function("min", ("value", "value"), None, "min(vix, vix3m)", "The lower of two values."),
        Function("max", ("value", "value"), None, "max(vix, vix3m)", "The higher of two values."),
        Function("prev", ("any", "window"), None, "prev(vix, 5 sessions)", "The value of the session before, or of so many before.", 1),
    )
}

MARKET_FUNCTIONS: Mapping[str, str] = {
    "vx": "`vx(1)`: the monthly VIX future by rank, 1 to 9, expiring after today. `vx(30 days)`: the constant-maturity future.",
    "iv": "`iv(spx, 45 days)`: the at-the-money volatility of the surface, in volatility points.",
}

FUTURES_LISTED = 9
"""`vx(1)` to `vx(9)`: the monthly VIX futures a market supplies."""

CONSTANT_MATURITY_DAYS = 30
"""The one constant maturity of `vx(N days)` that a market supplies."""

COMPONENTS: Mapping[str, tuple[str, ...]] = {"macd": ("line", "signal", "histogram")}

METRICS: Mapping[str, Word] = _words(
    Word("cagr", RATIO, "Compound growth a year."),
    Word("volatility", RATIO, "Volatility of returns a year."),
    Word("sharpe", NUMBER, "Mean return over volatility, a year."),
    Word("sortino", NUMBER, "Mean return over downside deviation, a year."),
    Word("max_drawdown", RATIO, "The deepest fall from a high."),
    Word("cvar_95", RATIO, "The mean of the worst twentieth of daily returns."),
    Word("final_equity", MONEY, "Equity on the last bar."),
    Word("trades", NUMBER, "Orders filled."),
    Word("hedge_cost", RATIO, "What the hedge lost after costs, over mean equity, a year."),
    Word("calmar", NUMBER, "Growth a year over the deepest fall."),
    Word("annual_cost", RATIO, "What the hedge lost in a year without a VIX of 30, over equity; growth given up is shown beside it."),
    Word("monthly_drag", RATIO, "What the hedge lost in the median month without a gap day, over the wings of the book."),
    Word("event_loss", RATIO, "The fall of equity from before an event until the book's lots of then have settled; the median."),
    Word("payoff_capture", RATIO, "The hedge's gains on the days meant, over those of one that is always on; gap days, if none are said."),
    Word("cycles_cut", RATIO, "The share of volatility cycles whose fall the hedge cut by 35% or more."),
    Word("theta_paid", MONEY, "Time decay paid."),
)

METRIC_FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("reduction", ("metric",), RATIO, "reduction(max_drawdown)", "How much smaller a metric is than the baseline's."),
        Function("ratio", ("metric",), NUMBER, "ratio(theta_paid)", "A metric over the baseline's."),
    )
}

OPTIONS: tuple[Right, ...] = ("call", "put")


@frozen
class Product:
    """What a leg may trade: `rights` are the forms in which it is listed."""

    name: str
    scale: Kind
    """Of its price and its strikes."""
    rights: tuple[Right, ...]
    expires_with: str
    """The product on whose days it expires."""
    text: str


PRODUCTS: Mapping[str, Product] = {
    product.name: product
    for product in (
        Product("SPX", SPX_POINTS, (*OPTIONS, "shares"), "SPX", "The S&P 500: options on the index, and the index itself as shares."),
        Product("VIX", VOL_POINTS, OPTIONS, "VIX", "Options on VIX."),
        Product("VX", VOL_POINTS, ("future",), "VIX", "VIX futures, $1,000 a point."),
        Product("VXM", VOL_POINTS, ("future",), "VIX", "Mini VIX futures, $100 a point."),
        Product("VXX", VXX_POINTS, (*OPTIONS, "shares"), "VXX", "The fund of short-term VIX futures."),
        Product("UVXY", UVXY_POINTS, (*OPTIONS, "shares"), "VXX", "The geared fund of short-term VIX futures."),
    )
}

PROXIES: tuple[str, ...] = ("VXX", "UVXY")
"""Whose shares may stand in for legs on VIX and its futures."""

SETTINGS: Mapping[str, SettingWord] = {
    setting.name: setting
    for setting in (
        SettingWord("capital", (), "$1_000_000", "The money the strategy starts with."),
        SettingWord(
            "costs", ("none", "listed", "crowded"), "listed", "Spreads and commissions: of the listed markets, wider under stress, or none."
        ),
        SettingWord(
            "fill",
            ("this close", "next open", "next close"),
            "this close",
            "When an order fills: at the close that decided it, or at the next session's open or close.",
        ),
        SettingWord("contracts", ("whole", "fractional"), "whole", "Whether orders are rounded to whole contracts."),
    )
}

PARAMETER_KINDS: Mapping[str, Kind] = {
    "delta": DELTA,
    "points": ANY_POINTS,
    "days": DAYS,
    "ratio": RATIO,
    "number": NUMBER,
    "money": MONEY,
}
"""What a structure takes."""

INPUT_KINDS: Mapping[str, str] = {
    "index": "points on a scale of its own",
    "number": "a plain number",
    "ratio": "a ratio, as in 8%",
    "money": "dollars",
    "condition": "true or false",
}


def is_reserved(name: str) -> str | None:
    """What a built-in name already means, or None where a file is free to declare it."""
    if name in SERIES:
        return "a market series"
    if name in ACCOUNT:
        return "a value of the account"
    if name in CALENDARS:
        return "a calendar"
    if name in FUNCTIONS or name in MARKET_FUNCTIONS:
        return "a function"
    if name in PRODUCTS:
        return "a product"
    if name in LOT_ATTRIBUTES:
        return "a value of each lot"
    return None
