"""The syntax tree: frozen values that hold what a file says, with every span and no inferred meaning."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from attrs import field, frozen

from alvh.grammar.source import Span


def _span() -> Span:
    """A span that takes no part in comparison: equal trees mean the same, wherever they stand."""
    return field(eq=False, repr=False, kw_only=True)


@frozen
class Node:
    span: Span = _span()


@frozen
class Comment(Node):
    """A comment, `#` included. Comments stand beside the tree in `File.comments`, found by their spans."""

    text: str


@frozen
class Identifier(Node):
    """A name where it is declared or referred to as such (a label, a layer, a calendar)."""

    name: str


@frozen
class Path(Node):
    """`alvh.front`, as `change`, `drop` and `expect` say it."""

    parts: tuple[Identifier, ...]

    @property
    def name(self) -> str:
        return ".".join(part.name for part in self.parts)


# ---- expressions ---------------------------------------------------------------------------------


@frozen
class Expression(Node):
    pass


Unit: TypeAlias = OneOf["", "%", "$", "points", "delta", "days", "sessions", "contracts", "months", "lots"]


@frozen
class Literal(Expression):
    """`20`, `8%` (value 0.08), `$5`, `0.16 delta`, `30 days`; `text` is what stood in the file, unit included."""

    value: float
    unit: str
    text: str = field(eq=False)


@frozen
class Name(Expression):
    name: str


@frozen
class Attribute(Expression):
    """`condors.profit`, `spx.open`, `macd(vix).line`, `alvh.front.value`."""

    owner: Expression
    name: Identifier


@frozen
class Call(Expression):
    """`rsi(vix, 14)`, `vx(1)`, `vx(30 days)`, `prev(x, 5 sessions)`."""

    function: Identifier
    arguments: tuple[Expression, ...]


@frozen
class Negate(Expression):
    operand: Expression


@frozen
class Arithmetic(Expression):
    operator: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression


@frozen
class Comparison(Expression):
    operator: OneOf["<", "<=", ">", ">=", "=", "!="]
    left: Expression
    right: Expression


@frozen
class InRange(Expression):
    """`x in a .. b`, both ends included."""

    value: Expression
    low: Expression
    high: Expression


@frozen
class Not(Expression):
    operand: Expression


@frozen
class Logic(Expression):
    operator: OneOf["and", "or"]
    left: Expression
    right: Expression


@frozen
class Crosses(Expression):
    direction: OneOf["above", "below"]
    left: Expression
    right: Expression


@frozen
class Edge(Expression):
    """`C begins`, `C ends`."""

    condition: Expression
    which: OneOf["begins", "ends"]


@frozen
class ForSessions(Expression):
    """`C for 3 sessions`."""

    condition: Expression
    length: Expression


@frozen
class Within(Expression):
    """`within 5 sessions before|after|of E`."""

    length: Expression
    relation: OneOf["before", "after", "of"]
    event: Expression


@frozen
class Conditional(Expression):
    """`A when C else B`."""

    value: Expression
    condition: Expression
    otherwise: Expression


@frozen
class TableRow(Node):
    """`below a : u`, `from a : u`, `up to a : u`, `above a : u`."""

    relation: OneOf["below", "from", "up to", "above"]
    bound: Expression
    value: Expression


@frozen
class Table(Expression):
    """`by x { ... }`."""

    subject: Expression
    rows: tuple[TableRow, ...]


@frozen
class Share(Expression):
    """`R of X`: `4% of equity`, `by vix { ... } of anchor.contracts`."""

    ratio: Expression
    base: Expression


@frozen
class Per(Expression):
    """`1 contract per $50_000 of capital`, `1 per $1_000_000 of capital`."""

    quantity: Expression
    amount: Expression
    base: Expression


@frozen
class Holding(Expression):
    """`near is open`, `near is closed`, `condors opens`, `near closes`, `near rolls`, `size changes`.

    `owner` is a Name, or an Attribute of two names (`alvh.front`)."""

    owner: Expression
    state: OneOf["is open", "is closed", "opens", "closes", "rolls", "changes"]


# ---- positions -----------------------------------------------------------------------------------


@frozen
class Strike(Node):
    """`at 0.16 delta` (delta), `at 110% of forward` (forward), `at strike 30` (strike),
    `25 points below short_put` (below, above; `reference` names the other leg)."""

    manner: OneOf["delta", "forward", "strike", "below", "above"]
    value: Expression
    reference: Identifier | None = None


@frozen
class Expiry(Node):
    """`30 days` (days), `45..60 days` (range; `low`, `high`), `month 2` (month), `next monthly`, `same expiry`.

    `low` and `high` are Literals in days or Names of params; `monthly` after days or a range keeps weeklies out."""

    manner: OneOf["days", "range", "month", "next monthly", "same expiry"]
    low: Expression | None = None
    high: Expression | None = None
    monthly_only: bool = False


@frozen
class Schedule(Node):
    """`on vix_expiry` (on; `calendar`), `every week|month|day` (every; `period`), `every 5 sessions` (every; `length`)."""

    manner: OneOf["on", "every"]
    calendar: Identifier | None = None
    period: str | None = None
    length: Expression | None = None


@frozen
class Statement(Node):
    pass


@frozen
class Leg(Statement):
    """`short_put : sell 2 SPX puts at 0.16 delta, 45 days`."""

    label: Identifier | None
    side: OneOf["buy", "sell"]
    count: Expression | None
    product: Identifier
    right: OneOf["call", "put"] | None
    strike: Strike | None
    expiry: Expiry | None


@frozen
class ExpiryRule(Statement):
    """`expiry 45..60 days`: the expiry of every leg that states none."""

    expiry: Expiry


@frozen
class Size(Statement):
    """`size 2% of equity`, `size max_loss 2% of equity`, `size 2 contracts`."""

    max_loss: bool
    value: Expression


@frozen
class AtMost(Statement):
    """`at most 6 lots`."""

    count: Expression


@frozen
class Action(Statement):
    """What `open`, `close`, `roll` and `rebalance` share: when, and the reason that the journal shows."""

    schedule: Schedule | None = field(default=None, kw_only=True)
    condition: Expression | None = field(default=None, kw_only=True)
    reason: str | None = field(default=None, kw_only=True)


@frozen
class Open(Action):
    pass


@frozen
class Close(Action):
    pass


@frozen
class Roll(Action):
    """`roll`, `roll into medium`."""

    into: Path | None = field(default=None, kw_only=True)


@frozen
class Rebalance(Action):
    pass


@frozen
class HoldToExpiry(Statement):
    pass


@frozen
class HoldIndex(Statement):
    """`hold SPX`: what the hedge does not use stays in the index."""

    product: Identifier


@frozen
class ShareOfBudget(Statement):
    """`share 40%`."""

    value: Expression


@frozen
class UnitRule(Statement):
    """`unit 1 per $1_000_000 of capital`: `value` is a Per, or any number."""

    value: Expression


@frozen
class Budget(Statement):
    """`budget 1.5% of equity per year, paid monthly, kept 12 months`."""

    amount: Expression
    kept: Expression | None


@frozen
class LimitCost(Statement):
    """`limit cost to 18% of condors.credit`."""

    amount: Expression


@frozen
class Priority(Statement):
    """`first front, then medium, then far`."""

    order: tuple[Path, ...]


@frozen
class Unwind(Statement):
    condition: Expression
    until: Expression | None
    reason: str | None


@frozen
class Removal(Statement):
    """`no unwind`, inside `change PATH { ... }`: removes every statement of that verb (`no legs` all legs)."""

    verb: str


# ---- declarations --------------------------------------------------------------------------------


@frozen
class Declaration(Node):
    pass


@frozen
class Title(Declaration):
    """`strategy "..."  about "..."`."""

    title: str
    about: str | None


@frozen
class Setting(Declaration):
    """`capital $1_000_000` (value), `costs none` / `fill next open` / `contracts fractional` (choice)."""

    name: str
    value: Expression | None
    choice: str | None


@frozen
class Use(Declaration):
    path: str


@frozen
class Param(Declaration):
    name: Identifier
    value: Expression
    low: Expression | None
    high: Expression | None


@frozen
class Let(Declaration):
    name: Identifier
    value: Expression


@frozen
class Trigger(Declaration):
    name: Identifier
    condition: Expression


@frozen
class Input(Declaration):
    """`input reer : index lag 45 days`; `kind` is the word as written (index, number, ratio, money, condition)."""

    name: Identifier
    kind: Identifier
    lag: Expression | None


@frozen
class Calendar(Declaration):
    """`calendar cpi, ppi, fomc`."""

    names: tuple[Identifier, ...]


@frozen
class Layer(Declaration):
    name: Identifier
    alias: str | None
    body: tuple[Statement, ...]


@frozen
class Book(Declaration):
    name: Identifier
    body: tuple[Statement | Layer, ...]


@frozen
class Hedge(Declaration):
    name: Identifier
    body: tuple[Statement | Layer, ...]


@frozen
class ChangeValue(Declaration):
    """`change backwardation = vix / vx(1) - 1`."""

    name: Identifier
    value: Expression


@frozen
class ChangeBody(Declaration):
    """`change alvh.front { ... }`; `body` may hold Removals, Statements and Layers."""

    path: Path
    body: tuple[Statement | Layer, ...]


@frozen
class Drop(Declaration):
    path: Path


@frozen
class Claim(Declaration):
    """`claim drawdown_cut : reduction(max_drawdown) in 35% .. 40%  vs "unhedged.alvh"`; judged elsewhere."""

    name: Identifier
    measure: Expression
    against: str | None = field(default=None, kw_only=True)
    without: Path | None = field(default=None, kw_only=True)
    on_days: Expression | None = field(default=None, kw_only=True)
    scenario: str | None = field(default=None, kw_only=True)
    setting: tuple[str, ...] = field(default=(), kw_only=True)


@frozen
class TestStep(Node):
    """One line of a `test`: `calm 90 sessions at vix 14`, `move vix to 19, spx by -2.5% in 3 sessions`,
    `expect PATH opens within 4 sessions`, `expect PATH is closed`."""


@frozen
class Calm(TestStep):
    length: Expression
    level: Expression


@frozen
class Move(TestStep):
    """`targets`: series name, "to" or "by", value."""

    targets: tuple[tuple[str, OneOf["to", "by"], Expression], ...]
    length: Expression


@frozen
class Expect(TestStep):
    condition: Expression
    within: Expression | None


@frozen
class Test(Declaration):
    __test__ = False  # pytest would take the class for a test

    title: str
    steps: tuple[TestStep, ...]


@frozen
class File(Node):
    """One parsed file. A part that could not be parsed is missing here and is a diagnostic instead."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(eq=False, default=())
