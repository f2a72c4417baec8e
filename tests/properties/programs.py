"""Well-typed strategies as text, drawn by Hypothesis from the whole language: what the checker must accept and both engines agree on.

A program is planned before it is written: the layers stand in one order, and a layer reads what another *decides* only if that one
stands before it, so that no cycle can arise. What it reads of marks and of the past may stand anywhere.
"""

from __future__ import annotations

import random as python_random
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from attrs import evolve, field, frozen
from hypothesis import reject
from hypothesis import strategies as st

from alvh.compiler.driver import compile_file
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import Severity

Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Any]], Any]

LEG = re.compile(r"(buy|sell|write) (?:\d+ )?([A-Z]+) (call|put|future|shares)")

NEVER_OPENS = "ALV0403"

DEEPEST = 2
"""How deep an expression nests; the language's own forms nest further by themselves."""


@frozen
class GroupText:
    """A book or hedge as lines: what it says itself, and its layers."""

    head: str
    statements: tuple[str, ...]
    layers: tuple[str, ...] = ()

    def write(self) -> str:
        return "\n".join([f"{self.head} {{", *(f"  {line}" for line in (*self.statements, *self.layers)), "}"])


@frozen
class ProgramText:
    """A program as declarations, so that their order can be changed."""

    declarations: tuple[str, ...]
    groups: tuple[GroupText, ...]

    @property
    def text(self) -> str:
        return "\n".join([*self.declarations, *(group.write() for group in self.groups), ""])

    def shuffled(self, seed: int) -> str:
        """The same declarations in another order, layers within their groups too."""
        random = python_random.Random(seed)
        parts = [*self.declarations]
        for group in self.groups:
            layers = [*group.layers]
            random.shuffle(layers)
            parts.append(evolve(group, layers=tuple(layers)).write())
        random.shuffle(parts)
        return "\n".join([*parts, ""])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis shows a failing program as its text."""
        printer.text(f"\n{self.text}")


def compiled(text: str) -> Program:
    """The program of a text that must check without an error, but one: chance can write two layers that wait for each other, and then the
    example is another one's."""
    result = compile_file("written.alvh", text=text)
    wrong = [found for found in result.diagnostics if found.severity is Severity.ERROR]
    if wrong and all(found.code == NEVER_OPENS for found in wrong):
        reject()
    assert not wrong, "\n".join([*(f"{found.code} {found.message} at {found.span.text!r}" for found in wrong), text])
    assert result.program is not None, text
    return result.program


@frozen
class Wish:
    """What of a program is fixed; None is drawn."""

    fractional: bool | None = None
    costs: str | None = None
    fill: str | None = None
    hold: bool | None = None
    apart: bool = False
    """One book and one hedge at least, and no book reads of a hedge."""
    hedge_says: tuple[str, ...] | None = None
    """All that the hedge `alvh` says outside its layers."""
    hedge_size: str = ""
    """The size that every layer of a hedge states: all that decides how much it buys."""
    options_only: bool = False
    """No futures, shares, written options or proxies: what is bought costs a premium, and what is sold has a worst loss at expiry."""


@st.composite
def programs(draw: Draw, wish: Wish = Wish()) -> ProgramText:
    """Programs of one to six layers in one to four groups."""
    return _Writer(draw, wish).program()


@st.composite
def conditions(draw: Draw) -> str:
    """Conditions that read market and inputs only."""
    return _Writer(draw, Wish()).condition()


@st.composite
def events(draw: Draw) -> str:
    """Events that read market, inputs and calendars only."""
    return _Writer(draw, Wish()).event()


@frozen
class _Plan:
    """What is known of a layer before any is written."""

    path: str
    group: str
    kind: str
    number: int
    anchor: bool
    """Opens under a mild condition and closes by age, so that nearly every program trades."""
    legs: tuple[str, ...]
    """As they are written, or a structure with its arguments."""
    held: tuple[str, ...]
    """The legs one by one, `buy VIX call`, `sell VX future`: what the layer's attributes and verbs depend on."""
    longest: int
    """Days that no expiry of its legs is chosen beyond."""
    cover: str = ""
    """The layer that what it writes is covered by."""

    @property
    def earns(self) -> bool:
        """Whether a credit is likely, so that money does not measure its size."""
        return self.held[0].startswith(("sell", "write")) and self.has("credit")

    @property
    def options(self) -> list[str]:
        return [leg for leg in self.held if leg.endswith(("call", "put"))]

    def has(self, attribute: str) -> bool:
        """What the compiler refuses to ask of legs that cannot have it."""
        match attribute:
            case "credit" | "short_delta":
                return any(not leg.startswith("buy") for leg in self.options)
            case "width_notional":
                return len({leg.partition(" ")[2] for leg in self.options}) < len(self.options)
            case "lower_break_even" | "upper_break_even" | "hedged_lower_break_even" | "hedged_upper_break_even":
                return f"sell SPX {'put' if 'lower' in attribute else 'call'}" in self.held
            case "option_delta":
                return self.held[0] in self.options
            case "dte":
                return any(not leg.endswith("shares") for leg in self.held)
        return True

    def takes_max_loss(self) -> bool:
        return len(self.options) == len(self.held) and not self.cover

    def takes_share(self) -> bool:
        """Whether a budget alone can say how many."""
        return not self.cover and all(not leg.endswith("future") for leg in self.held)

    def takes_proxy(self) -> bool:
        volatility = all(leg.split()[1] in ("VIX", "VX", "VXM") for leg in self.held)
        return volatility and any(leg.startswith("buy") for leg in self.held)

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


