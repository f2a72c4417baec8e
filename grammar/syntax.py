"""The syntax tree: frozen values that hold what a file says, with every span and no inferred meaning."""

from __future__ import annotations

from typing import Any, TypeAlias
from typing import Literal as OneOf

from attrs import field, fields, frozen

from alvh.grammar.source import Span

_compared: dict[type[Any], tuple[str, ...]] = {}


def _compared_fields(declared: type[Any]) -> tuple[str, ...]:
    names = _compared.get(declared)
    if names is None:
        names = _compared[declared] = tuple(attribute.name for attribute in fields(declared) if attribute.eq)
    return names


@frozen(eq=False, repr=False)
class Node:
    """Where something stands. The span takes no part in comparison: equal trees mean the same, wherever they stand.

    Comparison, hash and printing are written once, here: methods that attrs generates for each of sixty classes would double
    the time this file takes to load, which every cold `alvh check` pays.
    """

    span: Span = field(eq=False, repr=False, kw_only=True)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _compared_fields(self.__class__))

    def __hash__(self) -> int:
        return hash((self.__class__, *[getattr(self, name) for name in _compared_fields(self.__class__)]))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in _compared_fields(self.__class__))
        return f"{self.__class__.__name__}({shown})"


@frozen(eq=False, repr=False)
class Comment(Node):
    """A comment, `#` included. Comments stand beside the tree in `File.comments`, found by their spans."""

    text: str


@frozen(eq=False, repr=False)
class Identifier(Node):
    """A name where it is declared or referred to as such (a label, a layer, a calendar)."""

    name: str


@frozen(eq=False, repr=False)
class Path(Node):
    """`alvh.front`, as `change`, `drop` and `expect` say it."""

    parts: tuple[Identifier, ...]

    @property
    def name(self) -> str:
        return ".".join(part.name for part in self.parts)


# ---- expressions ---------------------------------------------------------------------------------


@frozen(eq=False, repr=False)
class Expression(Node):
    pass


Unit: TypeAlias = OneOf["", "%", "$", "points", "delta", "days", "sessions", "contracts", "months", "lots"]


@frozen(eq=False, repr=False)
class Literal(Expression):
    """`20`, `8%` (value 0.08), `$5`, `0.16 delta`, `30 days`; `text` is what stood in the file, unit included."""

    value: float
    unit: str
    text: str = field(eq=False)


@frozen(eq=False, repr=False)
class Name(Expression):
    name: str


@frozen(eq=False, repr=False)
class Attribute(Expression):
    """`condors.profit`, `spx.open`, `macd(vix).line`, `alvh.front.value`."""

    owner: Expression
    name: Identifier


@frozen(eq=False, repr=False)
class Call(Expression):
    """`rsi(vix, 14)`, `vx(1)`, `vx(30 days)`, `prev(x, 5 sessions)`."""

    function: Identifier
    arguments: tuple[Expression, ...]


@frozen(eq=False, repr=False)
class Negate(Expression):
    operand: Expression


@frozen(eq=False, repr=False)
class Arithmetic(Expression):
    operator: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression


@frozen(eq=False, repr=False)
class Comparison(Expression):
    operator: OneOf["<", "<=", ">", ">=", "=", "!="]
    left: Expression
    right: Expression


@frozen(eq=False, repr=False)
class InRange(Expression):
    """`x in a .. b`, both ends included."""

    value: Expression
    low: Expression
    high: Expression


@frozen(eq=False, repr=False)
class Not(Expression):
    operand: Expression


@frozen(eq=False, repr=False)
class Logic(Expression):
    operator: OneOf["and", "or"]
    left: Expression
    right: Expression


@frozen(eq=False, repr=False)
class Crosses(Expression):
    direction: OneOf["above", "below"]
    left: Expression
    right: Expression


@frozen(eq=False, repr=False)
class Edge(Expression):
    """`C begins`, `C ends`."""

    condition: Expression
    which: OneOf["begins", "ends"]


