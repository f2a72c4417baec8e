"""From the claim lines of a module to questions: which figure, in which region, of which runs.

Assumes a module on which the rules of `check` found no error.
"""

from __future__ import annotations

from math import inf

from attrs import field, frozen

from alvh.compiler.constants import constant_value
from alvh.compiler.ir import Node, NodeId
from alvh.compiler.lower_expressions import ExpressionLowering
from alvh.compiler.meaning import Meaning
from alvh.compiler.scenarios import SCENARIOS, Scenario
from alvh.compiler.stream_nodes import StreamNodes, keep_reachable
from alvh.compiler.vocabulary import METRIC_FUNCTIONS
from alvh.grammar import syntax
from alvh.grammar.source import Span

_OF_MARKET = frozenset({"series", "constant", "parameter", "calendar", "calendar_within", "every_sessions"})
_OF_ACCOUNT = frozenset({"account", "mark", "decided", "lot"})


@frozen
class Region:
    """The figures that a claim allows: from `low` to `high`; an open end does not belong to it."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def misses(self, low: float, high: float) -> bool:
        """Whether no figure from `low` to `high` lies in the region."""
        under = high <= self.low if self.low_open else high < self.low
        over = low >= self.high if self.high_open else low > self.high
        return under or over


@frozen
class DayCondition:
    """`on days when C`: the streams of C, which read the market alone."""

    nodes: tuple[Node, ...]
    root: NodeId
    text: str


@frozen
class Question:
    """One claim, as it is to be judged."""

    name: str
    text: str
    metric: str
    relative: str
    """`reduction`, `ratio`, or "" for the metric itself."""
    region: Region
    against: str | None
    """The file after `vs`, as written."""
    without: tuple[str, ...]
    """Paths of the layers that do not trade."""
    on_days: DayCondition | None
    scenario: Scenario | None
    live: bool
    settings: tuple[tuple[str, str], ...]
    span: Span = field(eq=False, repr=False)
    unanswerable: str = ""
    """Why nobody can judge it; "" where somebody can."""


def read_claims(meaning: Meaning) -> tuple[Question, ...]:
    """The questions of a module, in the order of its lines."""
    return tuple(_question(claim, meaning) for claim in meaning.module.claims)


def read_condition(expression: syntax.Expression, meaning: Meaning) -> DayCondition | str:
    """The streams of a condition on days; a text that says why days cannot be told by it."""
    streams = StreamNodes(())
    try:
        root = ExpressionLowering(meaning, streams, {}, {}, 0.0).lower(expression)
        streams.complete_delays()
    except (KeyError, IndexError):  # it names a layer, and no layer is known here
        return "its days are told by what a layer holds, and differ from run to run"
    nodes, numbers = keep_reachable(streams.nodes, [root])
    if any(node.operation in _OF_ACCOUNT for node in nodes):
        return "its days are told by the account, and differ from run to run"
    if any(not node.inputs and node.operation not in _OF_MARKET for node in nodes):
        return "its days are told by a stream that is priced during a run"
    return DayCondition(nodes, numbers[root], expression.span.text)


def _question(claim: syntax.Claim, meaning: Meaning) -> Question:
    problems: list[str] = []
    metric, relative, region = _measure(claim.measure, meaning)
    if region is None:
        problems.append("it does not compare one metric with one number or range")
    condition = None if claim.on_days is None else read_condition(claim.on_days, meaning)
    if isinstance(condition, str):
        problems.append(condition)
        condition = None
    words = claim.setting
    live = words == ("live", "sizing")
    return Question(
        name=claim.name.name,
        text=" ".join(claim.span.text.split()).partition(":")[2].strip(),
        metric=metric,
        relative=relative,
        region=region or Region(),
        against=claim.against,
        without=() if claim.without is None else _layers(claim.without, meaning),
        on_days=condition,
        scenario=None if claim.scenario is None else SCENARIOS.get(claim.scenario),
        live=live,
        settings=() if live or not words else ((words[0], " ".join(words[1:])),),
        span=claim.span,
        unanswerable="; ".join(problems),
    )


def _layers(path: syntax.Path, meaning: Meaning) -> tuple[str, ...]:
    """The layers that a path names: one, or all of a book or hedge."""
    reference = meaning.references[id(path)]
    if reference.sort == "layer":
        return (reference.name,)
    return tuple(layer.path for group in meaning.module.groups if group.name == reference.name for layer in group.layers)


def _measure(measure: syntax.Expression, meaning: Meaning) -> tuple[str, str, Region | None]:
    """Metric, function, region; no region where the measure is of another form."""
    match measure:
        case syntax.InRange(value=figure, low=low, high=high):
            metric, relative = _figure(figure, meaning)
            lowest, highest = constant_value(low, meaning), constant_value(high, meaning)
            if not metric or lowest is None or highest is None:
                return metric, relative, None
            return metric, relative, Region(lowest, highest)
        case syntax.Comparison(operator=operator, left=left, right=right):
            metric, relative = _figure(left, meaning)
            bound = constant_value(right, meaning)
            if not metric:
                metric, relative = _figure(right, meaning)
                bound = constant_value(left, meaning)
                operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)  # type: ignore[assignment]
            return metric, relative, None if not metric or bound is None else _half_line(operator, bound)
        case _:
            return "", "", None


def _half_line(operator: str, bound: float) -> Region | None:
    match operator:
        case "<":
            return Region(high=bound, high_open=True)
        case "<=":
            return Region(high=bound)
        case ">":
            return Region(low=bound, low_open=True)
        case ">=":
            return Region(low=bound)
        case "=":
            return Region(bound, bound)
        case _:
            return None


def _figure(expression: syntax.Expression, meaning: Meaning) -> tuple[str, str]:
    """Metric and function of `max_drawdown` or `reduction(max_drawdown)`; "" for anything else."""
    match expression:
        case syntax.Call(function=function, arguments=(argument,)) if function.name in METRIC_FUNCTIONS:
            metric, nested = _figure(argument, meaning)
            return ("", "") if nested else (metric, function.name)
        case syntax.Name():
            reference = meaning.references.get(id(expression))
            return (reference.name, "") if reference is not None and reference.sort == "metric" else ("", "")
        case _:
            return "", ""