VOLATILITY = ("vix", "vix9d", "vix3m", "vix6m", "vix.high", "vx(1)", "vx(2)", "vx(3)", "vx(30 days)", "iv(spx, 30 days)")
FUNDS = ("vxx", "uvxy")
SCHEDULES = ("every day", "every week", "every month", "every 3 sessions", "every 7 sessions", "on vix_expiry", "on cpi")
INDEX = ("spx", "spx.open", "spx.high", "spx.low")
MARKED_MONEY = ("value", "profit", "loss", "margin", "notional", "width_notional")
DECIDED_MONEY = ("cost", "credit", "realized", "gains")
STATES = ("is open", "is closed", "opens", "closes", "rolls")
STRUCTURES = (
    """structure condor(wish : delta, wing : points) {
  expiry 20..45 days
  short_put : sell SPX put at wish
  long_put : buy SPX put wing below short_put
  short_call : sell SPX call at wish
  long_call : buy SPX call wing above short_call
}""",
    "structure several(wish : delta, far : days) { buy 2 VIX calls at wish, far }",
    "structure synthetic(part : ratio) { buy 1 VIX call at part of forward, month 2  sell 1 VIX put at part of forward, same expiry }",
)
"""Legs under names: a condor, bought calls, and a conversion (a call less a put of one strike is a future)."""
FILLS = ("this close", "this close", "this close", "next close", "next open")
OPENINGS = ("", "open every week", "open when vix > 1", "open every 2 sessions when vix < 500")