@frozen(eq=False, repr=False)
class ForSessions(Expression):
    """`C for 3 sessions`."""

    condition: Expression
    length: Expression


@frozen(eq=False, repr=False)
class Within(Expression):
    """`within 5 sessions before|after|of E`."""

    length: Expression
    relation: OneOf["before", "after", "of"]
    event: Expression


@frozen(eq=False, repr=False)
class Conditional(Expression):
    """`A when C else B`."""

    value: Expression
    condition: Expression
    otherwise: Expression


@frozen(eq=False, repr=False)
class TableRow(Node):
    """`below a : u`, `from a : u`, `up to a : u`, `above a : u`."""

    relation: OneOf["below", "from", "up to", "above"]
    bound: Expression
    value: Expression


@frozen(eq=False, repr=False)
class Table(Expression):
    """`by x { ... }`."""

    subject: Expression
    rows: tuple[TableRow, ...]


@frozen(eq=False, repr=False)
class Share(Expression):
    """`R of X`: `4% of equity`, `by vix { ... } of anchor.contracts`."""

    ratio: Expression
    base: Expression


@frozen(eq=False, repr=False)
class Per(Expression):
    """`1 contract per $50_000 of capital`, `1 per $1_000_000 of capital`."""

    quantity: Expression
    amount: Expression
    base: Expression


@frozen(eq=False, repr=False)
class Holding(Expression):
    """`near is open`, `near is closed`, `condors opens`, `near closes`, `near rolls`, `size changes`.

    `owner` is a Name, or an Attribute of two names (`alvh.front`)."""

    owner: Expression
    state: OneOf["is open", "is closed", "opens", "closes", "rolls", "changes"]


# ---- positions -----------------------------------------------------------------------------------


@frozen(eq=False, repr=False)
class Strike(Node):
    """`at 0.16 delta` (delta), `at 110% of forward` (forward), `at strike 30` (strike),
    `25 points below short_put` (below, above; `reference` names the other leg)."""

    manner: OneOf["delta", "forward", "strike", "below", "above"]
    value: Expression
    reference: Identifier | None = None


@frozen(eq=False, repr=False)
class Expiry(Node):
    """`30 days` (days), `45..60 days` (range; `low`, `high`), `month 2` (month), `next monthly`, `same expiry`.

    `low` and `high` are Literals in days or Names of params; `monthly` after days or a range keeps weeklies out."""

    manner: OneOf["days", "range", "month", "next monthly", "same expiry"]
    low: Expression | None = None
    high: Expression | None = None
    monthly_only: bool = False


@frozen(eq=False, repr=False)
class Schedule(Node):
    """`on vix_expiry` (on; `calendar`), `every week|month|day` (every; `period`), `every 5 sessions` (every; `length`)."""

    manner: OneOf["on", "every"]
    calendar: Identifier | None = None
    period: str | None = None
    length: Expression | None = None


@frozen(eq=False, repr=False)
class Statement(Node):
    pass


Right: TypeAlias = OneOf["call", "put", "future", "shares"]


@frozen(eq=False, repr=False)
class Leg(Statement):
    """`short_put : sell 2 SPX puts at 0.16 delta, 45 days`, `buy VX future, month 1`, `buy VXX shares`,
    `write VIX calls at 0.25 delta, 20..30 days against anchor` (`against`; the side is sell)."""

    label: Identifier | None
    side: OneOf["buy", "sell"]
    count: Expression | None
    product: Identifier
    right: Right
    strike: Strike | None
    expiry: Expiry | None
    against: Path | None = None


@frozen(eq=False, repr=False)
class Legs(Statement):
    """`legs condor(0.16 delta)`: the legs of a structure, with what stands for its parameters."""

    structure: Identifier
    arguments: tuple[Expression, ...]


@frozen(eq=False, repr=False)
class ExpiryRule(Statement):
    """`expiry 45..60 days`: the expiry of every leg that states none."""

    expiry: Expiry


