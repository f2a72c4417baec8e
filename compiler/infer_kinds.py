"""The kind of every value, and what cannot be compared, added or asked for.

Assumes resolved names. Guarantees a kind for every expression that is read; an expression with a mistake in it has the kind
`unknown`, which fits everywhere, so that one mistake is one finding. The rules are those of language.md, section "Kinds".
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from alvh.compiler.constants import constant_value
from alvh.compiler.explain_mismatch import LONGEST_QUOTE, Operand, explain_mismatch, is_zero, literal, quote, with_unit, written
from alvh.compiler.kinds import (
    ANY_POINTS,
    CALENDAR,
    CONDITION,
    CONTRACTS,
    DAYS,
    DELTA,
    EVENT,
    LAYER,
    MONEY,
    NUMBER,
    RATIO,
    SESSIONS,
    SPX_POINTS,
    UNKNOWN,
    VOL_POINTS,
    Family,
    Kind,
)
from alvh.compiler.meaning import Meaning, Reference
from alvh.compiler.module import GroupDeclaration, LayerDeclaration, Module, StructureUse
from alvh.compiler.rules.argument_kind import argument_kind, market_argument
from alvh.compiler.rules.arithmetic_of_kinds import product_of_kinds, quotient_of_kinds
from alvh.compiler.rules.bare_number import unit_needed
from alvh.compiler.rules.breakpoints import breakpoints_descend, rows_do_not_join
from alvh.compiler.rules.changed_kind import changed_kind
from alvh.compiler.rules.condition_needed import condition_needed
from alvh.compiler.rules.days_and_sessions import days_meant, sessions_meant
from alvh.compiler.rules.delta_range import delta_needed, delta_range
from alvh.compiler.rules.event_needed import event_needed
from alvh.compiler.rules.exact_days import exact_days
from alvh.compiler.rules.outside_range import empty_range, outside_range, shares_above_all
from alvh.compiler.rules.ratio_base import per_of_kinds, share_of_no_base, share_of_no_ratio
from alvh.compiler.rules.rows_of_one_kind import rows_of_one_kind
from alvh.compiler.rules.size_of_what import size_in_what, size_of_kind, size_of_what
from alvh.compiler.rules.strike_of_spot import strike_of_spot
from alvh.compiler.rules.unsupported_series import unsupported_series
from alvh.compiler.rules.value_needed import value_needed
from alvh.compiler.rules.wrong_kind import wrong_kind
from alvh.compiler.vocabulary import (
    ACCOUNT,
    ATTRIBUTES,
    CONSTANT_MATURITY_DAYS,
    FUNCTIONS,
    FUTURES_LISTED,
    METRIC_FUNCTIONS,
    METRICS,
    PARAMETER_KINDS,
    PRODUCTS,
    SERIES,
    Argument,
)
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

LASTING = frozenset({Family.CONDITION, Family.EVENT, Family.CALENDAR})
"""Families that are true or false; a calendar is true on its dates."""

NO_VALUES = LASTING | {Family.LAYER}
"""Families that cannot be compared, added or averaged."""

INSTANTS = frozenset({Family.EVENT, Family.CALENDAR})

LITERAL_KINDS: Mapping[str, Kind] = {
    "": NUMBER,
    "%": RATIO,
    "$": MONEY,
    "points": ANY_POINTS,
    "delta": DELTA,
    "days": DAYS,
    "sessions": SESSIONS,
    "contracts": CONTRACTS,
}

INPUT_KINDS: Mapping[str, Kind] = {"number": NUMBER, "ratio": RATIO, "money": MONEY, "condition": CONDITION}


def infer_kinds(
    module: Module, references: Mapping[int, Reference], order: tuple[str, ...] = ()
) -> tuple[dict[int, Kind], tuple[Diagnostic, ...]]:
    """Kinds by id of their expression, and the findings of the units family."""
    inference = _Inference(module, references)
    inference.infer_names(order)
    inference.infer()
    return inference.kinds, tuple(inference.diagnostics)


class _Inference:
    def __init__(self, module: Module, references: Mapping[int, Reference]) -> None:
        self.module = module
        self.references = references
        self.kinds: dict[int, Kind] = {}
        self.diagnostics: list[Diagnostic] = []
        self.meaning = Meaning(module, self.kinds, references)
        self.values: dict[str, syntax.Expression] = {let.name.name: let.value for let in module.lets}
        self.conditions: dict[str, syntax.Expression] = {trigger.name.name: trigger.condition for trigger in module.triggers}
        self.params = {param.name.name: param for param in module.params}
        self.inputs = {series.name.name: series for series in module.inputs}
        self.waiting: set[str] = set()
        """Lets and triggers whose kind is being found: a circle among them is for the graph to report."""
        self.layer = ""
        """The path of the layer whose statements are read."""

    def infer_names(self, order: tuple[str, ...]) -> None:
        """Params, lets and triggers, each after what it reads, so that no chain of names is a chain of calls."""
        for name in order:
            if name in self.params:
                self._kind(self.params[name].value)
            elif name in self.values:
                self._named(name, self.values[name])
            elif name in self.conditions:
                self._named(name, self.conditions[name])

    def infer(self) -> None:
        module = self.module
        for replaced in module.replaced:
            self._compare_replaced(replaced.name, replaced.original, replaced.span)
        for setting in module.settings:
            if setting.value is not None:
                self._expect(setting.value, MONEY, f"`{setting.name}`", "money")
        for param in module.params:
            self._infer_param(param)
        for let in module.lets:
            self._value(let.value, f"`trigger {let.name.name} = ...` names a condition.")
        for trigger in module.triggers:
            self._condition(trigger.condition)
        for series in module.inputs:
            if series.lag is not None:
                self._days(series.lag, "A lag")
        for use in module.uses:
            self._infer_use(use)
        for group in module.groups:
            self._infer_group(group)
        for claim in module.claims:
            self._condition(claim.measure)
            if claim.on_days is not None:
                self._condition(claim.on_days)
        for test in module.tests:
            for step in test.steps:
                self._infer_step(step)

    # ---- declarations --------------------------------------------------------------------------------

    def _infer_param(self, param: syntax.Param) -> None:
        kind = self._value(param.value)
        if param.low is None or param.high is None:
            return
        for bound in (param.low, param.high):
            bound_kind = self._value(bound)
            if not self._same(param.value, kind, bound, bound_kind):
                self._report(explain_mismatch(bound.span, Operand(param.value, kind), Operand(bound, bound_kind), "", "compared"))
                return
        value, low, high = (constant_value(part, self.meaning) for part in (param.value, param.low, param.high))
        if value is None or low is None or high is None or kind.family is Family.UNKNOWN:
            return
        if low > high:
            self._report(empty_range(param.low.span, quote(param.low), quote(param.high)))
        elif not low <= value <= high:
            self._report(outside_range(param.value.span, param.name.name, quote(param.value), quote(param.low), quote(param.high)))

    def _infer_use(self, use: StructureUse) -> None:
        """Do the arguments of `legs NAME(...)` have the kinds that the structure takes?"""
        for parameter, argument in zip(use.structure.parameters, use.use.arguments, strict=True):
            wanted = PARAMETER_KINDS.get(parameter.kind.name, UNKNOWN)
            kind = self._value(argument)
            if kind.family not in (wanted.family, Family.UNKNOWN) and not is_zero(argument) and wanted is not UNKNOWN:
                name = f"The `{parameter.name.name}` of `{use.structure.name.name}`"
                number = literal(argument) if kind == NUMBER else None
                fixed = None if number is None else with_unit(number, wanted.family)
                hints = () if fixed is None else (f"Write `{fixed}`.",)
                self._report(wrong_kind(argument.span, name, wanted.described, quote(argument), kind.described, *hints))
                self.kinds[id(argument)] = UNKNOWN  # so that the legs made with it are no finding, too

    def _compare_replaced(self, name: str, original: syntax.Expression, span: Span) -> None:
        """Does a changed name keep its kind? What was replaced is no longer said, so it is read aside, without findings."""
        aside = _Inference(self.module, self.references)
        before = aside._kind(original)
        expression = self.values.get(name) or self.conditions.get(name)
        if expression is None and name in self.params:
            expression = self.params[name].value
        if expression is None:
            return
        now = aside._kind(expression)
        lasting = before.family in LASTING and now.family in LASTING
        if not lasting and not self._same(original, before, expression, now):
            self._report(changed_kind(span, name, now.described, quote(original), before.text))
            self.kinds[id(expression)] = UNKNOWN  # so that what reads the name is no finding, too

    def _infer_step(self, step: syntax.TestStep) -> None:
        match step:
            case syntax.Calm(length=length, level=level):
                self._sessions(length, "`calm`")
                self._level(level, VOL_POINTS, "The level of VIX")
            case syntax.Move(targets=targets, length=length):
                self._sessions(length, "`move`")
                for name, manner, value in targets:
                    kind = self._value(value)
                    is_share = name == "rate" or any(entry.name.name == name and entry.kind.name == "ratio" for entry in self.module.inputs)
                    of_levels = (Family.RATIO,) if is_share else (Family.NUMBER, Family.POINTS)
                    if manner == "to" and kind.family not in (*of_levels, Family.UNKNOWN):
                        wanted = "a percentage" if is_share else "a number"
                        self._report(wrong_kind(value.span, "A level moved `to`", wanted, quote(value), kind.described))
            case syntax.Expect(condition=condition, within=within):
                self._condition(condition)
                if within is not None:
                    self._sessions(within, "`within`")
            case _:
                pass

    # ---- books, hedges, layers -----------------------------------------------------------------------

    def _infer_group(self, group: GroupDeclaration) -> None:
        for statement in group.statements:
            self._infer_statement(statement)
        total = 0.0
        for layer in group.layers:
            self._infer_layer(layer)
            for statement in layer.statements:
                if isinstance(statement, syntax.ShareOfBudget) and self._kind(statement.value) == RATIO:
                    share = constant_value(statement.value, self.meaning) or 0.0
                    if total <= 1.0 < total + share - 1e-9 and 0 <= share <= 1:
                        self._report(shares_above_all(statement.span, group.name, f"{written((total + share) * 100)}%"))
                    total += share

    def _infer_layer(self, layer: LayerDeclaration) -> None:
        self.layer = layer.path
        for statement in layer.statements:
            if isinstance(statement, syntax.Leg):
                self._infer_leg(statement)
            else:
                self._infer_statement(statement)

    def _infer_leg(self, leg: syntax.Leg) -> None:
        if leg.count is not None:
            self._expect(leg.count, NUMBER, "How many of a leg", "a plain number")
        product = PRODUCTS.get(leg.product.name)
        scale = UNKNOWN if product is None else product.scale
        if leg.strike is not None:
            self._infer_strike(leg.strike, scale)
        if leg.expiry is not None:
            self._infer_expiry(leg.expiry)

    def _infer_strike(self, strike: syntax.Strike, scale: Kind) -> None:
        value = strike.value
        match strike.manner:
            case "delta":
                if isinstance(value, syntax.Share):
                    self._kind(value)
                    self._report(strike_of_spot(value.span, quote(value.ratio), quote(value.base)))
                    return
                self._infer_delta(value)
            case "forward":
                kind = self._value(value)
                if kind.family is Family.NUMBER:
                    number = literal(value)
                    fixed = () if number is None else (f"Write `{written(number * 100 if number < 10 else number)}% of forward`.",)
                    self._report(wrong_kind(value.span, "A strike `of forward`", "a ratio", quote(value), kind.described, *fixed))
                elif kind.family not in (Family.RATIO, Family.UNKNOWN):
                    self._report(wrong_kind(value.span, "A strike `of forward`", "a ratio", quote(value), kind.described))
            case "strike":
                self._level(value, scale, "A strike")
            case _:
                self._distance(value, scale, strike)

    def _infer_delta(self, value: syntax.Expression) -> None:
        kind = self._value(value)
        if kind.family is Family.UNKNOWN:
            return
        if kind.family is not Family.DELTA:
            number = literal(value)
            known = number is not None and kind.family in (Family.NUMBER, Family.RATIO)
            fixed = with_unit(number, Family.DELTA) if known and number is not None else None
            self._report(delta_needed(value.span, quote(value), kind.described, fixed))
            return
        constant = constant_value(value, self.meaning)
        if constant is not None and not 0 < constant < 1:
            self._report(delta_range(value.span, quote(value), constant))

    def _distance(self, value: syntax.Expression, scale: Kind, strike: syntax.Strike) -> None:
        kind = self._value(value)
        if kind.family is Family.NUMBER:
            number = literal(value)
            reference = "" if strike.reference is None else strike.reference.name
            fixed = f"{quote(value)} points {strike.manner} {reference}" if number is not None else "25 points"
            self._report(unit_needed(value.span, f"`{quote(value)}`", "A distance between strikes is in points.", fixed))
        elif not self._fits(kind, scale):
            hint = f"Write it like `25 points {strike.manner} {'' if strike.reference is None else strike.reference.name}`."
            self._report(wrong_kind(value.span, "The distance between strikes", f"in {scale.text}", quote(value), kind.described, hint))

    def _infer_expiry(self, expiry: syntax.Expiry) -> None:
        for bound in (expiry.low, expiry.high):
            if bound is None:
                continue
            if expiry.manner == "month":
                self._expect(bound, NUMBER, "The rank of a month", "a plain number")
            else:
                self._days(bound, "An expiry")
        if expiry.low is not None and expiry.high is not None:
            low, high = constant_value(expiry.low, self.meaning), constant_value(expiry.high, self.meaning)
            if low is not None and high is not None and low > high:
                self._report(empty_range(expiry.span, quote(expiry.low), quote(expiry.high)))

    def _infer_statement(self, statement: syntax.Statement) -> None:
        match statement:
            case syntax.ExpiryRule(expiry=expiry):
                self._infer_expiry(expiry)
            case syntax.Size(value=value, max_loss=max_loss):
                self._infer_size(value, max_loss)
            case syntax.AtMost(count=count):
                self._expect(count, NUMBER, "`at most`", "a number of lots, as in `6 lots`")
            case syntax.Action():
                self._infer_action(statement)
            case syntax.Keep(value=value, low=low, high=high):
                self._in_range(value, low, high)
            case syntax.ShareOfBudget(value=value):
                self._expect(value, RATIO, "A share of the budget", "a ratio")
            case syntax.UnitRule(value=value):
                self._expect(value, NUMBER, "`unit`", "a plain number, as in `1 per $1_000_000 of capital`")
            case syntax.Budget(amount=amount, kept=kept):
                self._expect_money(amount, "A budget", "equity")
                if kept is not None and not (isinstance(kept, syntax.Literal) and kept.unit == "months"):
                    kind = self._value(kept)
                    if kind.family is not Family.UNKNOWN:
                        self._report(
                            wrong_kind(kept.span, "`kept`", "months", quote(kept), kind.described, "Write it like `kept 12 months`.")
                        )
                elif kept is not None:
                    self.kinds[id(kept)] = NUMBER
            case syntax.LimitCost(amount=amount):
                self._expect_money(amount, "A cost limit", "condors.credit")
            case syntax.Unwind(condition=condition, until=until):
                self._condition(condition)
                if until is not None:
                    self._condition(until)
            case _:
                pass

    def _infer_action(self, action: syntax.Action) -> None:
        match action:
            case syntax.Roll(to=syntax.Expiry() as expiry):
                self._infer_expiry(expiry)
            case syntax.Add(amount=amount, source=source):
                if amount is not None:
                    self._infer_size(amount, max_loss=False, verb="add")
                if source is not None:
                    self._value(source)
            case syntax.Shift(amount=amount):
                self._expect(amount, RATIO, "What is shifted of the budget", "a ratio")
            case _:
                pass
        if action.schedule is not None and action.schedule.length is not None:
            self._sessions(action.schedule.length, "`every`")
        if action.condition is not None:
            self._condition(action.condition)

    def _infer_size(self, value: syntax.Expression, max_loss: bool, verb: str = "size") -> None:
        """What is asked for: money or contracts."""
        kind = self._value(value)
        text = f"max_loss {quote(value)}" if max_loss else quote(value)
        families = (Family.MONEY,) if max_loss else (Family.MONEY, Family.CONTRACTS)
        if kind.family is Family.UNKNOWN or kind.family in families or is_zero(value):
            return
        short = len(text) < LONGEST_QUOTE
        if kind.family is Family.RATIO:
            examples = (f"{text} of equity",) if short else ("by vix { ... } of equity",)
            self._report(size_of_what(value.span, verb, text, *examples))
        elif kind.family is Family.NUMBER:
            number = literal(value)
            given = 2.0 if number is None else number
            choices = [with_unit(given, family) or "" for family in families]
            if max_loss:
                choices = [f"max_loss {choice}" for choice in choices]
            elif number is None:
                choices = [f"({text}) * 1 contract" if short else "... * 1 contract"]
            self._report(size_in_what(value.span, verb, text, *reversed(choices)))
        elif max_loss:
            what = "The worst loss that a size allows"
            self._report(wrong_kind(value.span, what, "money", quote(value), kind.described, "Write it like `size max_loss 2% of equity`."))
        else:
            self._report(size_of_kind(value.span, verb, text, kind.described))

    # ---- what a statement expects --------------------------------------------------------------------

    def _expect(self, value: syntax.Expression, wanted: Kind, what: str, words: str) -> None:
        kind = self._value(value)
        if kind in (wanted, UNKNOWN) or is_zero(value):
            return
        number = literal(value)
        fixed = None if number is None else with_unit(number, wanted.family)
        hints = () if fixed is None else (f"Write `{fixed}`.",)
        self._report(wrong_kind(value.span, what, words, quote(value), kind.described, *hints))

    def _expect_money(self, value: syntax.Expression, what: str, base: str) -> None:
        kind = self._value(value)
        if kind in (MONEY, UNKNOWN) or is_zero(value):
            return
        hint = f"Say of what: `{quote(value)} of {base}`." if kind == RATIO else f"Write `2% of {base}` or `$10_000`."
        self._report(wrong_kind(value.span, what, "money", quote(value), kind.described, hint))

    def _level(self, value: syntax.Expression, scale: Kind, what: str) -> None:
        """A level on a scale: points of it, or a bare number."""
        kind = self._value(value)
        bare = kind == NUMBER and self._is_bare(value)
        if not bare and not self._fits(kind, scale):
            number = literal(value)
            hints = () if number is None else (f"Write `{written(number)}`.",)
            self._report(wrong_kind(value.span, what, f"in {scale.text}", quote(value), kind.described, *hints))

    def _fits(self, kind: Kind, scale: Kind) -> bool:
        if UNKNOWN in (kind, scale):
            return True
        return kind.family is Family.POINTS and (kind.scale is None or kind.scale == scale.scale)

    def _sessions(self, length: syntax.Expression, what: str, bare: bool = False) -> None:
        """A count of sessions; `bare` allows a plain number."""
        kind = self._value(length)
        if kind.family in (Family.SESSIONS, Family.UNKNOWN) or (bare and kind == NUMBER):
            return
        number = literal(length)
        fixed = None if number is None else with_unit(number, Family.SESSIONS)
        if kind.family is Family.DAYS:
            self._report(sessions_meant(length.span, what, quote(length), fixed))
        elif kind == NUMBER:
            self._report(unit_needed(length.span, f"`{quote(length)}`", f"{what} counts sessions.", fixed or "5 sessions"))
        else:
            self._report(wrong_kind(length.span, f"The length of {what}", "sessions", quote(length), kind.described))

    def _days(self, length: syntax.Expression, what: str) -> None:
        kind = self._value(length)
        if kind.family in (Family.DAYS, Family.UNKNOWN):
            return
        number = literal(length)
        fixed = None if number is None else with_unit(number, Family.DAYS)
        if kind.family is Family.SESSIONS:
            self._report(days_meant(length.span, what, quote(length), fixed))
        elif kind == NUMBER:
            self._report(unit_needed(length.span, f"`{quote(length)}`", f"{what} counts calendar days.", fixed or "30 days"))
        else:
            self._report(wrong_kind(length.span, what, "calendar days", quote(length), kind.described))

    # ---- expressions ---------------------------------------------------------------------------------

    def _report(self, finding: Diagnostic) -> None:
        self.diagnostics.append(finding)

    def _kind(self, expression: syntax.Expression) -> Kind:
        """The kind of an expression, found once: a statement may stand in several layers."""
        known = self.kinds.get(id(expression))
        if known is None:
            known = self._find_kind(expression)
            self.kinds[id(expression)] = known
        return known

    def _value(self, expression: syntax.Expression, *hints: str) -> Kind:
        """The kind of an expression that must be a value: unknown, after a finding, for a condition or a layer."""
        kind = self._kind(expression)
        if kind.family not in NO_VALUES:
            return kind
        if kind.family is Family.LAYER:
            hints = (f"Say which of its values, as in `{quote(expression)}.profit`.",)
        elif not hints:
            hints = ("A condition stands alone, as in `when vix > 20`.",)
        self._report(value_needed(expression.span, quote(expression), kind.described, *hints))
        return UNKNOWN

    def _condition(self, expression: syntax.Expression) -> Kind:
        """The kind of an expression that must be true or false."""
        kind = self._kind(expression)
        if kind.family in LASTING or kind.family is Family.UNKNOWN:
            return kind
        if kind.family is Family.LAYER:
            self._report(value_needed(expression.span, quote(expression), kind.described, f"Write `{quote(expression)} is open`."))
        else:
            self._report(condition_needed(expression.span, quote(expression), kind.described))
        return UNKNOWN

    def _find_kind(self, expression: syntax.Expression) -> Kind:
        match expression:
            case syntax.Literal(unit=unit):
                return self._literal(expression, unit)
            case syntax.Name() | syntax.Attribute():
                return self._reference(expression)
            case syntax.Call():
                return self._call(expression)
            case syntax.Negate(operand=operand):
                return self._value(operand)
            case syntax.Arithmetic():
                return self._arithmetic(expression)
            case syntax.Comparison():
                return self._comparison(expression)
            case syntax.InRange(value=value, low=low, high=high):
                return self._in_range(value, low, high)
            case syntax.Not(operand=operand):
                return CONDITION if self._condition(operand).family is not Family.UNKNOWN else UNKNOWN
            case syntax.Logic():
                return self._logic(expression)
            case syntax.Crosses(left=left, right=right):
                self._compare(expression.span, left, right, f"crosses {expression.direction}")
                return EVENT
            case syntax.Edge(condition=condition):
                self._condition(condition)
                return EVENT
            case syntax.ForSessions(condition=condition, length=length):
                self._condition(condition)
                self._sessions(length, "`for`")
                return CONDITION
            case syntax.Within():
                return self._within(expression)
            case syntax.Conditional(value=value, condition=condition, otherwise=otherwise):
                self._condition(condition)
                return self._of_one_kind([value, otherwise])
            case syntax.Table():
                return self._table(expression)
            case syntax.Share():
                return self._share(expression)
            case syntax.Per():
                return self._per(expression)
            case syntax.Holding():
                return self._holding(expression)
            case _:
                return UNKNOWN

    def _literal(self, expression: syntax.Expression, unit: str) -> Kind:
        kind = LITERAL_KINDS.get(unit)
        if kind is not None:
            return kind
        if unit == "lots":
            return NUMBER
        self._report(value_needed(expression.span, quote(expression), unit, "Write `days` or `sessions`."))
        return UNKNOWN

    def _reference(self, expression: syntax.Expression) -> Kind:
        reference = self.references.get(id(expression))
        if reference is None:
            if isinstance(expression, syntax.Attribute) and isinstance(expression.owner, syntax.Call):
                self._kind(expression.owner)
            return UNKNOWN
        name = reference.name
        match reference.sort:
            case "param":
                return self._kind(self.params[name].value)
            case "let":
                return self._named(name, self.values[name])
            case "trigger":
                kind = self._named(name, self.conditions[name])
                return kind if kind.family in LASTING else UNKNOWN
            case "input":
                word = self.inputs[name].kind.name
                return Kind(Family.POINTS, name) if word == "index" else INPUT_KINDS.get(word, UNKNOWN)
            case "series":
                return SERIES[name].kind
            case "account":
                return ACCOUNT[name].kind
            case "attribute" | "lot":
                return ATTRIBUTES[name].kind
            case "component" if isinstance(expression, syntax.Attribute):
                return self._kind(expression.owner)
            case "calendar":
                return CALENDAR
            case "group" | "layer":
                return LAYER
            case "metric":
                return METRICS[name].kind
            case _:
                return UNKNOWN

    def _named(self, name: str, expression: syntax.Expression) -> Kind:
        if name in self.waiting:
            return UNKNOWN
        self.waiting.add(name)
        kind = self._kind(expression)
        self.waiting.discard(name)
        return kind if name not in self.values or kind.family not in NO_VALUES else UNKNOWN

    # ---- comparing and adding ------------------------------------------------------------------------

    def _same(self, left: syntax.Expression, left_kind: Kind, right: syntax.Expression, right_kind: Kind) -> bool:
        """Are two values of one kind? A bare 0 is of any; points without a scale are of any scale; a bare number goes with points."""
        if UNKNOWN in (left_kind, right_kind) or is_zero(left) or is_zero(right) or left_kind == right_kind:
            return True
        families = {left_kind.family, right_kind.family}
        if families == {Family.POINTS}:
            return None in (left_kind.scale, right_kind.scale)
        if families == {Family.POINTS, Family.NUMBER}:
            return self._is_bare(left if left_kind == NUMBER else right)
        return False

    def _is_bare(self, expression: syntax.Expression) -> bool:
        """Is it made of numbers in the text alone, and so of no scale of its own?"""
        match expression:
            case syntax.Literal() | syntax.Negate():
                return constant_value(expression, self.meaning) is not None
            case syntax.Name():
                reference = self.references.get(id(expression))
                if reference is not None and reference.sort == "let":
                    return self._is_bare(self.values[reference.name])
                return reference is not None and reference.sort == "param"
            case syntax.Arithmetic(left=left, right=right):
                return self._is_bare(left) and self._is_bare(right)
            case syntax.Conditional(value=value, otherwise=otherwise):
                return self._is_bare(value) and self._is_bare(otherwise)
            case syntax.Table(rows=rows):
                return all(self._is_bare(row.value) for row in rows)
            case _:
                return False

    def _compare(self, span: Span, left: syntax.Expression, right: syntax.Expression, operator: str, verb: str = "compared") -> bool:
        """Reports two values that cannot be compared; False where one of them has a mistake in it."""
        left_kind, right_kind = self._value(left), self._value(right)
        if UNKNOWN in (left_kind, right_kind):
            return False
        if self._same(left, left_kind, right, right_kind):
            return True
        base = self._natural_base(left if left_kind == MONEY else right)
        self._report(explain_mismatch(span, Operand(left, left_kind), Operand(right, right_kind), operator, verb, base))
        return False

    def _natural_base(self, money: syntax.Expression) -> str:
        """What a per cent beside this money is probably of: a profit is measured by what was received, or paid, for the lot."""
        reference = self.references.get(id(money))
        if reference is None or reference.name not in ("profit", "loss"):
            return "capital" if reference is not None and reference.name == "equity" else "equity"
        path = self.layer if reference.sort == "lot" else reference.owner
        legs = [leg for group in self.module.groups for layer in group.layers if layer.path == path for leg in layer.statements]
        bought = all(leg.side == "buy" for leg in legs if isinstance(leg, syntax.Leg))
        base = "cost" if bought else "credit"
        return f"{quote(money.owner)}.{base}" if isinstance(money, syntax.Attribute) else base

    def _comparison(self, comparison: syntax.Comparison) -> Kind:
        left, right = comparison.left, comparison.right
        if self._compare(comparison.span, left, right, comparison.operator) and comparison.operator == "=" and self._kind(left) == DAYS:
            self._report(exact_days(comparison.span, quote(left), quote(right)))
        return CONDITION

    def _in_range(self, value: syntax.Expression, low: syntax.Expression, high: syntax.Expression) -> Kind:
        if self._compare(low.span, value, low, ""):
            self._compare(high.span, value, high, "")
        bounds = constant_value(low, self.meaning), constant_value(high, self.meaning)
        if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            self._report(empty_range(low.span, quote(low), quote(high)))
        return CONDITION

    def _arithmetic(self, arithmetic: syntax.Arithmetic) -> Kind:
        left, right = arithmetic.left, arithmetic.right
        left_kind, right_kind = self._value(left), self._value(right)
        if UNKNOWN in (left_kind, right_kind):
            return UNKNOWN
        match arithmetic.operator:
            case "*":
                return self._product(arithmetic, Operand(left, left_kind), Operand(right, right_kind))
            case "/":
                return self._quotient(arithmetic, Operand(left, left_kind), Operand(right, right_kind))
            case _:
                return self._sum(arithmetic, left_kind, right_kind)

    def _sum(self, arithmetic: syntax.Arithmetic, left_kind: Kind, right_kind: Kind) -> Kind:
        if self._same(arithmetic.left, left_kind, arithmetic.right, right_kind):
            return _common(arithmetic.left, left_kind, right_kind)
        if {left_kind, right_kind} == {RATIO, NUMBER}:
            return RATIO
        left, right = Operand(arithmetic.left, left_kind), Operand(arithmetic.right, right_kind)
        verb = "added" if arithmetic.operator == "+" else "subtracted"
        self._report(explain_mismatch(arithmetic.span, left, right, arithmetic.operator, verb))
        return UNKNOWN

    def _product(self, arithmetic: syntax.Arithmetic, left: Operand, right: Operand) -> Kind:
        if left.kind == NUMBER:
            return right.kind
        if right.kind == NUMBER or right.kind == RATIO:
            return left.kind
        if left.kind == RATIO:
            return right.kind
        self._report(product_of_kinds(arithmetic.span, left.text, left.kind.described, right.text, right.kind.described))
        return UNKNOWN

    def _quotient(self, arithmetic: syntax.Arithmetic, left: Operand, right: Operand) -> Kind:
        if left.kind.family is right.kind.family:
            if left.kind.family is Family.POINTS:
                if left.kind != right.kind and None not in (left.kind.scale, right.kind.scale):
                    self._report(explain_mismatch(arithmetic.span, left, right, "/", "divided"))
                    return UNKNOWN
                return RATIO
            return RATIO if left.kind == MONEY else NUMBER
        if right.kind in (NUMBER, RATIO):
            return left.kind
        if left.kind == MONEY and right.kind == CONTRACTS:
            return MONEY
        if left.kind == MONEY and right.kind.family is Family.MONEY_PER_DAY:
            return DAYS
        number = literal(left.expression)
        fixed = None if number is None or left.kind != NUMBER else with_unit(number, right.kind.family)
        hints = () if fixed is None else (f"Write `{fixed} / {right.text}`.",)
        self._report(quotient_of_kinds(arithmetic.span, left.text, left.kind.described, right.text, right.kind.described, *hints))
        return UNKNOWN

    def _of_one_kind(self, values: list[syntax.Expression]) -> Kind:
        """The one kind of rows or sides; a bare 0 takes the others' kind."""
        first: Operand | None = None
        kind = UNKNOWN
        for value in values:
            own = self._kind(value)
            if own.family is Family.LAYER:
                own = self._value(value)
            if own.family is Family.UNKNOWN:
                return UNKNOWN
            if is_zero(value):
                continue
            if first is None:
                first, kind = Operand(value, own), own
            elif own.family in LASTING and kind.family in LASTING:
                kind = own if own == kind else CONDITION
            elif own.family is Family.POINTS and kind.family is Family.POINTS and self._same(first.expression, kind, value, own):
                kind = own if kind.scale is None else kind
            elif own != kind:
                number = literal(value)
                fixed = None if number is None else with_unit(number, kind.family)
                hints = () if fixed is None else (f"Write `{fixed}`.",)
                self._report(rows_of_one_kind(value.span, quote(value), own.described, first.text, kind.described, *hints))
                return UNKNOWN
        return NUMBER if first is None else kind

    # ---- logic and time ------------------------------------------------------------------------------

    def _logic(self, logic: syntax.Logic) -> Kind:
        left, right = self._condition(logic.left).family, self._condition(logic.right).family
        if Family.UNKNOWN in (left, right):
            return UNKNOWN
        instants = (left in INSTANTS, right in INSTANTS)
        if logic.operator == "and":
            return EVENT if any(instants) else CONDITION
        if left is Family.CALENDAR and right is Family.CALENDAR:
            return CALENDAR
        return EVENT if all(instants) else CONDITION

    def _within(self, within: syntax.Within) -> Kind:
        self._sessions(within.length, "`within`")
        kind = self._condition(within.event)
        if kind.family is Family.CONDITION and within.relation != "before":  # `before` a condition reads the future: another rule's
            text = quote(within.event)
            fixed = f"within {quote(within.length)} {within.relation} ({text.removeprefix('(').removesuffix(')')} begins)"
            if isinstance(within.event, syntax.Comparison) and within.event.operator in (">", ">=", "<", "<="):
                edge = "above" if within.event.operator.startswith(">") else "below"
                crossing = f"{quote(within.event.left)} crosses {edge} {quote(within.event.right)}"
                fixed = f"within {quote(within.length)} {within.relation} ({crossing})"
            self._report(event_needed(within.event.span, text, fixed))
        return CONDITION

    def _holding(self, holding: syntax.Holding) -> Kind:
        if holding.state == "changes":
            reference = self.references.get(id(holding))
            if reference is None or reference.sort != "size":
                self._value(holding.owner)
            return EVENT
        return CONDITION if holding.state in ("is open", "is closed") else EVENT

    # ---- tables, shares ------------------------------------------------------------------------------

    def _table(self, table: syntax.Table) -> Kind:
        subject = self._value(table.subject)
        if subject.family is not Family.UNKNOWN:
            for row in table.rows:
                if not self._compare(row.bound.span, table.subject, row.bound, ""):
                    break
        self._check_rows(table)
        return self._of_one_kind([row.value for row in table.rows])

    def _check_rows(self, table: syntax.Table) -> None:
        relations = [row.relation for row in table.rows]
        rows = table.rows
        low_ends_in = relations[0] == "below"
        wanted = ["below", *["from"] * (len(rows) - 1)] if low_ends_in else [*["up to"] * (len(rows) - 1), "above"]
        if len(rows) < 2:
            self._report(rows_do_not_join(table.span, "A table needs two rows at least."))
            return
        for row, relation in zip(rows, wanted, strict=True):
            if row.relation != relation:
                self._report(rows_do_not_join(row.span, f"`{row.relation} {quote(row.bound)}` does not join the rows around it."))
                return
        joints = list(pairwise(rows))
        touching = joints[:1] if low_ends_in else joints[-1:]
        for row, following in joints:
            low, high = constant_value(row.bound, self.meaning), constant_value(following.bound, self.meaning)
            if low is None or high is None:
                continue
            if (row, following) in touching:
                if low != high:
                    message = (
                        f"The rows `{row.relation} {quote(row.bound)}` and `{following.relation} {quote(following.bound)}` do not meet."
                    )
                    self._report(rows_do_not_join(following.bound.span, message))
                    return
            elif low >= high:
                self._report(breakpoints_descend(following.bound.span, quote(following.bound), quote(row.bound)))
                return

    def _share(self, share: syntax.Share) -> Kind:
        ratio, base = self._value(share.ratio), self._value(share.base)
        if UNKNOWN in (ratio, base):
            return UNKNOWN
        if ratio != RATIO and not is_zero(share.ratio):
            number = literal(share.ratio)
            fixed = None if number is None or ratio != NUMBER else f"{with_unit(number, Family.RATIO)} of {quote(share.base)}"
            self._report(share_of_no_ratio(share.ratio.span, quote(share.ratio), ratio.described, fixed))
            return UNKNOWN
        if base.family not in (Family.MONEY, Family.POINTS, Family.CONTRACTS):
            self._report(share_of_no_base(share.base.span, quote(share.base), base.described))
            return UNKNOWN
        return base

    def _per(self, per: syntax.Per) -> Kind:
        quantity = self._value(per.quantity)
        amount, base = self._value(per.amount), self._value(per.base)
        if UNKNOWN in (quantity, amount, base):
            return UNKNOWN
        if amount != base and not (amount.family is Family.POINTS and self._same(per.amount, amount, per.base, base)):
            self._report(per_of_kinds(per.amount.span, quote(per.amount), amount.text, quote(per.base), base.text))
            return UNKNOWN
        return quantity

    # ---- functions -----------------------------------------------------------------------------------

    def _call(self, call: syntax.Call) -> Kind:
        reference = self.references.get(id(call.function))
        name = "" if reference is None else reference.name
        if name == "vx":
            return self._future(call)
        if name == "iv":
            return self._volatility(call)
        function = FUNCTIONS.get(name) or METRIC_FUNCTIONS.get(name)
        if function is None:
            for argument in call.arguments:
                self._kind(argument)
            return UNKNOWN
        if name in ("min", "max"):
            for argument in call.arguments:
                if self._value(argument).family is Family.UNKNOWN:
                    return UNKNOWN
            return self._of_values(call)
        found = [self._argument(name, sort, argument) for sort, argument in zip(function.arguments, call.arguments, strict=False)]
        if function.result is not None:
            return function.result
        return found[0]

    def _of_values(self, call: syntax.Call) -> Kind:
        """`min` and `max`: values of one kind, a bare number beside points allowed as in a comparison."""
        first = call.arguments[0]
        kind = self._kind(first)
        for argument in call.arguments[1:]:
            own = self._kind(argument)
            if not self._same(first, kind, argument, own):
                left, right = Operand(first, kind), Operand(argument, own)
                self._report(explain_mismatch(argument.span, left, right, "", "compared"))
                return UNKNOWN
            kind = _common(first, kind, own)
        return kind

    def _argument(self, function: str, sort: Argument, argument: syntax.Expression) -> Kind:
        match sort:
            case "window":
                self._sessions(argument, f"`{function}`", bare=True)
                return self._kind(argument)
            case "sessions":
                self._sessions(argument, f"`{function}`")
                return self._kind(argument)
            case "any":
                kind = self._kind(argument)
                return self._value(argument) if kind.family is Family.LAYER else kind
            case "metric":
                kind = self._value(argument)
                reference = self.references.get(id(argument))
                if kind.family is not Family.UNKNOWN and (reference is None or reference.sort != "metric"):
                    hint = "Write a metric of a result, as in `max_drawdown`."
                    self._report(argument_kind(argument.span, function, quote(argument), kind.described, hint))
                return kind
            case _:
                return self._stream_argument(function, sort, argument)

    def _stream_argument(self, function: str, sort: Argument, argument: syntax.Expression) -> Kind:
        if function in ("beta", "corr") and self._kind(argument).family is Family.LAYER:
            return MONEY  # the value of a book or layer
        kind = self._value(argument)
        if sort == "level" and kind == RATIO:
            text = quote(argument)
            hint = f"A ratio moves by a difference: `{text} - prev({text}, 5 sessions)`."
            self._report(argument_kind(argument.span, function, text, kind.described, hint))
            return UNKNOWN
        if sort == "logarithm" and kind.family not in (Family.RATIO, Family.POINTS, Family.NUMBER, Family.UNKNOWN):
            self._report(
                argument_kind(argument.span, function, quote(argument), kind.described, "Divide by a value of the same kind first.")
            )
            return UNKNOWN
        return kind

    def _future(self, call: syntax.Call) -> Kind:
        """`vx(n)` by rank, `vx(30 days)` at constant maturity."""
        argument = call.arguments[0]
        kind = self._value(argument)
        value = constant_value(argument, self.meaning)
        if kind.family is Family.UNKNOWN:
            return VOL_POINTS
        if kind.family not in (Family.NUMBER, Family.DAYS):
            hint = "Write `vx(1)` for the first monthly future, or `vx(30 days)`."
            self._report(
                market_argument(argument.span, quote(argument), "`vx` takes the rank of a future, and {} is " + f"{kind.described}.", hint)
            )
        elif value is None:
            hint = "Write `vx(1)` or `vx(30 days)`."
            self._report(market_argument(argument.span, quote(argument), "Which future is read must be fixed, and {} is not.", hint))
        elif kind.family is Family.DAYS and value != CONSTANT_MATURITY_DAYS:
            hint = f"The constant maturity is {CONSTANT_MATURITY_DAYS} days: `vx({CONSTANT_MATURITY_DAYS} days)`."
            self._report(unsupported_series(call.span, quote(call), hint))
        elif kind.family is Family.NUMBER and (value != int(value) or not 1 <= value <= FUTURES_LISTED):
            self._report(unsupported_series(call.span, quote(call), f"Monthly futures are `vx(1)` to `vx({FUTURES_LISTED})`."))
        return VOL_POINTS

    def _volatility(self, call: syntax.Call) -> Kind:
        """`iv(spx, N days)`."""
        underlying, length = call.arguments
        self._days(length, "`iv`")
        if self._kind(underlying) not in (SPX_POINTS, UNKNOWN):
            message = "`iv` reads the surface of SPX options, and {} has none."
            self._report(market_argument(underlying.span, quote(underlying), message, "Write `iv(spx, 45 days)`."))
        return VOL_POINTS


def _common(left: syntax.Expression, left_kind: Kind, right_kind: Kind) -> Kind:
    """The kind of a sum of two values of one kind: points rather than a bare number, a scale rather than none."""
    if left_kind.family is not right_kind.family:
        if is_zero(left) or left_kind == NUMBER:
            return right_kind
        return left_kind
    return right_kind if left_kind.scale is None else left_kind
