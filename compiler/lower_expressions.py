"""From expressions to stream nodes.

Assumes a module without errors: names resolved, kinds inferred, no cycle, windows fixed. Guarantees that every operation
is one that docs/design/bar.md defines.
"""

from __future__ import annotations

from functools import reduce
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import frozen

from alvh.compiler.constants import fixed_value
from alvh.compiler.dependencies import DECIDED
from alvh.compiler.expressions import children_of, text_of, walk
from alvh.compiler.ir import NodeId
from alvh.compiler.known_ahead import is_known_ahead
from alvh.compiler.meaning import Meaning, Reference
from alvh.compiler.stream_nodes import StreamNodes
from alvh.compiler.structure_values import why_never_known
from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError

MACD_SPANS = (12, 26)
MACD_SIGNAL = 9
"""Appel's spans, TA-Lib's defaults."""

When: TypeAlias = OneOf["today", "start", "before"]
"""What a layer's decided attributes mean: today's decisions, the start of the bar (a budget, paid before any decision),
or a bar before (inside `prev`, where a layer's own are meant as decided, too)."""

COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}
ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
HOLDINGS = {"is open": "is_open", "is closed": "is_open", "opens": "opens", "closes": "closes", "rolls": "rolls"}
WINDOWED = frozenset({"sma", "ema", "rsi", "stdev", "realized_vol", "change", "highest", "lowest", "zscore", "percentile_rank"})
SOME_LAYERS = frozenset({"dte", "age", "short_delta", "option_delta", "lower_break_even", "upper_break_even"})
"""Attributes that are no sum: of a group, they are found over its layers that hold a lot and can have them."""
PAIRED = frozenset({"beta", "corr", "diverges"})


@frozen
class Scope:
    """Where an expression stands: the layer whose statement it is (-1 outside layers), and what decided attributes mean."""

    own: int = -1
    when: When = "today"
    size: syntax.Expression | None = None
    """What `size` means in `size changes`."""


TODAY = Scope()


