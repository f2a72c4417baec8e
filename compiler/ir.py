"""The intermediate representation: a program as numbered stream nodes and the decisions that read them.

It is what the reference interpreter runs and what `emit_tables` and `emit_kernel` read. Everything is resolved: no names
to look up, no units to check, no syntax. Conditions are streams too: 1 true, 0 false, NaN unknown.
`docs/design/bar.md` says what each part does to a bar, operation by operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import field, frozen

from alvh.grammar.source import Span

NodeId: TypeAlias = int
"""Index into `Program.nodes`; a node's inputs have smaller ids, except a `delay`, which may read any node."""


@frozen
class Node:
    """One stream: a value a bar. What each `operation` means is in docs/design/bar.md, section "Streams".

    `stage` is when in a bar it is computed: 0 at the start of the decisions, k at the turn of layer k-1.
    `per_lot` nodes belong to the layer of their stage and are computed once for each of its open lots.
    """

    operation: str
    inputs: tuple[NodeId, ...] = ()
    value: float = 0.0
    """The constant of a `constant`; nothing otherwise."""
    name: str = ""
    """The series, attribute, param or calendar read."""
    owner: int = -1
    """The layer (index) whose attribute is read; -1 for none."""
    window: tuple[int, ...] = ()
    """Whole numbers: sessions, spans."""
    stage: int = 0
    per_lot: bool = False
    label: str = ""
    """What a journal or `why` calls it: the source text."""


@frozen
class Strike:
    """`delta`, `forward` (a ratio of it), `strike`, `below`, `above`: value in node `value`; `reference` is a leg's index."""

    manner: OneOf["delta", "forward", "strike", "below", "above"]
    value: NodeId
    reference: int = -1


@frozen
class Expiry:
    """`days` (nearest to `low`), `range` (nearest the middle of `low`..`high`, inside), `month` (the `low`-th monthly),
    `same` (the expiry of leg `reference`). `next monthly` is month 1. Days are calendar days."""

    manner: OneOf["days", "range", "month", "same"]
    low: float = 0.0
    high: float = 0.0
    monthly_only: bool = False
    reference: int = -1


Product: TypeAlias = OneOf["SPX", "VIX", "VX", "VXM", "VXX", "UVXY"]
Right: TypeAlias = OneOf["call", "put", "future", "shares"]
Fill: TypeAlias = OneOf["this close", "next open", "next close"]


@frozen
class Leg:
    """`ratio` is signed and in lowest terms over the structure: +1 bought, -2 sold twice.

    Futures (VX, VXM) have no strike, shares (SPX, VXX, UVXY) neither strike nor expiry."""

    label: str
    product: Product
    right: Right
    ratio: int
    strike: Strike | None
    expiry: Expiry | None

    @property
    def is_option(self) -> bool:
        return self.right in ("call", "put")

    @property
    def multiplier(self) -> float:
        """Dollars a point of one contract or share."""
        return MULTIPLIERS[self.product, self.is_option]

    @property
    def weight(self) -> float:
        """The leg's price times this is what one structure pays for it, in hundreds of dollars."""
        return self.ratio * (self.multiplier / 100.0)


MULTIPLIERS: Mapping[tuple[str, bool], float] = {
    ("SPX", True): 100.0,
    ("VIX", True): 100.0,
    ("VXX", True): 100.0,
    ("UVXY", True): 100.0,
    ("VX", False): 1000.0,
    ("VXM", False): 100.0,
    ("SPX", False): 1.0,
    ("VXX", False): 1.0,
    ("UVXY", False): 1.0,
}
"""Dollars a point, by product and whether it is an option on it (quant.md 2.4 to 2.7)."""


@frozen
class Rule:
    """One line that acts. `condition` includes its schedule; -1 means always.

    `reads` are the nodes whose values the journal shows. `into` is a roll's target layer, -1 itself."""

    verb: OneOf["open", "close", "roll", "rebalance", "add", "proxy", "unwind", "shift", "keep"]
    condition: NodeId
    reason: str
    span: Span = field(eq=False, repr=False)
    reads: tuple[NodeId, ...] = ()
    into: int = -1
    to: Expiry | None = None
    """`roll to EXPIRY`: what replaces the expiry of the layer's legs."""
    keeping: OneOf["", "contracts", "premium", "delta"] = ""
    side: OneOf["", "call", "put"] = ""
    """`roll calls`, `roll puts`: the legs re-struck; the others stay."""
    amount: Size | None = None
    """Of an `add`: contracts or money. None with `from_gains`."""
    from_gains: int = -1
    """Of an `add from L.gains`: the layer L."""


@frozen
class Size:
    """How many structures a layer asks for.

    `contracts`: node value (times `unit` where the layer has one); `money`: node value over the net debit of one structure;
    `max_loss`: node value over the worst loss of one structure; `budget`: the layer's balance over the net debit.
    """

    manner: OneOf["contracts", "money", "max_loss", "budget"]
    value: NodeId = -1


