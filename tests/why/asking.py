"""Asking why on a market made by hand: a text, a day, prices bar by bar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from small_market import Values, day_of, small_market

from alvh.compiler.driver import compile_file
from alvh.runtime.find_reasons import find_reasons
from alvh.runtime.market import MarketArrays
from alvh.runtime.run import Runnable
from alvh.runtime.why import ClauseOutcome, LayerReasons, RuleOutcome, Why

BARS = 30


class HandMarket:
    """Hands out arrays made beforehand."""

    name = "by hand"

    def __init__(self, made: MarketArrays) -> None:
        self.made = made

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        return self.made

    def fingerprint(self) -> str:
        return "by-hand"


def runnable(text: str) -> Runnable:
    compiled = compile_file("hand.alvh", text=text)
    assert compiled.program is not None, [finding.message for finding in compiled.diagnostics]
    return Runnable(compiled.program, "hand.alvh", (("hand.alvh", text),), clauses=compiled.clauses)


def ask(text: str, bar: int | date, layer: str | None = None, inputs: Mapping[str, Values] | None = None, **series: Any) -> Why:
    """Why on a bar (counted from 0; the first is Monday 2020-01-06) or on a day."""
    day = day_of(bar) if isinstance(bar, int) else bar
    market = HandMarket(small_market(BARS, inputs=inputs or {}, **series))
    return find_reasons(runnable(text), market, day, layer)


def calls(rules: str, hedge: str = "", leg: str = "buy 1 VIX call at strike 25, 30 days", before: str = "") -> str:
    """A hedge `tail` of one layer `calls` without costs."""
    return f"costs none\n{before}\nhedge tail {{\n  {hedge}\n  layer calls {{\n    {leg}\n    {rules}\n  }}\n}}\n"


def only_layer(why: Why) -> LayerReasons:
    (layer,) = why.layers
    return layer


def rule_of(layer: LayerReasons, verb: str) -> RuleOutcome:
    return next(rule for rule in layer.rules if rule.verb == verb)


def clauses_of(rule: RuleOutcome, lot: int | None = None) -> dict[str, ClauseOutcome]:
    (condition,) = [condition for condition in rule.conditions if condition.lot == lot]
    return {clause.text: clause for clause in condition.clauses}