class ExpressionLowering:
    """Lowers expressions into `streams`; lets, triggers and params once each."""

    def __init__(self, meaning: Meaning, streams: StreamNodes, layers: dict[str, int], members: dict[str, tuple[int, ...]], capital: float):
        """`layers`: index of each layer by path; `members`: the layers of each group by its name."""
        self.meaning = meaning
        self.streams = streams
        self.capital = capital
        self._layers = layers
        self._members = members
        self._named = {let.name.name: let.value for let in meaning.module.lets}
        self._named |= {trigger.name.name: trigger.condition for trigger in meaning.module.triggers}
        self._params = {param.name.name: param for param in meaning.module.params}
        self._lowered_names: dict[tuple[str, When], NodeId] = {}
        self._noted: dict[tuple[int, int, When], NodeId] = {}

    def lower(self, expression: syntax.Expression, scope: Scope = TODAY) -> NodeId:
        """The node of an expression, labelled with its text."""
        node = self._lower(expression, scope)
        self._noted[id(expression), scope.own, scope.when] = node
        kept = self.streams.nodes[node]
        if not kept.label and kept.operation != "constant":
            self.streams.label(node, text_of(expression))
        return node

    def lower_name(self, name: str, when: When = "today") -> NodeId:
        """The node of a let, trigger or param; a param's gets its value when all stands."""
        node = self._lowered_names.get((name, when))
        if node is None:
            if name in self._params:
                node = self.streams.add("parameter", name=name, label=name)
            else:
                node = self.lower(self._named[name], Scope(when=when))
                self.streams.call(node, name)
            self._lowered_names[name, when] = node
        return node

    def noted(self, expression: syntax.Expression, scope: Scope) -> NodeId:
        """The node that an expression of the module was lowered to there; -1 where it was not."""
        return self._noted.get((id(expression), scope.own, scope.when), -1)

    def named(self, expression: syntax.Expression) -> syntax.Expression | None:
        """What a name of a let or trigger stands for; None for anything else."""
        return self._named[self._reference(expression).name] if self._sort(expression) in ("let", "trigger") else None

    def clauses(self, expression: syntax.Expression, scope: Scope, opens: bool = True) -> tuple[NodeId, ...]:
        """The streams of what a condition joins by `and`, `or` and `not`, in the order of the text; a trigger is opened once,
        and followed by its own."""
        match expression:
            case syntax.Logic(left=left, right=right):
                return (*self.clauses(left, scope, opens), *self.clauses(right, scope, opens))
            case syntax.Not(operand=operand):
                return self.clauses(operand, scope, opens)
        named = self.named(expression) if opens else None
        own = () if named is None else self.clauses(named, Scope(when=scope.when), opens=False)
        return (self.lower(expression, scope), *own)

    def reads_lot(self, expression: syntax.Expression) -> bool:
        return any(self._sort(part) == "lot" for part in walk(expression))

    def leaves(self, expression: syntax.Expression, scope: Scope) -> tuple[NodeId, ...]:
        """The clauses of a condition, then the streams that its text reads, nearest first, without constants; for the journal."""
        found: dict[NodeId, None] = dict.fromkeys(self.clauses(expression, scope))
        opened: set[str] = set()
        waiting: list[tuple[syntax.Expression, Scope]] = [(expression, scope)]
        while waiting:
            current, where = waiting.pop(0)
            match current:
                case syntax.Name() | syntax.Attribute() if self._sort(current) in ("let", "trigger"):
                    name = self._reference(current).name
                    if self._sort(current) == "let":
                        found.setdefault(self.lower_name(name, where.when))
                    if name not in opened:
                        opened.add(name)
                        waiting.append((self._named[name], Scope(when=where.when)))
                    continue
                case syntax.Name() | syntax.Attribute() | syntax.Holding():
                    if self._sort(current) != "calendar":
                        found.setdefault(self.lower(current, where))
                    continue
                case syntax.Call():
                    found.setdefault(self.lower(current, where))
                    if current.function.name in ("prev", "vx", "iv"):
                        continue
                case _:
                    pass
            waiting.extend((child, where) for child in children_of(current))
        return tuple(node for node in found if self.streams.nodes[node].operation != "constant")

    # ---- by form -------------------------------------------------------------------------------------

    def _lower(self, expression: syntax.Expression, scope: Scope) -> NodeId:
        add = self.streams.add
        match expression:
            case syntax.Literal(value=value):
                return self.streams.constant(value)
            case syntax.Name() | syntax.Attribute():
                return self._lower_reference(expression, scope)
            case syntax.Call():
                return self._lower_call(expression, scope)
            case syntax.Negate(operand=syntax.Literal(value=value)):
                return self.streams.constant(-value)
            case syntax.Negate(operand=operand):
                return add("neg", self.lower(operand, scope))
            case syntax.Arithmetic(operator=operator, left=left, right=right):
                return add(ARITHMETIC[operator], self.lower(left, scope), self.lower(right, scope))
            case syntax.Comparison(operator=relation, left=left, right=right):
                return add(COMPARISONS[relation], self.lower(left, scope), self.lower(right, scope))
            case syntax.InRange(value=middle, low=low, high=high):
                x = self.lower(middle, scope)
                return add("and", add("ge", x, self.lower(low, scope)), add("le", x, self.lower(high, scope)))
            case syntax.Not(operand=operand):
                return add("not", self.lower(operand, scope))
            case syntax.Logic(operator=connective, left=left, right=right):
                return add(connective, self.lower(left, scope), self.lower(right, scope))
            case syntax.Crosses(direction=direction, left=left, right=right):
                return add(f"cross_{direction}", self.lower(left, scope), self.lower(right, scope))
            case syntax.Edge(condition=condition, which=which):
                return self._lower_edge(self.lower(condition, scope), which)
            case syntax.ForSessions(condition=condition, length=length):
                return add("for_sessions", self.lower(condition, scope), window=(self._whole(length),))
            case syntax.Within():
                return self._lower_within(expression, scope)
            case syntax.Conditional(value=then, condition=condition, otherwise=otherwise):
                return add("choose", self.lower(condition, scope), self.lower(then, scope), self.lower(otherwise, scope))
            case syntax.Table():
                return self._lower_table(expression, scope)
            case syntax.Share(ratio=ratio, base=base):
                return add("mul", self.lower(ratio, scope), self.lower(base, scope))
            case syntax.Per(quantity=quantity, amount=amount, base=base):
                return add("mul", self.lower(quantity, scope), add("div", self.lower(base, scope), self.lower(amount, scope)))
            case syntax.Holding():
                return self._lower_holding(expression, scope)
            case _:
                raise InternalError(f"no lowering of {type(expression).__name__} at {expression.span}")

    def _lower_edge(self, now: NodeId, which: str) -> NodeId:
        add = self.streams.add
        before = add("delay", now, window=(1,))
        return add("and", now, add("not", before)) if which == "begins" else add("and", add("not", now), before)

    def _lower_table(self, table: syntax.Table, scope: Scope) -> NodeId:
        """`below a : u  from b : v` asks `x < b` for u; `up to a : u  above a : v` asks `x <= a`."""
        rows = table.rows
        x = self.lower(table.subject, scope)
        upward = any(row.relation in ("up to", "above") for row in rows)
        relation = "le" if upward else "lt"
        bounds = [row.bound for row in (rows[:-1] if upward else rows[1:])]
        chosen = self.lower(rows[-1].value, scope)
        for row, bound in zip(reversed(rows[:-1]), reversed(bounds), strict=True):
            chosen = self.streams.add(
                "choose", self.streams.add(relation, x, self.lower(bound, scope)), self.lower(row.value, scope), chosen
            )
        return chosen

    def _lower_within(self, within: syntax.Within, scope: Scope) -> NodeId:
        """Near an event. Published calendars are known ahead; of other events only the past is."""
        length = self._whole(within.length)
        before, after = {"before": (length, 0), "after": (0, length), "of": (length, length)}[within.relation]
        add = self.streams.add
        if within.relation == "after" and not is_known_ahead(within.event, self.meaning):
            return add("within_after", self.lower(within.event, scope), window=(length,))
        near: list[NodeId] = []
        for event, where in self._alternatives(within.event, scope):
            if self._sort(event) == "calendar":
                near.append(add("calendar_within", name=self._reference(event).name, window=(before, after)))
            elif within.relation == "before":
                raise InternalError(f"the future is read at {within.span}")
            else:
                near.append(add("within_after", self.lower(event, where), window=(length,)))
        return reduce(lambda left, right: add("or", left, right), near)

    def _alternatives(self, event: syntax.Expression, scope: Scope) -> list[tuple[syntax.Expression, Scope]]:
        """The events that an event is `or` of, triggers among them opened: near one of them is near the whole."""
        found: list[tuple[syntax.Expression, Scope]] = []
        opened: set[str] = set()
        waiting = [(event, scope)]
        while waiting:
            current, where = waiting.pop()
            if isinstance(current, syntax.Logic) and current.operator == "or":
                waiting += [(current.right, where), (current.left, where)]
            elif isinstance(current, syntax.Name) and self._sort(current) == "trigger":
                if current.name not in opened:
                    opened.add(current.name)
                    waiting.append((self._named[current.name], Scope(when=where.when)))
            else:
                found.append((current, where))
        return found

    def _lower_holding(self, holding: syntax.Holding, scope: Scope) -> NodeId:
        add = self.streams.add
        if holding.state == "changes":
            if self._sort(holding.owner) == "size" and scope.size is None:
                return self.streams.constant(0.0)  # the legs' own counts never change
            now = self.lower(scope.size if self._sort(holding.owner) == "size" and scope.size is not None else holding.owner, scope)
            return add("ne", now, add("delay", now, window=(1,)))
        reference = self._reference(holding)
        asked = [self._attribute(layer, HOLDINGS[holding.state], scope, decided=True) for layer in self._owners(reference.name)]
        held = reduce(lambda left, right: add("or", left, right), asked)
        return add("not", held) if holding.state == "is closed" else held

    # ---- names ---------------------------------------------------------------------------------------

    def _lower_reference(self, expression: syntax.Name | syntax.Attribute, scope: Scope) -> NodeId:
        reference = self._reference(expression)
        name = reference.name
        add = self.streams.add
        match reference.sort:
            case "param" | "let" | "trigger":
                return self.lower_name(name, scope.when)
            case "series" | "input":
                return add("series", name=name, label=name)
            case "calendar":
                return add("calendar", name=name, label=name)
            case "account":
                return self.streams.constant(self.capital) if name == "capital" else add("account", name=name, label=name)
            case "lot":
                return add("lot", name=name, owner=scope.own, label=name)
            case "attribute":
                return self._of_layers(self._owners(reference.owner), name, scope)
            case "layer" | "group":  # only beta and corr take one
                return add("add", self.streams.constant(self.capital), self._of_layers(self._owners(name), "earned", scope))
            case "component" if isinstance(expression, syntax.Attribute) and isinstance(expression.owner, syntax.Call):
                return self._lower_macd(expression.owner, name, scope)
            case _:
                raise InternalError(f"{reference.sort} `{name}` is no value at {expression.span}")

    def _owners(self, name: str) -> tuple[int, ...]:
        return self._members[name] if name in self._members else (self._layers[name],)

    def _attribute(self, layer: int, name: str, scope: Scope, decided: bool) -> NodeId:
        """One layer's attribute. Its own decisions of today are not made yet when its rules are read: none opened, none closed."""
        own = layer == scope.own and scope.when != "before"
        if decided and (own or scope.when == "start"):
            if name in ("opens", "closes", "rolls"):
                return self.streams.constant(0.0)
            decided = False
        path = next(path for path, index in self._layers.items() if index == layer)
        label = f"{path} {name.replace('_', ' ')}" if name in HOLDINGS.values() else f"{path}.{name}"
        return self.streams.add("decided" if decided else "mark", name=name, owner=layer, label=label)

    def _with_attribute(self, owners: tuple[int, ...], name: str) -> tuple[int, ...]:
        """The layers of a group whose structure can have an attribute: a tier without sold calls has no upper break-even."""
        if name not in SOME_LAYERS or len(owners) == 1:
            return owners
        paths = {index: path for path, index in self._layers.items()}
        legs = {
            layer.path: tuple(part for part in layer.statements if isinstance(part, syntax.Leg))
            for group in self.meaning.module.groups
            for layer in group.layers
        }
        return tuple(owner for owner in owners if why_never_known(name, legs[paths[owner]]) is None) or owners

    def _of_layers(self, owners: tuple[int, ...], name: str, scope: Scope) -> NodeId:
        """A layer's attribute, or a group's: the sum over its layers, or over those that hold a lot the nearest `dte`, the
        oldest `age`, the largest delta, the break-even nearest to the index from below or above."""
        add = self.streams.add
        decided = name in DECIDED
        owners = self._with_attribute(owners, name)
        values = [self._attribute(layer, name, scope, decided) for layer in owners]
        if name not in SOME_LAYERS:
            return reduce(lambda left, right: add("add", left, right), values)
        held = [self._attribute(layer, "is_open", scope, decided=False) for layer in owners]
        value, holds = values[0], held[0]
        for other, other_holds in zip(values[1:], held[1:], strict=True):
            both = add("min" if name in ("dte", "upper_break_even") else "max", value, other)
            value = add("choose", other_holds, add("choose", holds, both, other), value)
            holds = add("or", holds, other_holds)
        return value

    # ---- functions -----------------------------------------------------------------------------------

    def _lower_call(self, call: syntax.Call, scope: Scope) -> NodeId:
        add = self.streams.add
        name = self._function(call)
        arguments = call.arguments
        if name in WINDOWED:
            return add(name, self.lower(arguments[0], scope), window=(self._whole(arguments[1]),))
        if name in PAIRED:
            first, second = self.lower(arguments[0], scope), self.lower(arguments[1], scope)
            return add(name, first, second, window=(self._whole(arguments[2]),))
        match name:
            case "ln" | "abs":
                return add(name, self.lower(arguments[0], scope))
            case "min" | "max":
                return reduce(lambda left, right: add(name, left, right), [self.lower(argument, scope) for argument in arguments])
            case "prev":
                return self._lower_previous(call, scope)
            case "vx":
                number = self._whole(arguments[0])
                return add("series", name="vx30" if is_in_days(arguments[0], self.meaning) else f"vx{number}", label=text_of(call))
            case "iv":
                return add("spx_volatility", window=(self._whole(arguments[1]),), label=text_of(call))
            case "macd":
                return self._lower_macd(call, "line", scope)
            case _:
                raise InternalError(f"no lowering of function `{name}` at {call.span}")

    def _lower_macd(self, call: syntax.Call, component: str, scope: Scope) -> NodeId:
        add = self.streams.add
        line = add("macd_line", self.lower(call.arguments[0], scope), window=MACD_SPANS)
        if component == "line":
            return line
        signal = add("ema", line, window=(MACD_SIGNAL,))
        return signal if component == "signal" else add("sub", line, signal)

    def _lower_previous(self, call: syntax.Call, scope: Scope) -> NodeId:
        """`prev(x)` may stand in what x reads, so x is lowered once all else is; each lot's own values know no such knot."""
        value = call.arguments[0]
        sessions = self._whole(call.arguments[1]) if len(call.arguments) > 1 else 1
        if self.reads_lot(value):
            return self.streams.add("delay", self.lower(value, scope), window=(sessions,), label=text_of(call))
        earlier = Scope(scope.own, "before", scope.size)
        return self.streams.delay_later((value, scope.own), lambda: self.lower(value, earlier), sessions, text_of(call))

    def _function(self, call: syntax.Call) -> str:
        reference = self.meaning.references.get(id(call.function))
        if reference is None:
            raise InternalError(f"unresolved function at {call.span}")
        return reference.name

    def _whole(self, expression: syntax.Expression) -> int:
        value = fixed_value(expression, self.meaning)
        if value != int(value) or value < 1:
            raise InternalError(f"{value} is no window at {expression.span}")
        return int(value)

    def _reference(self, expression: syntax.Expression) -> Reference:
        reference = self.meaning.references.get(id(expression))
        if reference is None:
            raise InternalError(f"unresolved name at {expression.span}: {expression.span.text}")
        return reference

    def _sort(self, expression: syntax.Expression) -> str:
        reference = self.meaning.references.get(id(expression))
        return "" if reference is None else reference.sort


def is_in_days(expression: syntax.Expression, meaning: Meaning) -> bool:
    """Is it a count of calendar days, as in `vx(30 days)`, and no rank?"""
    if isinstance(expression, syntax.Literal):
        return expression.unit == "days"
    kind = meaning.kinds.get(id(expression))
    return kind is not None and kind.family.value == "days"
