"""The journal as a frame for people: one row an action, with the rule's own words and the values it read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from alvh.compiler.clauses import Clause, RuleClauses
from alvh.compiler.ir import Layer, Leg, Node, NodeId, Program, Rule, rules_of
from alvh.grammar.source import Span
from alvh.runtime import record as codes
from alvh.runtime.figures import in_words, truth_in_words
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.record import JournalRows, RunRecord
from alvh.runtime.settlements import print_in_words, settled_on

JOURNAL_SCHEMA = pl.Schema(
    {
        "date": pl.Date,
        "layer": pl.String,
        "action": pl.String,
        "reason": pl.String,
        "note": pl.String,
        "rule": pl.String,
        "instrument": pl.String,
        "asked": pl.Float64,
        "filled": pl.Float64,
        "price": pl.Float64,
        "cost": pl.Float64,
        "values": pl.String,
    }
)
"""`asked` and `filled` count structures, of a shift the part of the budget asked and moved; `price` is net for one structure in points
(dollars of a share; hundreds of dollars where the legs of a structure count differently), positive when paid to open and what it was
worth when sold; `cost` in dollars; `rule` is the line that acted, or the layer's where no rule did; `note` says what cut or refused the
order, null when nothing did."""

ACTIONS = {
    codes.OPEN: "open",
    codes.CLOSE: "close",
    codes.ROLL_OUT: "roll out",
    codes.ROLL_IN: "roll in",
    codes.REBALANCE: "rebalance",
    codes.SETTLE: "settle",
    codes.REFUSED: "refused",
    codes.ADD: "add",
    codes.TRIM: "trim",
    codes.SHIFT: "shift",
    codes.KEEP: "keep",
}

NOTES = {
    codes.CUT_BY_LIMIT: "cut by the cost limit",
    codes.CUT_BY_CASH: "cut by cash or margin",
    codes.LESS_THAN_ONE: "less than one contract",
    codes.SIZE_UNKNOWN: "size unknown",
    codes.SIZE_NOT_POSITIVE: "size zero or negative",
    codes.NO_EXPIRY: "no expiry listed inside the range",
    codes.NO_STRIKE: "no listed strike near enough",
    codes.NO_PRICE: "no price",
    codes.NO_BID: "no bid for a leg to sell",
    codes.NO_DAYS_GAINED: "the roll would gain no days",
    codes.TARGET_FULL: "the layer rolled into is full",
    codes.UNWINDING: "the hedge is unwinding",
    codes.ABOVE_SIZE: "above size",
    codes.STALE_MARK: "no mark today",
    codes.LIMIT_UNKNOWN: "cost limit unknown",
    codes.BUDGET_SPENT: "budget spent",
    codes.NO_DEBIT: "the structure costs nothing, so a size in money has no meaning",
    codes.DELTA_FLAGGED: "nearest strike is off the delta asked by more than 0.05",
    codes.CUT_BY_COVER: "cut to what the layer written against covers",
    codes.NO_COVER: "not covered by the layer written against",
    codes.OUT_OF_BAND: "the layers named could not bring it inside the band",
    codes.SETTLED_MEANWHILE: "void: settled before it could be filled",
    codes.ROLL_VOID: "void: the lot to be replaced could not be sold",
    codes.STILL_FULL: "void: a lot that was to leave is still held",
}

_CONDITIONS = frozenset(
    {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "cross_above", "cross_below", "for_sessions", "within_after", "calendar",
     "calendar_within", "every_sessions", "diverges"}
)  # fmt: skip
_YES_OR_NO = frozenset({"is_open", "opens", "closes", "rolls"})


def calendar_date(day: float) -> date:
    """The date of a day number, days since 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=int(day))


def journal_frame(program: Program, arrays: MarketArrays, record: RunRecord, clauses: Sequence[RuleClauses] = ()) -> pl.DataFrame:
    """The journal of one run, in the order in which things happened; columns as in JOURNAL_SCHEMA. `clauses`: of each rule."""
    rows = record.journal
    rules = rules_of(program)
    acting = [None if math.isnan(number) or number < 0 else rules[int(number)] for number in rows.rule]
    layers = [program.layers[int(index)] for index in rows.layer]
    count = range(len(layers))
    return pl.DataFrame(
        {
            "date": [calendar_date(arrays.sessions[int(bar)]) for bar in rows.bar],
            "layer": [layer.name for layer in layers],
            "action": [ACTIONS[int(action)] for action in rows.action],
            "reason": [_reason(program, arrays, rows, row, acting[row]) for row in count],
            "note": [NOTES.get(int(cut)) for cut in rows.cut],
            "rule": [place((acting[row] or layers[row]).span) for row in count],
            "instrument": [_instrument(layers[row], arrays, rows, row) for row in count],
            "asked": _known(rows.asked),
            "filled": _known(rows.filled),
            "price": [_price(layers[row], rows, row) for row in count],
            "cost": _known(rows.cost),
            "values": [_values(program, acting[row], rows, row, clauses) for row in count],
        },
        schema=JOURNAL_SCHEMA,
    )