@frozen(eq=False, repr=False)
class Size(Statement):
    """`size 2% of equity`, `size max_loss 2% of equity`, `size 2 contracts`."""

    max_loss: bool
    value: Expression


@frozen(eq=False, repr=False)
class AtMost(Statement):
    """`at most 6 lots`."""

    count: Expression


@frozen(eq=False, repr=False)
class Action(Statement):
    """What acts on an occasion: when, and the reason that the journal shows."""

    schedule: Schedule | None = field(default=None, kw_only=True)
    condition: Expression | None = field(default=None, kw_only=True)
    reason: str | None = field(default=None, kw_only=True)


@frozen(eq=False, repr=False)
class Open(Action):
    pass


@frozen(eq=False, repr=False)
class Close(Action):
    pass


@frozen(eq=False, repr=False)
class Roll(Action):
    """`roll`, `roll into medium`, `roll to 60 days`, `roll puts`, each with `keeping contracts|premium|delta`."""

    side: OneOf["call", "put"] | None = field(default=None, kw_only=True)
    into: Path | None = field(default=None, kw_only=True)
    to: Expiry | None = field(default=None, kw_only=True)
    keeping: OneOf["contracts", "premium", "delta"] | None = field(default=None, kw_only=True)


@frozen(eq=False, repr=False)
class Rebalance(Action):
    pass


@frozen(eq=False, repr=False)
class Add(Action):
    """`add 2 contracts`, `add 1% of equity` (amount), `add from near.gains` (source)."""

    amount: Expression | None = field(default=None, kw_only=True)
    source: Expression | None = field(default=None, kw_only=True)


@frozen(eq=False, repr=False)
class Proxy(Action):
    """`proxy VXX shares when vx_volume < 20_000`: what stands in for the legs."""

    product: Identifier = field(kw_only=True)
    right: Right = field(kw_only=True)


@frozen(eq=False, repr=False)
class Shift(Action):
    """`shift 10% from tail to fast when regime_up`: points of the budget's share."""

    amount: Expression = field(kw_only=True)
    source: Path = field(kw_only=True)
    target: Path = field(kw_only=True)


@frozen(eq=False, repr=False)
class HoldToExpiry(Statement):
    pass


@frozen(eq=False, repr=False)
class HoldIndex(Statement):
    """`hold SPX`: what the hedge does not use stays in the index."""

    product: Identifier


@frozen(eq=False, repr=False)
class ShareOfBudget(Statement):
    """`share 40%`."""

    value: Expression


@frozen(eq=False, repr=False)
class UnitRule(Statement):
    """`unit 1 per $1_000_000 of capital`: `value` is a Per, or any number."""

    value: Expression


@frozen(eq=False, repr=False)
class Budget(Statement):
    """`budget 1.5% of equity per year, paid monthly, kept 12 months`."""

    amount: Expression
    kept: Expression | None


@frozen(eq=False, repr=False)
class LimitCost(Statement):
    """`limit cost to 18% of condors.credit`."""

    amount: Expression


@frozen(eq=False, repr=False)
class Priority(Statement):
    """`first front, then medium, then far`."""

    order: tuple[Path, ...]


@frozen(eq=False, repr=False)
class Keep(Statement):
    """`keep net_beta in 0.08 .. 0.12 using two, three`."""

    value: Expression
    low: Expression
    high: Expression
    layers: tuple[Path, ...]


@frozen(eq=False, repr=False)
class Unwind(Statement):
    condition: Expression
    until: Expression | None
    reason: str | None


@frozen(eq=False, repr=False)
class Removal(Statement):
    """`no unwind`, inside `change PATH { ... }`: removes every statement of that verb (`no legs` all legs)."""

    verb: str


# ---- declarations --------------------------------------------------------------------------------


@frozen(eq=False, repr=False)
class Declaration(Node):
    pass


@frozen(eq=False, repr=False)
class Title(Declaration):
    """`strategy "..."  about "..."`."""

    title: str
    about: str | None


