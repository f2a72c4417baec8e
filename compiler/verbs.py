"""The verbs of statements: what each is called, in which block it belongs, how often it may be said; and statements by their verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from alvh.grammar import syntax

StatementType = TypeVar("StatementType", bound=syntax.Statement)

VERBS: Mapping[type[syntax.Statement], str] = {
    syntax.Leg: "legs",
    syntax.Legs: "legs",
    syntax.ExpiryRule: "expiry",
    syntax.Size: "size",
    syntax.AtMost: "at most",
    syntax.Open: "open",
    syntax.Close: "close",
    syntax.Roll: "roll",
    syntax.Rebalance: "rebalance",
    syntax.Add: "add",
    syntax.Proxy: "proxy",
    syntax.HoldToExpiry: "hold to expiry",
    syntax.ShareOfBudget: "share",
    syntax.HoldIndex: "hold",
    syntax.UnitRule: "unit",
    syntax.Budget: "budget",
    syntax.LimitCost: "limit cost",
    syntax.Priority: "first",
    syntax.Shift: "shift",
    syntax.Keep: "keep",
    syntax.Unwind: "unwind",
}

LAYER_VERBS = frozenset(
    {"legs", "expiry", "size", "at most", "open", "close", "roll", "rebalance", "add", "proxy", "hold to expiry", "share"}
)
"""Said in a layer, or in a book or hedge for each of its layers."""

BOOK_VERBS = frozenset({"hold"})
HEDGE_VERBS = frozenset({"unit", "budget", "limit cost", "first", "shift", "keep", "unwind"})

ALTERNATIVES = frozenset({"legs", "open", "close", "roll", "rebalance", "add", "shift", "unwind"})
"""May be said several times; any other verb once."""


def verb_of(statement: syntax.Statement) -> str:
    """The verb as messages and `no VERB` say it; a Removal has the verb that it removes. What is written is a leg like any other."""
    if isinstance(statement, syntax.Removal):
        return {"limit": "limit cost", "write": "legs"}.get(statement.verb, statement.verb)
    return VERBS[type(statement)]


def removes(removal: syntax.Removal, verb: str) -> bool:
    """Does `no hold` and the like remove statements of this verb? `hold` is both `hold to expiry` and `hold SPX`."""
    removed = verb_of(removal)
    return removed == verb or (removed == "hold" and verb == "hold to expiry")


def statements_of(statements: tuple[syntax.Statement, ...], sort: type[StatementType]) -> tuple[StatementType, ...]:
    """The statements of one verb, in the order of the text."""
    return tuple(statement for statement in statements if isinstance(statement, sort))


def only(statements: tuple[syntax.Statement, ...], sort: type[StatementType]) -> StatementType | None:
    """The statement of a verb that stands at most once (the last, should it stand twice)."""
    found = statements_of(statements, sort)
    return found[-1] if found else None
