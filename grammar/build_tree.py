"""Makes the syntax node of each rule of `alvh.lark`: one function a rule, called with the rule's span and its children.

A child is a Token, a node, a list (of a repetition) or None (an optional part left out). What a rule cannot say by its shape alone, a
unit left out above all, is reported here.
"""

from __future__ import annotations

from math import inf
from typing import Literal as OneOf
from typing import NamedTuple, cast

from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Source, Span
from alvh.grammar.syntax import Expression, Identifier, Literal, Path
from alvh.grammar.syntax_rules import MALFORMED_NUMBER, MISSING_UNIT, NAME_EXPECTED, REPEATED_CLAUSE, finding
from alvh.grammar.tokens import Token, normalized

_UNITS = {
    "POINT": "points",
    "DELTA": "delta",
    "DAY": "days",
    "SESSION": "sessions",
    "MONTH": "months",
    "CONTRACT": "contracts",
    "LOT": "lots",
    "PERCENT": "%",
}


class Occasion(NamedTuple):
    """When an action happens: `every week when C`."""

    schedule: syntax.Schedule | None
    condition: Expression | None


class Amount(NamedTuple):
    """What an `add` adds: a value, or what a layer gained."""

    value: Expression | None
    source: Expression | None


class Clause(NamedTuple):
    """One clause of a claim: the field of `syntax.Claim` that it sets."""

    field: str
    value: object
    word: Span