@frozen
class Layer:
    """A layer of a hedge, or a book, or a layer (tier) of a book. Its index is its place in the order of decisions."""

    name: str
    """`alvh.front`; a book without layers goes by its own name."""
    group: int
    """Index into `Program.groups`."""
    level: int
    """Layers on one level decide side by side and are cut by one common factor."""
    legs: tuple[Leg, ...]
    size: Size
    at_most: int
    """Most lots held, all counted; 0: one lot of its own, and any number rolled in."""
    states_at_most: bool
    opens: tuple[Rule, ...]
    closes: tuple[Rule, ...]
    rolls: tuple[Rule, ...]
    rebalances: tuple[Rule, ...]
    hold_to_expiry: bool
    share: float
    """Part of the hedge's budget, 0 to 1; 0 without one."""
    span: Span = field(eq=False, repr=False)
    adds: tuple[Rule, ...] = ()
    proxies: tuple[Rule, ...] = ()
    """Proxy i is the share leg `legs[primary + i]`, in place of the primary legs while its condition holds."""
    primary: int = -1
    """How many of `legs` are the layer's own; the others are proxies. -1: all."""
    cover: int = -1
    """`write ... against L`: the layer L whose contracts cover what this one sells; -1: none."""

    @property
    def own_legs(self) -> tuple[Leg, ...]:
        return self.legs if self.primary < 0 else self.legs[: self.primary]


@frozen
class Shift:
    """`shift 10% from A to B when C`: moves share of the budget, and the same part of the source's balance."""

    rule: Rule
    amount: float
    """Ratio points of share."""
    source: int
    target: int


@frozen
class Keep:
    """`keep net_beta in low .. high using L, M`. The rule reads `net_beta`; its condition is -1."""

    rule: Rule
    low: NodeId
    high: NodeId
    layers: tuple[int, ...]


@frozen
class UnwindRule:
    rule: Rule
    until: NodeId
    """-1: until the condition is known to be false."""


@frozen
class Budget:
    """A right to spend `yearly` (node: money a year, as of the payment day) / 12 on each month's first session."""

    yearly: NodeId
    kept_months: float
    """What piles up is capped at this many monthly payments; 0: no cap."""


@frozen
class Group:
    """A book or a hedge: what its layers share."""

    name: str
    kind: OneOf["book", "hedge"]
    unit: NodeId
    """Multiplies `contracts` sizes; -1: none."""
    budget: Budget | None
    limit_cost: NodeId
    """Money that the entry debit of open lots may not pass; -1: none."""
    unwinds: tuple[UnwindRule, ...]
    span: Span = field(eq=False, repr=False)
    shifts: tuple[Shift, ...] = ()
    keeps: tuple[Keep, ...] = ()


@frozen
class Parameter:
    name: str
    value: float
    low: float
    high: float


@frozen
class Program:
    """A whole strategy. Layers stand in canonical order: by level, then by name, so that the order of declarations
    changes no bit of a result."""

    title: str
    nodes: tuple[Node, ...]
    layers: tuple[Layer, ...]
    groups: tuple[Group, ...]
    parameters: tuple[Parameter, ...]
    capital: float
    costs: OneOf["none", "listed", "crowded"]
    whole_contracts: bool
    hold_index: bool
    """`hold SPX`: cash is swept into the index at the end of each bar."""
    inputs: tuple[str, ...]
    """User series read, by name; a market that lacks one supplies unknown."""
    calendars: tuple[str, ...]
    warm_up: int
    """Sessions before every stream can be known."""
    fill: Fill = "this close"
    """When orders are executed: at the close that decides them, or at the next session's open or close."""


def rules_of(program: Program) -> tuple[Rule, ...]:
    """Every rule in the order that journals number them: layers in order, then groups in order."""
    of_layers = (rule for layer in program.layers for rule in rules_of_layer(layer))
    of_groups = (rule for group in program.groups for rule in rules_of_group(group))
    return (*of_layers, *of_groups)


def rules_of_layer(layer: Layer) -> tuple[Rule, ...]:
    return (*layer.opens, *layer.closes, *layer.rolls, *layer.rebalances, *layer.adds, *layer.proxies)


def rules_of_group(group: Group) -> tuple[Rule, ...]:
    """Unwinds, then shifts, then keeps."""
    unwinds, shifts, keeps = ((part.rule for part in parts) for parts in (group.unwinds, group.shifts, group.keeps))
    return (*unwinds, *shifts, *keeps)


def needed_by(nodes: Sequence[Node], roots: Iterable[NodeId]) -> set[NodeId]:
    """The roots (those below 0 are none) and every node that they are made of."""
    needed: set[NodeId] = set()
    waiting = [root for root in roots if root >= 0]
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting.extend(nodes[number].inputs)
    return needed
