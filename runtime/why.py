"""Why a strategy traded on one session, or why it did not: what each layer held, what each of its rules read, what came of it.

A value that shows itself: `str()` is the text of `alvh why`, `to_json()` its JSON. `find_reasons.py` makes it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias
from typing import Literal as OneOf

from attrs import asdict, frozen

from alvh.runtime.results import Shown

FORMAT_VERSION = "1.0"
"""Of the JSON. The first number grows when a key changes its meaning, type or name, the second with a new key."""

Outcome: TypeAlias = OneOf["traded", "refused", "unwinding", "full", "unknown", "false", "nothing"]
"""What a session came to for a layer: it traded; its order was refused; its hedge unwinds, so it may not open; it has no room; what
it would act on is unknown; or false; or a rule was true and yet there was nothing to trade."""


class QuestionError(Exception):
    """There is nothing to explain: no session that day, no such layer. The message says what was found instead."""


@frozen
class Figure:
    """A value that a clause read."""

    name: str
    """As the file writes it."""
    value: float | None
    """None: unknown, or infinite; a ratio is a fraction; 1 and 0 stand for true and false."""
    text: str
    """With its unit: `23.4`, `8%`, `$1,250`."""


@frozen
class ClauseOutcome:
    """A part of a condition as the engine decided on it."""

    text: str
    part_of: str | None
    """The trigger that it is a clause of."""
    truth: bool | None
    """None: unknown."""
    missing: str | None
    """Why it is unknown."""
    counted: bool
    """It made the condition what it was: had it been otherwise, so might the rule."""
    values: tuple[Figure, ...]


@frozen
class ConditionOutcome:
    """A condition on that session: once for the layer, or once for each lot."""

    lot: int | None
    """The lot's number; None where the condition reads no lot's own values."""
    truth: bool | None
    missing: str | None
    clauses: tuple[ClauseOutcome, ...]


@frozen
class RuleOutcome:
    """One rule of a layer or of its hedge."""

    verb: str
    rule: str
    """`file:line`."""
    text: str
    decided: bool
    """It is what the layer, or one of its lots, acted on."""
    lots: tuple[int, ...]
    """The lots it decided on."""
    in_force_since: date | None
    """Of an unwind that is on: the session on which it began."""
    conditions: tuple[ConditionOutcome, ...]
    """Empty for a rule on lots of a layer that holds none, and for one without a condition."""
    until: ConditionOutcome | None
    """Of an unwind with `until`."""


@frozen
class HeldLot:
    """A lot at the start of that session's decisions."""

    lot: int
    contracts: float
    instrument: str
    opened: date
    price: float
    """Paid for one structure, in points; a credit is negative."""
    value: float
    profit: float
    dte: float | None
    age: float
    """Sessions."""
    rolled_in: bool
    priced: bool
    """False: a leg has no price today, so nothing trades the lot."""


@frozen
class Action:
    """What was done, or asked for and refused; columns as in the journal."""

    action: str
    lot: int | None
    rule: str
    reason: str
    instrument: str
    asked: float | None
    filled: float | None
    price: float | None
    cost: float | None
    note: str | None
    since: date | None
    """Of a refusal that the journal tells once: the session on which it did, where that is an earlier one."""


@frozen
class LayerReasons:
    """One layer on that session."""

    layer: str
    outcome: Outcome
    sentences: tuple[str, ...]
    held: tuple[HeldLot, ...]
    rules: tuple[RuleOutcome, ...]
    """In the order of precedence."""
    limit_cost: Figure | None
    """Of its hedge: what the entry cost of open lots may not pass; None without such a limit."""
    actions: tuple[Action, ...]


@frozen(repr=False)
class Why(Shown):
    """The answer of `alvh why`."""

    strategy: str
    file: str
    market: str
    start: date
    """First session of the run: what a layer holds depends on it."""
    day: date
    layers: tuple[LayerReasons, ...]

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON holds it; dates as text."""

        def plain(_: object, __: object, value: object) -> object:
            if isinstance(value, tuple):
                return list(value)
            return value.isoformat() if isinstance(value, date) else value

        return {
            "format_version": FORMAT_VERSION,
            "strategy": self.strategy,
            "file": self.file,
            "market": self.market,
            "from": self.start.isoformat(),
            "date": self.day.isoformat(),
            "layers": [asdict(layer, value_serializer=plain) for layer in self.layers],
        }

    def __str__(self) -> str:
        from alvh.runtime.why_text import why_text

        return why_text(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