class TreeBuilder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Diagnostic] = []

    # ---- files -----------------------------------------------------------------------------------

    def file(self, span: Span, *declarations: syntax.Declaration) -> syntax.File:
        return syntax.File(declarations, span=span)

    def title(self, span: Span, title: Token, about: Token | None) -> syntax.Title:
        return syntax.Title(_text(title), about and _text(about), span=span)

    def use(self, span: Span, path: Token) -> syntax.Use:
        return syntax.Use(_text(path), span=span)

    def capital(self, span: Span, value: Expression) -> syntax.Setting:
        return syntax.Setting("capital", value, None, span=span)

    def costs(self, span: Span, choice: str) -> syntax.Setting:
        return syntax.Setting("costs", None, choice, span=span)

    def fill(self, span: Span, choice: str) -> syntax.Setting:
        return syntax.Setting("fill", None, choice, span=span)

    def contracts(self, span: Span, _word: Token, choice: str) -> syntax.Setting:
        return syntax.Setting("contracts", None, choice, span=span)

    def costs_choice(self, span: Span, *words: Token) -> str:
        return _phrase(words)

    fill_choice = contracts_choice = costs_choice

    def param(self, span: Span, name: Token, value: Expression, low: Expression | None, high: Expression | None) -> syntax.Param:
        if low is not None and high is not None:
            low = _shared_unit(low, high)
        return syntax.Param(self.identifier(name), value, low, high, span=span)

    def let(self, span: Span, name: Token, value: Expression) -> syntax.Let:
        return syntax.Let(self.identifier(name), value, span=span)

    def trigger(self, span: Span, name: Token, condition: Expression) -> syntax.Trigger:
        return syntax.Trigger(self.identifier(name), condition, span=span)

    def input(self, span: Span, name: Token, kind: Token, lag: Expression | None) -> syntax.Input:
        return syntax.Input(self.identifier(name), self.identifier(kind), lag and self.with_unit(lag, "days"), span=span)

    def calendar(self, span: Span, *names: Token) -> syntax.Calendar:
        return syntax.Calendar(tuple(map(self.identifier, names)), span=span)

    def structure(
        self, span: Span, name: Token, *parts: syntax.Parameter | syntax.Leg | syntax.Legs | syntax.ExpiryRule
    ) -> syntax.Structure:
        parameters = tuple(part for part in parts if isinstance(part, syntax.Parameter))
        body = tuple(part for part in parts if not isinstance(part, syntax.Parameter))
        return syntax.Structure(self.identifier(name), parameters, body, span=span)

    def parameter(self, span: Span, name: Token, kind: Token) -> syntax.Parameter:
        return syntax.Parameter(self.identifier(name), self.identifier(kind), span=span)

    def book(self, span: Span, name: Token, *body: syntax.Statement | syntax.Layer) -> syntax.Book:
        return syntax.Book(self.identifier(name), body, span=span)

    def hedge(self, span: Span, name: Token, *body: syntax.Statement | syntax.Layer) -> syntax.Hedge:
        return syntax.Hedge(self.identifier(name), body, span=span)

    def layer(self, span: Span, name: Token, alias: Token | None, *body: syntax.Statement) -> syntax.Layer:
        return syntax.Layer(self.identifier(name), alias and _text(alias), body, span=span)

    def change_value(self, span: Span, path: Path, value: Expression) -> syntax.ChangeValue:
        if len(path.parts) > 1:
            message = f"`{path.name}` is no param, let or trigger: only those get another value."
            self.report(NAME_EXPECTED, message, path.span, "Change a book, hedge or layer with braces: `change PATH { … }`.")
        return syntax.ChangeValue(path.parts[-1], value, span=span)

    def change_body(self, span: Span, path: Path, *body: syntax.Statement | syntax.Layer) -> syntax.ChangeBody:
        return syntax.ChangeBody(path, body, span=span)

    def drop(self, span: Span, path: Path) -> syntax.Drop:
        return syntax.Drop(path, span=span)

    def path(self, span: Span, *parts: Token) -> Path:
        return Path(tuple(map(self.identifier, parts)), span=span)

    # ---- statements ------------------------------------------------------------------------------

    def option(
        self,
        span: Span,
        label: Token | None,
        side: str,
        count: Expression | None,
        product: Token,
        right: syntax.Right,
        strike: syntax.Strike,
        expiry: syntax.Expiry | None,
    ) -> syntax.Leg:
        return syntax.Leg(
            label and self.identifier(label), _bought(side), count, self.identifier(product), right, strike, expiry, span=span
        )

    def future_leg(
        self,
        span: Span,
        label: Token | None,
        side: str,
        count: Expression | None,
        product: Token,
        right: syntax.Right,
        expiry: syntax.Expiry | None,
    ) -> syntax.Leg:
        return syntax.Leg(label and self.identifier(label), _bought(side), count, self.identifier(product), right, None, expiry, span=span)

    def shares_leg(
        self, span: Span, label: Token | None, side: str, count: Expression | None, product: Token, right: syntax.Right
    ) -> syntax.Leg:
        return syntax.Leg(label and self.identifier(label), _bought(side), count, self.identifier(product), right, None, None, span=span)

    def written(
        self,
        span: Span,
        label: Token | None,
        count: Expression | None,
        product: Token,
        right: syntax.Right,
        strike: syntax.Strike,
        expiry: syntax.Expiry | None,
        against: Path,
    ) -> syntax.Leg:
        name = label and self.identifier(label)
        return syntax.Leg(name, "sell", count, self.identifier(product), right, strike, expiry, against, span=span)

    def legs_of(self, span: Span, structure: Token, *arguments: Expression) -> syntax.Legs:
        return syntax.Legs(self.identifier(structure), arguments, span=span)

    def side(self, span: Span, word: Token) -> str:
        return word.text

    def right(self, span: Span, word: Token) -> syntax.Right:
        return "call" if word.kind == "CALL" else "put"

    def future(self, span: Span, word: Token) -> syntax.Right:
        return "future"

    def shares(self, span: Span, word: Token) -> syntax.Right:
        return "shares"

    def strike_at(self, span: Span, value: Expression) -> syntax.Strike:
        if isinstance(value, syntax.Share) and isinstance(value.base, syntax.Name) and value.base.name == "forward":
            return syntax.Strike("forward", value.ratio, span=span)
        return syntax.Strike("delta", value, span=span)

    def strike_number(self, span: Span, value: Expression) -> syntax.Strike:
        return syntax.Strike("strike", value, span=span)

    def strike_below(self, span: Span, value: Expression, reference: Token) -> syntax.Strike:
        return syntax.Strike("below", value, self.identifier(reference), span=span)

    def strike_above(self, span: Span, value: Expression, reference: Token) -> syntax.Strike:
        return syntax.Strike("above", value, self.identifier(reference), span=span)

    def expiry_days(self, span: Span, days: Expression, monthly: Token | None) -> syntax.Expiry:
        return syntax.Expiry("days", self.with_unit(days, "days"), None, monthly is not None, span=span)

    def expiry_range(self, span: Span, low: Expression, high: Expression, monthly: Token | None) -> syntax.Expiry:
        high = self.with_unit(high, "days")
        return syntax.Expiry("range", _shared_unit(low, high), high, monthly is not None, span=span)

    def expiry_month(self, span: Span, _month: Token, number: Expression) -> syntax.Expiry:
        return syntax.Expiry("month", number, span=span)

    def expiry_next_monthly(self, span: Span, _monthly: Token) -> syntax.Expiry:
        return syntax.Expiry("next monthly", span=span)

    def expiry_same(self, span: Span) -> syntax.Expiry:
        return syntax.Expiry("same expiry", span=span)

    def expiry_rule(self, span: Span, expiry: syntax.Expiry) -> syntax.ExpiryRule:
        return syntax.ExpiryRule(expiry, span=span)

    def size(self, span: Span, max_loss: Token | None, value: Expression) -> syntax.Size:
        return syntax.Size(max_loss is not None, value, span=span)

    def at_most(self, span: Span, count: Expression, lots: Token | None = None) -> syntax.AtMost:
        return syntax.AtMost(self.with_unit(count, "lots"), span=span)

    def open(self, span: Span, occasion: Occasion, reason: Token | None) -> syntax.Open:
        return syntax.Open(schedule=occasion.schedule, condition=occasion.condition, reason=reason and _text(reason), span=span)

    def close(self, span: Span, occasion: Occasion, reason: Token | None) -> syntax.Close:
        return syntax.Close(schedule=occasion.schedule, condition=occasion.condition, reason=reason and _text(reason), span=span)

    def roll(
        self,
        span: Span,
        side: OneOf["call", "put"] | None,
        goal: Path | syntax.Expiry | None,
        keeping: OneOf["contracts", "premium", "delta"] | None,
        occasion: Occasion,
        reason: Token | None,
    ) -> syntax.Roll:
        return syntax.Roll(
            side=side,
            into=goal if isinstance(goal, Path) else None,
            to=goal if isinstance(goal, syntax.Expiry) else None,
            keeping=keeping,
            schedule=occasion.schedule,
            condition=occasion.condition,
            reason=reason and _text(reason),
            span=span,
        )

    def roll_into(self, span: Span, layer: Path) -> Path:
        return layer

    def roll_to(self, span: Span, expiry: syntax.Expiry) -> syntax.Expiry:
        return expiry

    def measure(self, span: Span, word: Token) -> str:
        return "contracts" if word.kind == "CONTRACT" else word.text

    def add(self, span: Span, amount: Amount, occasion: Occasion, reason: Token | None) -> syntax.Add:
        return syntax.Add(
            amount=amount.value,
            source=amount.source,
            schedule=occasion.schedule,
            condition=occasion.condition,
            reason=reason and _text(reason),
            span=span,
        )

    def amount_of(self, span: Span, value: Expression) -> Amount:
        return Amount(value, None)

    def amount_from(self, span: Span, _from: Token, source: Expression) -> Amount:
        return Amount(None, source)

    def proxy(self, span: Span, product: Token, right: syntax.Right, condition: Expression, reason: Token | None) -> syntax.Proxy:
        return syntax.Proxy(product=self.identifier(product), right=right, condition=condition, reason=reason and _text(reason), span=span)

    def rebalance(self, span: Span, occasion: Occasion, reason: Token | None) -> syntax.Rebalance:
        return syntax.Rebalance(schedule=occasion.schedule, condition=occasion.condition, reason=reason and _text(reason), span=span)

    def on_schedule(self, span: Span, schedule: syntax.Schedule, condition: Expression | None) -> Occasion:
        return Occasion(schedule, condition)

    def on_condition(self, span: Span, condition: Expression) -> Occasion:
        return Occasion(None, condition)

    def on_calendar(self, span: Span, calendar: Token) -> syntax.Schedule:
        return syntax.Schedule("on", self.identifier(calendar), span=span)

    def every_period(self, span: Span, period: str) -> syntax.Schedule:
        return syntax.Schedule("every", None, period, span=span)

    def every_length(self, span: Span, length: Expression) -> syntax.Schedule:
        return syntax.Schedule("every", length=self.with_unit(length, "sessions"), span=span)

    def period(self, span: Span, word: Token) -> str:
        return {"MONTH": "month", "DAY": "day"}.get(word.kind, "week")

    def hold_to_expiry(self, span: Span) -> syntax.HoldToExpiry:
        return syntax.HoldToExpiry(span=span)

    def hold_index(self, span: Span, product: Token) -> syntax.HoldIndex:
        return syntax.HoldIndex(self.identifier(product), span=span)

    def share_of_budget(self, span: Span, value: Expression) -> syntax.ShareOfBudget:
        return syntax.ShareOfBudget(value, span=span)

    def unit(self, span: Span, value: Expression) -> syntax.UnitRule:
        return syntax.UnitRule(value, span=span)

    def budget(self, span: Span, amount: Expression, _monthly: Token, kept: Expression | None) -> syntax.Budget:
        return syntax.Budget(amount, kept and self.with_unit(kept, "months"), span=span)

    def limit_cost(self, span: Span, amount: Expression) -> syntax.LimitCost:
        return syntax.LimitCost(amount, span=span)

    def priority(self, span: Span, *order: Path) -> syntax.Priority:
        return syntax.Priority(order, span=span)

    def shift(
        self, span: Span, amount: Expression, _from: Token, source: Path, target: Path, occasion: Occasion, reason: Token | None
    ) -> syntax.Shift:
        return syntax.Shift(
            amount=amount,
            source=source,
            target=target,
            schedule=occasion.schedule,
            condition=occasion.condition,
            reason=reason and _text(reason),
            span=span,
        )

    def keep(self, span: Span, value: Expression, low: Expression, high: Expression, *layers: Path) -> syntax.Keep:
        return syntax.Keep(value, _shared_unit(low, high), high, layers, span=span)

    def unwind(self, span: Span, condition: Expression, until: Expression | None, reason: Token | None) -> syntax.Unwind:
        return syntax.Unwind(condition, until, reason and _text(reason), span=span)

    def removal(self, span: Span, verb: str) -> syntax.Removal:
        return syntax.Removal(verb, span=span)

    def verb(self, span: Span, *words: Token) -> str:
        return _phrase(words)

    # ---- claims and tests ------------------------------------------------------------------------

    def claim(self, span: Span, name: Token, measure: Expression, *clauses: Clause) -> syntax.Claim:
        said: dict[str, Clause] = {}
        for clause in clauses:
            first = said.setdefault(clause.field, clause)
            if first is not clause:
                related = Related(first.word, "said here first")
                self.findings.append(
                    finding(REPEATED_CLAUSE, f"`{clause.word.text}` is said twice in this claim.", clause.word, related=(related,))
                )
        return syntax.Claim(
            self.identifier(name),
            measure,
            span=span,
            **{name: clause.value for name, clause in said.items()},  # type: ignore[arg-type]
        )

    def versus(self, span: Span, path: Token) -> Clause:
        return self.clause("against", _text(path), span)

    def without(self, span: Span, path: Path) -> Clause:
        return self.clause("without", path, span)

    def on_days(self, span: Span, _days: Token, condition: Expression) -> Clause:
        return self.clause("on_days", condition, span)

    def in_scenario(self, span: Span, _in: Token, scenario: Token) -> Clause:
        return self.clause("scenario", _text(scenario), span)

    def with_setting(self, span: Span, *words: Token) -> Clause:
        return self.clause("setting", tuple(word.text for word in words[1:]), span)

    def clause(self, field: str, value: object, span: Span) -> Clause:
        word = span.text.split(maxsplit=1)[0]
        return Clause(field, value, Span(self.source, span.start, span.start + len(word)))

    def test(self, span: Span, title: Token, *steps: syntax.TestStep) -> syntax.Test:
        return syntax.Test(_text(title), steps, span=span)

    def calm(self, span: Span, length: Expression, level: Expression) -> syntax.Calm:
        return syntax.Calm(self.with_unit(length, "sessions"), level, span=span)

    def move(self, span: Span, *parts: tuple[str, OneOf["to", "by"], Expression] | Expression) -> syntax.Move:
        *targets, length = parts
        moved = cast(tuple[tuple[str, OneOf["to", "by"], Expression], ...], tuple(targets))
        return syntax.Move(moved, self.with_unit(cast(Expression, length), "sessions"), span=span)

    def move_to(self, span: Span, series: Token, value: Expression) -> tuple[str, OneOf["to", "by"], Expression]:
        return normalized(series.text), "to", value

    def move_by(self, span: Span, series: Token, value: Expression) -> tuple[str, OneOf["to", "by"], Expression]:
        return normalized(series.text), "by", value

    def expect(self, span: Span, condition: Expression, within: Expression | None) -> syntax.Expect:
        return syntax.Expect(condition, within and self.with_unit(within, "sessions"), span=span)

    # ---- expressions -----------------------------------------------------------------------------

    def conditional(self, span: Span, value: Expression, condition: Expression, otherwise: Expression) -> syntax.Conditional:
        return syntax.Conditional(value, condition, otherwise, span=span)

    def disjunction(self, span: Span, left: Expression, right: Expression) -> syntax.Logic:
        return syntax.Logic("or", left, right, span=span)

    def conjunction(self, span: Span, left: Expression, right: Expression) -> syntax.Logic:
        return syntax.Logic("and", left, right, span=span)

    def negation(self, span: Span, operand: Expression) -> syntax.Not:
        return syntax.Not(operand, span=span)

    def within(self, span: Span, length: Expression, relation: OneOf["before", "after", "of"], event: Expression) -> syntax.Within:
        return syntax.Within(self.with_unit(length, "sessions"), relation, event, span=span)

    def event_relation(self, span: Span, word: Token) -> str:
        return word.text

    def begins(self, span: Span, condition: Expression) -> syntax.Edge:
        return syntax.Edge(condition, "begins", span=span)

    def ends(self, span: Span, condition: Expression) -> syntax.Edge:
        return syntax.Edge(condition, "ends", span=span)

    def for_sessions(self, span: Span, condition: Expression, length: Expression) -> syntax.ForSessions:
        return syntax.ForSessions(condition, self.with_unit(length, "sessions"), span=span)

    def crosses_above(self, span: Span, left: Expression, right: Expression) -> syntax.Crosses:
        return syntax.Crosses("above", left, right, span=span)

    def crosses_below(self, span: Span, left: Expression, right: Expression) -> syntax.Crosses:
        return syntax.Crosses("below", left, right, span=span)

    def comparison(self, span: Span, left: Expression, operator: Token, right: Expression) -> syntax.Comparison:
        return syntax.Comparison(cast(OneOf["<", "<=", ">", ">=", "=", "!="], operator.text), left, right, span=span)

    def in_range(self, span: Span, value: Expression, low: Expression, high: Expression) -> syntax.InRange:
        return syntax.InRange(value, _shared_unit(low, high), high, span=span)

    def holding(self, span: Span, owner: Expression, state: str) -> syntax.Holding:
        if not _is_path(owner):
            message = f"`{state}` is asked of a layer, a book or a hedge, by its name."
            self.report(NAME_EXPECTED, message, owner.span, f"Write `front {state}` or `alvh.front {state}`.")
        return syntax.Holding(owner, cast(OneOf["is open", "is closed", "opens", "closes", "rolls", "changes"], state), span=span)

    def state(self, span: Span, *words: Token) -> str:
        return _phrase(words)

    def plus(self, span: Span, left: Expression, right: Expression) -> syntax.Arithmetic:
        return syntax.Arithmetic("+", left, right, span=span)

    def minus(self, span: Span, left: Expression, right: Expression) -> syntax.Arithmetic:
        return syntax.Arithmetic("-", left, right, span=span)

    def times(self, span: Span, left: Expression, right: Expression) -> syntax.Arithmetic:
        return syntax.Arithmetic("*", left, right, span=span)

    def over(self, span: Span, left: Expression, right: Expression) -> syntax.Arithmetic:
        return syntax.Arithmetic("/", left, right, span=span)

    def share(self, span: Span, ratio: Expression, base: Expression) -> syntax.Share:
        return syntax.Share(ratio, base, span=span)

    def per(self, span: Span, quantity: Expression, amount: Expression, base: Expression) -> syntax.Per:
        return syntax.Per(quantity, amount, base, span=span)

    def negate(self, span: Span, operand: Expression) -> syntax.Negate:
        return syntax.Negate(operand, span=span)

    def attribute(self, span: Span, owner: Expression, name: Token) -> syntax.Attribute:
        return syntax.Attribute(owner, self.identifier(name), span=span)

    def call(self, span: Span, function: Token, *arguments: Expression | None) -> syntax.Call:
        given = tuple(argument for argument in arguments if argument is not None)
        return syntax.Call(self.identifier(function), given, span=span)

    def group(self, span: Span, value: Expression) -> Expression:
        return value

    def table(self, span: Span, subject: Expression, *rows: syntax.TableRow) -> syntax.Table:
        return syntax.Table(subject, rows, span=span)

    def row(self, span: Span, word: Token, bound: Expression, value: Expression) -> syntax.TableRow:
        relation = "up to" if word.kind == "UP" else word.text
        return syntax.TableRow(cast(OneOf["below", "from", "up to", "above"], relation), bound, value, span=span)

    def name(self, span: Span, word: Token) -> syntax.Name:
        return syntax.Name(normalized(word.text), span=span)

    def number(self, span: Span, *parts: Token) -> Literal:
        unit = ""
        digits = ""
        for part in parts:
            if part.kind == "NUMBER":
                digits = part.text.replace("_", "")
            else:
                unit = _UNITS.get(part.kind, "$")
        # The exponent, not a division by 100, gives the double nearest to the decimal: `0.1%` is 0.001.
        value = float(digits + "e-2" if unit == "%" else digits)
        if value == inf:
            self.report(MALFORMED_NUMBER, "This number is larger than any that can be computed with.", span, "Write a smaller one.")
            value = 0.0
        return Literal(value, unit, span.text, span=span)

    # ---- what the rules share --------------------------------------------------------------------

    def identifier(self, word: Token) -> Identifier:
        return Identifier(normalized(word.text), span=Span(self.source, word.start, word.end))

    def with_unit(self, value: Expression, unit: str) -> Expression:
        """The value itself; a bare number is a finding, and read on as if it had the unit that fits."""
        if not isinstance(value, Literal) or value.unit:
            return value
        message = f"`{value.text}` what? A bare number says no length or count."
        singular = unit[:-1] if value.value == 1 else unit
        self.report(MISSING_UNIT, message, value.span, f"Write `{value.text} {singular}`.")
        return Literal(value.value, unit, value.text, span=value.span)

    def report(self, code: str, message: str, span: Span, hint: str) -> None:
        self.findings.append(finding(code, message, span, hints=(hint,)))


def _text(token: Token) -> str:
    """What stands between the quotes; a text that was never closed ends where its line ends."""
    inner = token.text[1:]
    return inner[:-1] if inner.endswith(('"', "'", "”")) else inner


def _phrase(words: tuple[Token, ...]) -> str:
    return " ".join(word.text for word in words)


def _bought(side: str) -> OneOf["buy", "sell"]:
    return "buy" if side == "buy" else "sell"


def _is_path(owner: Expression) -> bool:
    """A name, or a name and an attribute of it."""
    return isinstance(owner, syntax.Name) or (isinstance(owner, syntax.Attribute) and isinstance(owner.owner, syntax.Name))


def _shared_unit(low: Expression, high: Expression) -> Expression:
    """`45..60 days`: the unit that only the upper bound states holds for both."""
    if isinstance(low, Literal) and isinstance(high, Literal) and not low.unit and high.unit not in {"", "$"}:
        value = float(low.text.replace("_", "") + "e-2") if high.unit == "%" else low.value
        return Literal(value, high.unit, low.text, span=low.span)
    return low