@frozen
class _Writer:
    draw: Draw
    wish: Wish
    params: dict[str, list[str]] = field(factory=dict)
    """Names of params and lets by kind."""
    plans: list[_Plan] = field(factory=list)
    reach: list[_Plan] = field(factory=list)
    """Layers whose marks and past what is being written may read. An `open` must not wait for a layer that may never open."""

    # Draws

    def one_of(self, values: Sequence[Drawn]) -> Drawn:
        drawn: Drawn = self.draw(st.sampled_from(list(values)))
        return drawn

    def number(self, low: int, high: int) -> int:
        drawn: int = self.draw(st.integers(low, high))
        return drawn

    def chance(self, in_ten: int) -> bool:
        return self.number(1, 10) <= in_ten

    def form(self, forms: Sequence[Callable[[], str]]) -> str:
        return self.one_of(forms)()

    def named(self, kind: str, otherwise: Callable[[], str]) -> str:
        """A declared name of this kind where there is one."""
        names = self.params.get(kind, [])
        return self.one_of(names) if names and self.chance(4) else otherwise()

    # Values, by kind

    def window(self) -> str:
        return self.one_of(["2", "3 sessions", "5", "8 sessions", "14"])

    def sessions(self) -> str:
        return f"{self.number(1, 5)} sessions"

    def volatility(self, depth: int = DEEPEST) -> str:
        def simple() -> str:
            return self.named("volatility", lambda: self.one_of(VOLATILITY))

        if depth <= 0:
            return simple()
        below = depth - 1
        return self.form([
            simple,
            simple,
            lambda: f"{self.one_of(['sma', 'ema', 'highest', 'lowest', 'stdev'])}({self.volatility(below)}, {self.window()})",
            lambda: f"{self.one_of(['min', 'max'])}({self.volatility(below)}, {self.volatility(below)})",
            lambda: f"abs({self.volatility(below)} - {self.volatility(below)})",
            lambda: f"prev({self.volatility(below)}{self.one_of(['', ', 2 sessions'])})",
            lambda: f"realized_vol({self.index(below)}, {self.window()})",
            lambda: f"{self.volatility(below)} * {self.one_of(['0.9', '1.1', '2'])}",
            lambda: f"({self.volatility(below)} + {self.one_of(['1', '2 points'])})",
            lambda: f"macd({self.one_of(['vix', 'vx(1)'])}).{self.one_of(['line', 'signal', 'histogram'])}",
            lambda: f"({self.volatility(below)} when {self.condition(below)} else {self.volatility(below)})",
            lambda: self.table(["12 points", "vix", "18 points"]),
            lambda: f"realized_vol({self.one_of(FUNDS)}, {self.window()})",
        ])  # fmt: skip

    def index(self, depth: int = DEEPEST) -> str:
        below = depth - 1
        if depth <= 0:
            return self.one_of(INDEX)
        return self.form([
            lambda: self.one_of(INDEX),
            lambda: f"{self.one_of(['sma', 'ema', 'highest', 'lowest'])}({self.index(below)}, {self.window()})",
            lambda: f"prev({self.index(below)}, {self.sessions()})",
        ])  # fmt: skip

    def ratio(self, depth: int = DEEPEST) -> str:
        def simple() -> str:
            return self.named("ratio", lambda: self.one_of(["rate", "weight", "1%", "2.5%", "-1%"]))

        if depth <= 0:
            return simple()
        below = depth - 1
        return self.form([
            simple,
            lambda: f"({self.volatility(below)} / {self.volatility(below)} - 1)",
            lambda: f"change({self.one_of([*VOLATILITY, *INDEX, *FUNDS, 'ad_line'])}, {self.sessions()})",
            lambda: f"percentile_rank({self.volatility(below)}, {self.window()})",
            lambda: f"({self.ratio(below)} + {self.ratio(below)})",
            lambda: self.table(["1%", "0%", "weight"]),
        ])  # fmt: skip

    def plain(self, depth: int = DEEPEST) -> str:
        """A number."""
        below = depth - 1
        return self.form([
            lambda: f"rsi({self.volatility(below)}, {self.window()})",
            lambda: f"zscore({self.index(below)}, {self.window()})",
            lambda: f"{self.one_of(['beta', 'corr'])}({self.volatility(below)}, {self.index(below)}, {self.window()})",
            lambda: f"100 * ln({self.volatility(below)} / {self.volatility(below)})",
            lambda: self.one_of(["quick_ratio", "net_beta", "net_beta"]),
            lambda: f"{self.one_of(['beta', 'corr'])}({self.one_of(self.reach).path if self.reach else 'vxx'}, spx, {self.window()})",
            lambda: f"{self.one_of(['beta', 'corr'])}({self.one_of(FUNDS)}, vix, {self.window()})",
        ])  # fmt: skip

    def money(self, seen: Sequence[_Plan], depth: int = DEEPEST) -> str:
        """`seen` are the layers whose decisions of today may be read."""
        choices: list[Callable[[], str]] = [
            lambda: self.one_of(["equity", "cash", "capital", "$5_000", "$40_000"]),
            lambda: f"{self.one_of(['1%', '5%'])} of {self.one_of(['equity', 'capital', 'cash'])}",
        ]
        if self.reach:
            choices.append(lambda: self.attribute(self.reach, MARKED_MONEY))
            choices.append(lambda: f"prev({self.attribute(self.reach, (*MARKED_MONEY, *DECIDED_MONEY))})")
        if seen:
            choices.append(lambda: self.attribute(seen, (*MARKED_MONEY, *DECIDED_MONEY)))
        if depth > 0:
            choices.append(lambda: f"({self.money(seen, depth - 1)} - {self.money(seen, depth - 1)})")
            choices.append(lambda: f"max({self.money(seen, depth - 1)}, {self.money(seen, depth - 1)})")
        return self.form(choices)

    def greek(self, plan: _Plan) -> str:
        """A comparison of what only some layers know of themselves, or that only 0 and its like compare with."""
        path, relation = plan.path, self.one_of(["<", ">="])
        choices = [
            f"{path}.vega {relation} 0",
            f"{path}.theta {relation} 0",
            f"{path}.delta {relation} {path}.vega * 3",
            f"{path}.value / -{path}.theta {relation} 40 days",
            f"{path}.irr {relation} {self.one_of(['0%', '20%', '-50%'])}",
            f"{path}.carry {relation} {self.one_of(['1', '2.5'])}",
        ]
        sides = [f"{hedged}{side}_break_even" for hedged in ("", "hedged_") for side in ("lower", "upper")]
        bounds = [name for name in sides if plan.has(name)]
        choices += [f"spx {relation} {path}.{name}" for name in bounds for _ in range(4)]
        return self.one_of(choices)

    def attribute(self, plans: Sequence[_Plan], names: Sequence[str]) -> str:
        plan = self.one_of(plans)
        return f"{plan.path}.{self.one_of([name for name in names if plan.has(name)])}"

    def table(self, rows: list[str]) -> str:
        """A table by volatility, low or high end in."""
        subject = self.one_of(["vix", "vx(1)", "vix3m"])
        first, second = self.number(11, 18), self.number(19, 28)
        if self.chance(5):
            return f"(by {subject} {{ below {first} : {rows[0]}  from {first} : {rows[1]}  from {second} : {rows[2]} }})"
        return f"(by {subject} {{ up to {first} : {rows[0]}  up to {second} : {rows[1]}  above {second} : {rows[2]} }})"

    # Conditions

    def comparison(self, depth: int = DEEPEST) -> str:
        """A level that is sometimes true and sometimes not."""
        relation = self.one_of(["<", "<=", ">", ">="])
        return self.form([
            lambda: f"{self.volatility(depth)} {relation} {self.number(11, 26)}",
            lambda: f"{self.volatility(depth)} {relation} {self.volatility(depth)}",
            lambda: f"{self.index(depth)} {relation} {self.index(depth)}",
            lambda: f"{self.ratio(depth)} {relation} {self.one_of(['0%', '1%', '-2%', '50%', '0'])}",
            lambda: f"{self.plain(depth)} {relation} {self.one_of(['0', '0.5', '50', '-1'])}",
            lambda: f"{self.volatility(depth)} in {self.number(8, 15)} .. {self.number(16, 30)}",
            lambda: f"vix != {self.number(12, 20)}",
            lambda: f"{(fund := self.one_of(FUNDS))} {relation} sma({fund}, {self.window()})",
            lambda: f"wacc {relation} {self.one_of(['0%', '2.5%', '6%'])}",
            lambda: f"net_beta {relation} {self.one_of(['0', '0.02', '-0.05'])}",
        ])  # fmt: skip

    def condition(self, depth: int = DEEPEST, seen: Sequence[_Plan] = ()) -> str:
        if depth <= 0:
            return self.named("condition", lambda: self.one_of(["signal", "vix > 15", "vix < 25", "spx > sma(spx, 5)"]))
        below = depth - 1
        choices: list[Callable[[], str]] = [
            lambda: self.comparison(below),
            lambda: self.comparison(below),
            lambda: f"({self.condition(below, seen)} {self.one_of(['and', 'or'])} {self.condition(below, seen)})",
            lambda: f"not ({self.condition(below, seen)})",
            lambda: f"({self.comparison(below)}) for {self.sessions()}",
            lambda: f"within {self.sessions()} {self.one_of(['after', 'of'])} ({self.event(below, seen)})",
            lambda: f"within {self.sessions()} {self.one_of(['before', 'after', 'of'])} {self.one_of(['vix_expiry', 'spx_expiry', 'cpi'])}",
            lambda: f"prev({self.condition(below, seen)}{self.one_of(['', ', 3 sessions'])})",
            lambda: f"({self.condition(below, seen)} when {self.condition(below)} else {self.condition(below, seen)})",
            lambda: f"{self.money(seen, below)} {self.one_of(['<', '>='])} {self.money(seen, below)}",
            lambda: f"diverges(spx, {self.one_of(['ad_line', 'vix'])}, {self.one_of(['5', '10 sessions'])})",
        ]
        if self.reach:
            choices.append(self.age)
            choices.append(lambda: self.greek(self.one_of(self.reach)))
            choices.append(lambda: self.greek(self.one_of(self.reach)))
            choices.append(lambda: f"prev({self.one_of(self.reach).path} {self.one_of(STATES)})")
        if seen:
            choices.append(lambda: f"{self.one_of(seen).path} {self.one_of(STATES)}")
            choices.append(lambda: f"{self.one_of(seen).path}.{self.one_of(['count > 1', 'contracts >= 3 contracts', 'gains > $100'])}")
        return self.form(choices)

    def age(self) -> str:
        plan = self.one_of(self.reach)
        known = [name for name in ("dte", "age", "option_delta", "short_delta") if plan.has(name)]
        asked = {"dte": "<= 12 days", "age": "> 3 sessions", "option_delta": "> 0.2 delta", "short_delta": "> 0.2 delta"}
        name = self.one_of(known)
        return f"{plan.path}.{name} {asked[name]}"

    def event(self, depth: int = DEEPEST, seen: Sequence[_Plan] = ()) -> str:
        below = max(depth - 1, 0)
        choices: list[Callable[[], str]] = [
            lambda: f"{self.volatility(below)} crosses {self.one_of(['above', 'below'])} {self.number(12, 24)}",
            lambda: f"{self.index(below)} crosses {self.one_of(['above', 'below'])} sma(spx, {self.window()})",
            lambda: f"({self.comparison(below)}) {self.one_of(['begins', 'ends'])}",
            lambda: self.one_of(["cpi", "vix_expiry", "spx_expiry"]),
            lambda: f"{(fund := self.one_of(FUNDS))} crosses {self.one_of(['above', 'below'])} sma({fund}, {self.window()})",
        ]
        if depth > 0:
            choices.append(lambda: f"({self.event(below, seen)} or {self.event(below, seen)})")
            choices.append(lambda: f"({self.event(below, seen)} and {self.condition(below, seen)})")
        if seen:
            choices.append(lambda: f"{self.one_of(seen).path} {self.one_of(['opens', 'closes', 'rolls'])}")
        return self.form(choices)

    def of_lot(self, plan: _Plan) -> str:
        """What a lot asks of itself."""
        choices: list[Callable[[], str]] = [
            lambda: f"age >= {self.number(1, 12)} sessions",
            lambda: f"profit > ${self.one_of(['0', '200', '2_000'])}",
            lambda: f"loss > ${self.one_of(['100', '1_500'])}",
            lambda: f"profit >= {self.one_of(['20%', '50%'])} of {'credit' if plan.has('credit') else 'equity'}",
            lambda: f"profit crosses {self.one_of(['above', 'below'])} ${self.one_of(['0', '300'])}",
            lambda: f"(profit > prev(profit)) for {self.sessions()}",
            lambda: f"highest(profit, {self.window()}) - profit > $400",
            lambda: f"(loss > $0) {self.one_of(['begins', 'ends'])}",
        ]  # fmt: skip
        if plan.has("dte"):
            choices.append(lambda: f"dte <= {self.number(3, 25)} days")
        if plan.has("option_delta"):
            choices.append(lambda: f"option_delta {self.one_of(['>', '<'])} {self.one_of(['0.35', '0.6'])} delta")
        own = self.form(choices)
        if self.chance(3):
            return f"{own} {self.one_of(['and', 'or'])} {self.condition(1)}"
        return own

    def occasion(self, seen: Sequence[_Plan]) -> str:
        """When a rule acts that asks nothing of a lot."""
        schedule = self.one_of(SCHEDULES)
        return self.form([
            lambda: schedule,
            lambda: f"{schedule} when {self.condition(2, seen)}",
            lambda: f"when {self.condition(2, seen)}",
            lambda: f"when {self.event(2, seen)}",
        ])  # fmt: skip

    # Positions

    def expiry(self, low: int = 10, high: int = 70) -> str:
        days = self.number(low, high)
        return self.form([
            lambda: f"{days} days",
            lambda: f"{days} days",
            lambda: f"{days}..{days + self.number(4, 30)} days",
            lambda: f"{days}..{days + 45} days monthly",
            lambda: f"month {self.number(1, 3)}",
            lambda: "next monthly",
        ])  # fmt: skip

    def delta(self, low: int = 15, high: int = 55) -> str:
        return self.named("delta", lambda: f"0.{self.number(low, high):02d} delta")

    def width(self) -> str:
        return self.one_of(["25 points", "50 points", "100 points", "(50 points when vix > 18 else 25 points)"])

    def credit_spread(self) -> list[str]:
        """Legs of one expiry for which a credit is paid, with a bounded loss."""
        when = self.expiry()
        put = [f"short_put : sell SPX put at {self.delta(10, 35)}, {when}"]
        put.append(f"long_put : buy SPX put {self.width()} below short_put, same expiry")
        call = [f"short_call : sell SPX call at {self.delta(10, 35)}, {when}"]
        call.append(f"long_call : buy SPX call {self.width()} above short_call, same expiry")
        named = [f"legs condor({self.one_of(['0.16', '0.25'])} delta, {self.one_of(['25', '75'])} points)"]
        return self.one_of([put, call, [*put, *call], [*put, *call], named])

    def debit_spread(self) -> list[str]:
        """Bought and sold legs of one expiry that cost a debit, or little."""
        when = self.expiry()
        fund = self.fund()
        choices: list[Callable[[], list[str]]] = [
            lambda: [f"buy VIX call at {self.delta(30, 60)}, {when}", f"sell VIX call at {self.delta(10, 25)}, same expiry"],
            lambda: [f"sell 1 VIX call at {self.delta(40, 60)}, {when}", f"buy 2 VIX calls at {self.delta(15, 30)}, same expiry"],
            lambda: [f"high : buy SPX put at {self.delta(20, 45)}, {when}", f"sell SPX put {self.width()} below high, same expiry"],
            lambda: [f"buy {fund} call at {self.delta(35, 60)}, {when}", f"sell {fund} call at {self.delta(10, 30)}, same expiry"],
            lambda: [f"legs synthetic({self.one_of(['90%', '100%', '105%'])})"],
        ]  # fmt: skip
        return self.one_of(choices)()

    def bought(self) -> list[str]:
        """Legs that are bought only; they may be of several expiries and products."""
        count, when = self.number(1, 4), self.expiry()
        return self.one_of([
            lambda: [f"buy {count} VIX calls at {self.delta()}, {when}"],
            lambda: [f"buy {count} VIX calls at {self.delta()}, {when}"],
            lambda: [f"buy VIX call at {self.one_of(['110% of forward', 'strike 20', 'strike vx(1)', '95% of forward'])}, {when}"],
            lambda: [f"buy SPX put at {self.delta(10, 45)}, {when}"],
            lambda: [f"buy VIX call at {self.delta()}, {self.expiry(10, 30)}", f"buy 2 VIX puts at {self.delta()}, {self.expiry(31, 70)}"],
            lambda: [f"buy 2 VIX calls at {self.delta()}, {when}", f"buy SPX put at {self.delta()}, {self.expiry()}"],
            lambda: [f"buy {count} {self.fund()} {self.one_of(['calls', 'puts'])} at {self.delta()}, {when}"],
            lambda: [f"buy VXX call at {self.one_of(['110% of forward', 'strike vxx', '95% of forward'])}, {when}"],
            lambda: [f"buy SPX {self.one_of(['call', 'put'])} at {self.delta(30, 60)}, {self.number(20, 45) * 10} days"],
            lambda: [f"legs several({self.one_of(['0.25', '0.40'])} delta, {self.one_of(['25', '60'])} days)"],
        ])()  # fmt: skip

    def fund(self) -> str:
        return self.one_of(["VXX", "UVXY"])

    def futures(self) -> list[str]:
        """Futures alone, in spreads, beside options, and as what a conversion is made of."""
        month, days = self.number(1, 4), self.number(15, 100)
        return self.one_of([
            lambda: [f"{self.one_of(['buy', 'sell'])} {self.number(1, 2)} VX futures, month {month}"],
            lambda: [f"{self.one_of(['buy', 'sell'])} {self.number(1, 4)} VXM futures, {days} days"],
            lambda: [f"sell 1 VX future, month {month}", f"buy 1 VX future, month {month + self.number(1, 4)}"],
            lambda: [f"buy 1 VX future, month {month}", f"sell {self.number(5, 10)} VXM futures, same expiry"],
            lambda: [f"sell 1 VXM future, month {month}", f"buy 2 VIX calls at {self.delta()}, same expiry"],
            lambda: [
                f"buy 1 VIX call at strike vx(2), month {month}",
                "sell 1 VIX put at strike vx(2), same expiry",
                "sell 1 VXM future, same expiry",
            ],
        ])()  # fmt: skip

    def shares(self) -> list[str]:
        count = self.number(1, 4)
        return self.one_of([
            lambda: [f"buy {count} SPX shares"],
            lambda: [f"buy {count}0 {self.fund()} shares"],
            lambda: [f"buy 100 {(fund := self.fund())} shares", f"buy {count} {fund} puts at {self.delta()}, {self.expiry()}"],
            lambda: [f"buy 1 SPX put at {self.delta()}, {self.expiry()}", "buy 100 SPX shares"],
            lambda: [f"buy {count}00 VXX shares", f"sell {self.number(1, 2)} VXM futures, {self.number(15, 50)} days"],
        ])()  # fmt: skip

    def written(self, cover: _Plan) -> list[str]:
        """Options sold against those that another layer buys, no longer than they."""
        bought = [leg.split() for leg in cover.held if leg.startswith("buy") and leg in cover.options]
        _, product, right = self.one_of(bought)
        alike = [leg for leg in cover.legs if f"buy {product} {right}" in _held_by(leg)]
        days = self.number(8, max(9, min(30, _longest(alike) - 10)))
        strike = self.one_of([f"{self.delta(15, 40)}", f"{self.one_of(['105%', '120%'])} of forward"])
        return [f"write {product} {right} at {strike}, {days} days against {cover.path}"]

    def legs(self, shape: str, kind: str, cover: _Plan | None) -> tuple[str, ...]:
        if cover is not None:
            return tuple(self.written(cover))
        match shape:
            case "bought":
                return tuple(self.bought())
            case "short":
                return (f"sell SPX put at {self.one_of(['93% of forward', '0.12 delta', 'strike 3700'])}, {self.expiry()}",)
            case "future":
                return tuple(self.futures())
            case "shares":
                return tuple(self.shares())
            case _:
                return tuple(self.credit_spread() if self.chance(7 if kind == "book" else 3) else self.debit_spread())

    def size(self, plan: _Plan, seen: Sequence[_Plan]) -> str:
        few = self.number(1, 6)
        if plan.cover and self.chance(7):
            return f"size {self.one_of(['50%', '100%', '200%'])} of {plan.cover}.contracts"
        if plan.anchor:
            return self.one_of([f"size {few} contracts", f"size {self.table(['2 contracts', '1 contract', '3 contracts'])}"])
        choices: list[Callable[[], str]] = [
            lambda: f"size {few} contracts",
            lambda: f"size {self.table(['2 contracts', '0 contracts', f'{few} contracts'])}",
            lambda: f"size {self.one_of(['0.5%', '2%'])} of {self.money(seen, 0)}",
        ]
        if plan.takes_max_loss():
            choices.append(lambda: f"size max_loss {self.one_of(['1%', '2%', '4%'])} of {self.one_of(['equity', 'capital'])}")
        if not plan.earns:
            choices += [
                lambda: f"size {self.one_of(['0.3%', '1%', 'weight'])} of {self.one_of(['equity', 'cash', 'capital'])}",
                lambda: f"size {self.one_of(['$3_000', '$20_000'])}",
                lambda: f"size {self.table(['0.5%', '1%', '0%'])} of equity",
            ]
        if seen:
            choices.append(lambda: f"size {self.one_of(['50%', '200%'])} of {self.one_of(seen).path}.contracts")
            choices.append(lambda: f"size {self.one_of(['10%', '30%'])} of {self.attribute(seen, DECIDED_MONEY)}")
        return self.form(choices)

    def layer_lines(self, plan: _Plan, budgeted: bool) -> list[str]:
        """What a layer says, its head and braces aside."""
        seen = self.plans[: plan.number]
        lines = [*plan.legs]
        self.reach[:] = self.reach_of(plan.kind)
        with_share = budgeted and self.chance(8)
        if with_share:
            lines.append(f"share {self.number(5, 10) * 2}%")
        if self.wish.hedge_size and plan.kind == "hedge":
            lines.append(f"size {self.wish.hedge_size}")
        elif (not with_share and self.chance(7)) or self.chance(2) or not plan.takes_share() or plan.legs[0].startswith("legs"):
            lines.append(self.size(plan, seen))
        room = self.number(1, 4) if self.chance(5) else 0
        if room:
            lines.append(f"at most {room} lots")
        reason = f' as "reason {plan.number}"' if self.chance(3) else ""
        if plan.anchor:
            opening = self.one_of(OPENINGS)
            lines += [opening] if opening else []
            lines.append(f"close when age >= {self.number(2, 12)} sessions{reason}")
        else:
            self.reach[:] = [*seen, *(other for other in self.plans if other.anchor)]
            lines += [f"open {self.occasion(seen)}{reason}" for _ in range(self.number(0, 2))]
            self.reach[:] = self.reach_of(plan.kind)
            exits = self.number(1, 3)
            lines += ["hold to expiry"] if exits == 1 else [f"close when {self.of_lot(plan)}{reason}"]
        lines += [f"close when {self.of_lot(plan)}" for _ in range(self.number(0, 1))]
        if self.chance(2):
            lines.append(f"close {self.occasion(seen)}")
        if self.chance(6):
            lines.append(f"{self.roll(plan)}{reason}")
        if self.chance(1):
            lines.append(f"roll {self.occasion(seen)}")
        targets = [other for other in self.plans[plan.number + 1 :] if other.group == plan.group]
        if targets and self.chance(6):
            lines.append(f"roll into {self.one_of(targets).name} when {self.of_lot(plan)}{reason}")
        if self.chance(4):
            lines.append(f"rebalance {self.occasion(seen) if self.chance(7) else f'when {self.of_lot(plan)}'}{reason}")
        if room > 1 and self.chance(7) and not (self.wish.hedge_size and plan.kind == "hedge"):
            lines += [self.add(plan, seen) for _ in range(self.number(1, 2))]
        if plan.takes_proxy() and not self.wish.options_only and self.chance(4):
            when = self.one_of([lambda: self.condition(1), lambda: f"vix > {self.number(12, 24)}"])()
            lines.append(f"proxy {self.fund()} shares when {when}{reason}")
        return lines

    def roll(self, plan: _Plan) -> str:
        """A roll within the layer, in all its forms."""
        sides = sorted({leg.split()[2] for leg in plan.options})
        if sides and self.chance(3):
            return f"roll {self.one_of(sides)}s {self.one_of([lambda: self.occasion(()), lambda: f'when {self.of_lot(plan)}'])()}"
        keeping = self.one_of(["", "", " keeping contracts", " keeping premium", " keeping delta"])
        if not plan.has("dte") or self.chance(6):
            return f"roll{keeping} when {self.of_lot(plan)}"
        if self.chance(5):
            far = self.one_of([f"{self.number(30, 90)} days", f"{self.number(3, 6)}0..120 days", "50 days monthly", "month 2", "month 3"])
            return f"roll to {far}{keeping} when dte <= {self.number(8, 29)} days"
        return f"roll to {plan.longest + self.number(1, 40)} days{keeping} {self.occasion(())}"

    def add(self, plan: _Plan, seen: Sequence[_Plan]) -> str:
        sources = [other for other in seen if other.kind == plan.kind or plan.kind == "hedge"]
        when = self.one_of([lambda: f"when {self.event(1, seen)}", lambda: f"every {self.number(2, 6)} sessions"])()
        if sources and self.chance(5):
            return f"add from {self.one_of(sources).path}.gains {when}"
        amounts = ["1 contract", "2 contracts", "$4_000", "1% of equity", "weight of cash"]
        return f"add {self.one_of(amounts)} {when}"

    # Groups

    def unwind(self, seen: Sequence[_Plan]) -> str:
        until = f" until {self.condition(1, seen)}" if self.chance(5) else ""
        condition = self.one_of([
            lambda: f"vix > {self.number(17, 30)}",
            lambda: f"vx(1) / vx(2) - 1 > {self.number(0, 6)}%",
            lambda: "quick_ratio < 1.5",
            lambda: self.event(1, seen),
            lambda: self.condition(2, seen),
        ])()  # fmt: skip
        # An `open` must not hold only while its hedge unwinds: none asks for money of this kind.
        return f'unwind when ({condition}) and equity > $1{until} as "stress"'

    def group(self, name: str, kind: str) -> GroupText:
        plans = [plan for plan in self.plans if plan.group == name]
        seen = self.plans[: plans[0].number]
        self.reach[:] = self.reach_of(kind)
        alone = plans[0].path == name
        said = self.wish.hedge_says if kind == "hedge" else None
        statements = list(self.said(kind, plans, seen) if said is None else said)
        budgeted = any(line.startswith("budget") for line in statements)
        if alone:
            return GroupText(f"{kind} {name}", (*statements, *self.layer_lines(plans[0], budgeted)))
        if self.chance(2):
            statements.append(f"close when age >= {self.number(8, 30)} sessions")
        layers = []
        for plan in plans:
            lines = self.layer_lines(plan, budgeted)
            layers.append("\n".join([f"layer {plan.name} {{", *(f"    {line}" for line in lines), "  }"]))
        if budgeted:
            layers = _with_shares(layers)
        if said is None and kind == "hedge":
            statements += self.between(plans, layers)
        return GroupText(f"{kind} {name}", tuple(statements), tuple(layers))

    def between(self, plans: Sequence[_Plan], layers: Sequence[str]) -> list[str]:
        """What a hedge says of its layers together: shifts between those with a share, and a band kept by some of them."""
        statements = []
        sharing = [plan.name for plan, layer in zip(plans, layers, strict=True) if "    share " in layer]
        if len(sharing) > 1 and self.chance(7):
            source = self.one_of(sharing)
            target = self.one_of([name for name in sharing if name != source])
            when = self.one_of([lambda: f"when {self.event(1)}", lambda: "every 5 sessions", lambda: "every week"])()
            statements.append(f"shift {self.one_of(['4%', '10%', '60%'])} from {source} to {target} {when}")
        if self.chance(4) and not self.wish.hedge_size:
            chosen = [plan.name for plan in plans if self.chance(6)] or [plans[0].name]
            low, high = self.one_of([("-0.05", "0.02"), ("0.01", "0.06"), ("-0.30", "-0.10"), ("0", "rsi(vix, 5) / 500")])
            statements.append(f"keep net_beta in {low} .. {high} using {', '.join(chosen)}")
        return statements

    def said(self, kind: str, plans: Sequence[_Plan], seen: Sequence[_Plan]) -> list[str]:
        """What a group says outside its layers."""
        statements: list[str] = []
        if kind == "book":
            return statements
        if self.chance(4):
            kept = f", kept {self.number(1, 12)} months" if self.chance(6) else ""
            base = self.one_of(["equity", "capital", "equity", self.one_of(self.reach).path + ".notional"])
            statements.append(f"budget {self.one_of(['6%', '20%'])} of {base} per year, paid monthly{kept}")
        if self.chance(3):
            statements.append(f"unit {self.one_of(['1', '2', '0.5'])} per $1_000_000 of {self.one_of(['capital', 'equity'])}")
        if self.chance(4):
            limits = ["2% of equity", "$15_000", "weight of equity"]
            limits += [f"40% of {plan.path}.credit" for plan in seen if plan.has("credit")]
            statements.append(f"limit cost to {self.one_of(limits)}")
        if len(plans) > 1 and self.chance(4):
            chosen = [plan.name for plan in plans if self.chance(7)]
            if len(chosen) > 1:
                statements.append(f"first {', then '.join(chosen)}")
        if self.chance(5):
            statements += [self.unwind(seen) for _ in range(self.number(1, 2))]
        return statements

    def plan(self) -> list[tuple[str, str]]:
        """Names of the groups; their layers stand in `plans`."""
        with_hedge = self.wish.apart or self.wish.hedge_says is not None
        groups = [("condors", "book")]
        layers = [["condors"] if self.chance(6) else [f"condors.{name}" for name in ("near", "away")[: self.number(1, 2)]]]
        if self.chance(2) and not self.wish.apart:
            groups, layers = [], []
        elif self.chance(2):
            groups.append(("puts", "book"))
            layers.append(["puts"])
        if not groups or with_hedge or self.chance(9):
            groups.append(("alvh", "hedge"))
            layers.append([f"alvh.{name}" for name in ("front", "medium", "far", "press")[: self.one_of([1, 2, 2, 3, 3, 4])]])
            if self.chance(1):
                groups.append(("tail", "hedge"))
                layers.append(["tail.calls"])
        pairs = [(path, name, kind) for (name, kind), paths in zip(groups, layers, strict=True) for path in paths]
        anchor = self.one_of([place for place, (_, _, kind) in enumerate(pairs) if kind == "book" or not self.wish.apart])
        shapes = {"book": ["spread", "spread", "spread", "short", "bought"], "hedge": ["spread", "bought", "bought"]}
        if not self.wish.options_only:
            shapes = {kind: [*shapes[kind], *shapes[kind], "future", "shares", "shares" if kind == "book" else "future"] for kind in shapes}
        for number, (path, name, kind) in enumerate(pairs):
            self.plans.append(self.planned(path, name, kind, number == anchor, self.one_of(shapes[kind])))
        self.reach.append(self.plans[anchor])
        return groups

    def planned(self, path: str, name: str, kind: str, is_anchor: bool, shape: str) -> _Plan:
        reachable = [plan for plan in self.plans if (plan.kind == "book" or kind == "hedge") and plan.longest > 20]
        covers = [plan for plan in reachable if plan.options and all(leg.startswith("buy") for leg in plan.held)]
        cover = self.one_of(covers) if covers and not is_anchor and not self.wish.options_only and self.chance(4) else None
        legs = self.legs(shape, kind, cover)
        held = tuple(one for leg in legs for one in _held_by(leg))
        return _Plan(path, name, kind, len(self.plans), is_anchor, legs, held, _longest(legs), "" if cover is None else cover.path)

    def reach_of(self, kind: str) -> list[_Plan]:
        return [plan for plan in self.plans if plan.kind == "book" or kind == "hedge" or not self.wish.apart]

    def program(self) -> ProgramText:
        wish = self.wish
        if self.chance(5):
            self.params["delta"] = ["wished"]
        groups = self.plan()
        is_fractional = self.chance(4) if wish.fractional is None else wish.fractional
        declarations = [
            'strategy "written"',
            f"capital {self.one_of(['$1_000_000', '$1_000_000', '$250_000', '$60_000'])}",
            f"costs {wish.costs or self.one_of(['listed', 'listed', 'crowded', 'none'])}",
            f"fill {wish.fill or self.one_of(FILLS)}",
            f"contracts {'fractional' if is_fractional else 'whole'}",
            "input ad_line : index",
            "input signal : condition",
            "input weight : ratio",
            "calendar cpi",
        ]
        declarations += self.declared()
        written = [self.group(name, kind) for name, kind in groups]
        said = "\n".join(group.write() for group in written)
        declarations += [structure for structure in STRUCTURES if f"legs {_name_of(structure)}(" in said]
        if self.chance(2) if wish.hold is None else wish.hold:
            written.append(GroupText("book market", ("hold SPX",)))
        return ProgramText(tuple(declarations), tuple(written))

    def declared(self) -> list[str]:
        """Params, lets and triggers, each free to read those before it."""
        lines: list[str] = []

        def declare(kind: str, name: str, line: str) -> None:
            lines.append(line)
            self.params.setdefault(kind, []).append(name)

        if "delta" in self.params:
            lines.append("param wished = 0.30 delta in 0.10 delta .. 0.60 delta")
        if self.chance(5):
            declare("ratio", "part", "param part = 2% in 0% .. 10%")
        if self.chance(5):
            declare("volatility", "level", f"let level = {self.volatility(2)}")
        if self.chance(5):
            declare("ratio", "slope", f"let slope = {self.ratio(2)}")
        if self.chance(6):
            declare("condition", "fear", f"trigger fear = {self.condition(2)}")
        if self.chance(3):
            declare("condition", "latched", f"trigger latched = {self.event(1)} or (prev(latched) and not {self.comparison(0)})")
        return lines