@frozen(eq=False, repr=False)
class Setting(Declaration):
    """`capital $1_000_000` (value), `costs none` / `fill next open` / `contracts fractional` (choice)."""

    name: str
    value: Expression | None
    choice: str | None


@frozen(eq=False, repr=False)
class Use(Declaration):
    path: str


@frozen(eq=False, repr=False)
class Param(Declaration):
    name: Identifier
    value: Expression
    low: Expression | None
    high: Expression | None


@frozen(eq=False, repr=False)
class Let(Declaration):
    name: Identifier
    value: Expression


@frozen(eq=False, repr=False)
class Trigger(Declaration):
    name: Identifier
    condition: Expression


@frozen(eq=False, repr=False)
class Input(Declaration):
    """`input reer : index lag 45 days`; `kind` is the word as written (index, number, ratio, money, condition)."""

    name: Identifier
    kind: Identifier
    lag: Expression | None


@frozen(eq=False, repr=False)
class Calendar(Declaration):
    """`calendar cpi, ppi, fomc`."""

    names: tuple[Identifier, ...]


@frozen(eq=False, repr=False)
class Parameter(Node):
    """`short_delta : delta`; `kind` is the word as written."""

    name: Identifier
    kind: Identifier


@frozen(eq=False, repr=False)
class Structure(Declaration):
    """`structure condor(short_delta : delta) { ... }`: legs that a layer takes over with `legs condor(0.16 delta)`."""

    name: Identifier
    parameters: tuple[Parameter, ...]
    body: tuple[Leg | Legs | ExpiryRule, ...]


@frozen(eq=False, repr=False)
class Layer(Declaration):
    name: Identifier
    alias: str | None
    body: tuple[Statement, ...]


@frozen(eq=False, repr=False)
class Book(Declaration):
    name: Identifier
    body: tuple[Statement | Layer, ...]


@frozen(eq=False, repr=False)
class Hedge(Declaration):
    name: Identifier
    body: tuple[Statement | Layer, ...]


@frozen(eq=False, repr=False)
class ChangeValue(Declaration):
    """`change backwardation = vix / vx(1) - 1`."""

    name: Identifier
    value: Expression


@frozen(eq=False, repr=False)
class ChangeBody(Declaration):
    """`change alvh.front { ... }`; `body` may hold Removals, Statements and Layers."""

    path: Path
    body: tuple[Statement | Layer, ...]


@frozen(eq=False, repr=False)
class Drop(Declaration):
    path: Path


@frozen(eq=False, repr=False)
class Claim(Declaration):
    """`claim drawdown_cut : reduction(max_drawdown) in 35% .. 40%  vs "unhedged.alvh"`; judged elsewhere."""

    name: Identifier
    measure: Expression
    against: str | None = field(default=None, kw_only=True)
    without: Path | None = field(default=None, kw_only=True)
    on_days: Expression | None = field(default=None, kw_only=True)
    scenario: str | None = field(default=None, kw_only=True)
    setting: tuple[str, ...] = field(default=(), kw_only=True)


@frozen(eq=False, repr=False)
class TestStep(Node):
    """One line of a `test`: `calm 90 sessions at vix 14`, `move vix to 19, spx by -2.5% in 3 sessions`,
    `expect PATH opens within 4 sessions`, `expect PATH is closed`."""


@frozen(eq=False, repr=False)
class Calm(TestStep):
    length: Expression
    level: Expression


@frozen(eq=False, repr=False)
class Move(TestStep):
    """`targets`: series name, "to" or "by", value."""

    targets: tuple[tuple[str, OneOf["to", "by"], Expression], ...]
    length: Expression


@frozen(eq=False, repr=False)
class Expect(TestStep):
    condition: Expression
    within: Expression | None


@frozen(eq=False, repr=False)
class Test(Declaration):
    __test__ = False  # pytest would take the class for a test

    title: str
    steps: tuple[TestStep, ...]


@frozen(eq=False, repr=False)
class File(Node):
    """One parsed file. A part that could not be parsed is missing here and is a diagnostic instead."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(eq=False, default=())