def place(span: Span) -> str:
    """`file:line` where a span starts; the file by its name alone, so that a result does not depend on where a project lies."""
    line, _ = span.source.position(span.start)
    return f"{span.source.path.replace(chr(92), '/').rsplit('/', 1)[-1]}:{line}"


def rule_text(rule: Rule) -> str:
    """The reason a rule states, else its own words on one line."""
    return rule.reason or " ".join(rule.span.text.split())


def _reason(program: Program, arrays: MarketArrays, rows: JournalRows, row: int, rule: Rule | None) -> str:
    if rule is not None:
        return rule_text(rule)
    if rows.action[row] == codes.TRIM:
        return "fewer contracts cover it"
    if rows.action[row] == codes.CLOSE:
        return "what it stands for has settled"
    if rows.action[row] != codes.SETTLE:
        return "holds none of its own"
    paid = [print_in_words(arrays, series, int(rows.bar[row])) for _, series in settled_on(program, arrays, rows, row)]
    return f"expired on {' and '.join(paid)}"


def _instrument(layer: Layer, arrays: MarketArrays, rows: JournalRows, row: int) -> str:
    """`VIX call 2020-03-18 25`, `VX future 2020-03-18`, `VXX shares`; legs of a structure with their ratios, joined by commas."""
    legs = _legs_of(layer, rows, row)
    parts = []
    for number, leg in enumerate(legs):
        words = [f"{leg.product} {leg.right}"]
        if leg.expiry is not None:
            expiry = rows.expiry[row, number]
            if math.isnan(expiry):
                continue
            words.append(str(calendar_date(arrays.expiries_of(leg.product).settle_day[int(expiry)])))
        if leg.is_option:
            words.append(f"{rows.strike[row, number]:g}")
        ratio = "" if len(legs) == 1 and leg.ratio == 1 else f"{leg.ratio:+d} "
        parts.append(ratio + " ".join(words))
    return ", ".join(parts)


def _legs_of(layer: Layer, rows: JournalRows, row: int) -> tuple[Leg, ...]:
    """The legs that a row is about: none where it names no contracts, the share alone of a lot held as a proxy."""
    if rows.action[row] == codes.SHIFT or math.isnan(rows.price[row]):
        return ()
    proxy = int(rows.proxy[row])
    return layer.own_legs if proxy < 0 else (layer.legs[len(layer.own_legs) + proxy],)


def _price(layer: Layer, rows: JournalRows, row: int) -> float | None:
    """In points of its own where all legs count alike, in hundreds of dollars otherwise."""
    price = float(rows.price[row])
    if math.isnan(price):
        return None
    multipliers = {leg.multiplier for leg in _legs_of(layer, rows, row)}
    return price / (multipliers.pop() / 100.0) if len(multipliers) == 1 else price


def _values(program: Program, rule: Rule | None, rows: JournalRows, row: int, clauses: Sequence[RuleClauses]) -> str:
    """`vix > 20: true (vix=21.3); dte <= 10 days: true (dte=9 days)`: each clause of the rule as it stood, with what it read;
    of a rule without a condition, or of a program that came without clauses, the streams alone, `vix=21.3`."""
    if rule is None:
        return ""
    values = dict(zip(rule.reads, (float(value) for value in rows.reads[row]), strict=False))
    condition = clauses[int(rows.rule[row])].condition if clauses else None
    if condition is None:
        return "; ".join(f"{_label(program.nodes[node])}={_value(program.nodes[node], value)}" for node, value in values.items())
    if rule.verb != "unwind":  # which alone acts on later days than the one on which its condition held
        held = (condition, *condition.parts) if condition.joint == "and" else (condition,)
        values |= {clause.node: 1.0 for clause in held}
    return "; ".join(_clause_texts(condition, values))


def _clause_texts(clause: Clause, values: Mapping[NodeId, float]) -> Iterator[str]:
    """A clause, or its parts; what a journal's row had no room for is left out."""
    if clause.joint in ("", "name"):
        truth = f": {truth_in_words(values[clause.node])}" if clause.node in values else ""
        read = [f"{reading.text}={in_words(values[reading.node], reading.kind)}" for reading in clause.reads if reading.node in values]
        shown = f" ({', '.join(read)})" if read else ""
        yield f"{clause.text}{truth}{shown}"
    for part in clause.parts:
        yield from _clause_texts(part, values)


def _label(node: Node) -> str:
    return node.label or node.name or node.operation


def _value(node: Node, value: float) -> str:
    if math.isnan(value):
        return "unknown"
    if node.operation in _CONDITIONS or node.name in _YES_OR_NO:
        return "true" if value else "false"
    return f"{value:.6g}"


def _known(column: Floats) -> list[float | None]:
    return [None if math.isnan(value) else float(value) for value in column]