def _with_shares(layers: list[str]) -> list[str]:
    """Shares of one budget add up to all of it at most: each is divided by the number of layers."""
    cut: list[str] = []
    for layer in layers:
        lines = layer.split("\n")
        for place, line in enumerate(lines):
            if line.strip().startswith("share "):
                stated = int(line.strip().removeprefix("share ").removesuffix("%"))
                lines[place] = f"    share {stated // len(layers)}%"
        cut.append("\n".join(lines))
    return cut


def _name_of(structure: str) -> str:
    return structure.removeprefix("structure ").partition("(")[0]


def _held_by(line: str) -> list[str]:
    """The legs of a line: of a leg itself, of `legs NAME(..)` those of the structure. Each as `side PRODUCT right`."""
    if line.startswith("legs "):
        (body,) = (structure for structure in STRUCTURES if line.startswith(f"legs {_name_of(structure)}("))
    else:
        body = line
    return [f"{side} {product} {right}" for side, product, right in LEG.findall(body)]


def _longest(legs: Sequence[str]) -> int:
    """No expiry of these legs is chosen further out; structures tell at most 75 days."""
    days = [int(number) for leg in legs for number in re.findall(r"(\d+) days", leg)]
    months = [35 * int(number) for leg in legs for number in re.findall(r"month (\d+)", leg)]
    if legs[0].startswith("legs") and not days:
        return 75
    return max([*days, *months, 35 if "next monthly" in " ".join(legs) else 0])
