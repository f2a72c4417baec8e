"""What each stream operation means, in plain Python: docs/design/bar.md, section "Streams", line by line.

Unknown is NaN, a condition is 1.0, 0.0 or NaN. Nothing here is shared with the compiled engine except `log`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from alvh.compiler.ir import Node, NodeId
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.mathematics import log

UNKNOWN = math.nan


def is_unknown(x: float) -> bool:
    return x != x


def any_unknown(values: Iterable[float]) -> bool:
    return any(x != x for x in values)


def smaller(a: float, b: float) -> float:
    """`a if a < b else b`; unknown if either is."""
    if is_unknown(a) or is_unknown(b):
        return UNKNOWN
    return a if a < b else b


def larger(a: float, b: float) -> float:
    """`a if a > b else b`; unknown if either is."""
    if is_unknown(a) or is_unknown(b):
        return UNKNOWN
    return a if a > b else b


# Operations on the values of one bar


def divide(a: float, b: float) -> float:
    return UNKNOWN if b == 0.0 else a / b


def natural_logarithm(x: float) -> float:
    return log(x) if x > 0.0 else UNKNOWN


def comparison(holds: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    """A comparison that is unknown if either side is."""

    def compare(a: float, b: float) -> float:
        if is_unknown(a) or is_unknown(b):
            return UNKNOWN
        return 1.0 if holds(a, b) else 0.0

    return compare


def kleene_and(a: float, b: float) -> float:
    if a == 0.0 or b == 0.0:
        return 0.0
    return UNKNOWN if is_unknown(a) or is_unknown(b) else 1.0


def kleene_or(a: float, b: float) -> float:
    if a == 1.0 or b == 1.0:
        return 1.0
    return UNKNOWN if is_unknown(a) or is_unknown(b) else 0.0


def kleene_not(a: float) -> float:
    return UNKNOWN if is_unknown(a) else 1.0 - a


def choose(condition: float, a: float, b: float) -> float:
    if is_unknown(condition):
        return UNKNOWN
    return a if condition == 1.0 else b


OF_ONE_BAR: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": divide,
    "neg": lambda a: -a,
    "abs": abs,
    "min": smaller,
    "max": larger,
    "ln": natural_logarithm,
    "lt": comparison(lambda a, b: a < b),
    "le": comparison(lambda a, b: a <= b),
    "gt": comparison(lambda a, b: a > b),
    "ge": comparison(lambda a, b: a >= b),
    "eq": comparison(lambda a, b: a == b),
    "ne": comparison(lambda a, b: a != b),
    "and": kleene_and,
    "or": kleene_or,
    "not": kleene_not,
    "choose": choose,
}


# Operations on a window of the past, oldest value first


def mean(window: Sequence[float]) -> float:
    total = 0.0
    for x in window:
        total = total + x
    return total / len(window)


def squares_about(center: float, window: Sequence[float]) -> float:
    """Sum of the squared distances to `center`."""
    total = 0.0
    for x in window:
        total = total + (x - center) * (x - center)
    return total


def standard_deviation(window: Sequence[float]) -> float:
    """Of a population, as TA-Lib's STDDEV."""
    return math.sqrt(squares_about(mean(window), window) / len(window))


def zscore(window: Sequence[float]) -> float:
    return divide(window[-1] - mean(window), standard_deviation(window))


def percentile_rank(window: Sequence[float]) -> float:
    now = window[-1]
    return float(sum(1 for x in window if x <= now)) / len(window)


def log_changes(window: Sequence[float]) -> list[float]:
    """One fewer than the values; unknown where there is no logarithm."""
    return [natural_logarithm(divide(now, before)) for before, now in pairwise(window)]


def realized_volatility(window: Sequence[float]) -> float:
    """Of log changes about their mean, 252 days a year, in volatility points."""
    changes = log_changes(window)
    variance = divide(squares_about(mean(changes), changes), float(len(changes) - 1))
    return 100.0 * math.sqrt(252.0 * variance) if not is_unknown(variance) else UNKNOWN


def co_movement(y: Sequence[float], x: Sequence[float]) -> tuple[float, float, float]:
    """`sxy, sxx, syy` of the log changes of y and x."""
    changes_y, changes_x = log_changes(y), log_changes(x)
    mean_y, mean_x = mean(changes_y), mean(changes_x)
    sxy = 0.0
    for of_x, of_y in zip(changes_x, changes_y, strict=True):
        sxy = sxy + (of_x - mean_x) * (of_y - mean_y)
    return sxy, squares_about(mean_x, changes_x), squares_about(mean_y, changes_y)


def beta(y: Sequence[float], x: Sequence[float]) -> float:
    sxy, sxx, _ = co_movement(y, x)
    return divide(sxy, sxx)


def correlation(y: Sequence[float], x: Sequence[float]) -> float:
    sxy, sxx, syy = co_movement(y, x)
    product = sxx * syy
    return UNKNOWN if is_unknown(product) else divide(sxy, math.sqrt(product))


def diverges(a: Sequence[float], b: Sequence[float]) -> float:
    """a near the top of its window while b is below its own by half a typical move of the window (quant.md T4). b has one value more."""
    sessions = len(a)
    changes = [now - before for before, now in pairwise(b)]
    near_top = a[-1] >= 0.9975 * max(a)
    lagging = b[-1] < max(b[1:]) - 0.5 * standard_deviation(changes) * math.sqrt(sessions)
    return 1.0 if near_top and lagging else 0.0


def all_true(window: Sequence[float]) -> float:
    if 0.0 in window:
        return 0.0
    return UNKNOWN if any_unknown(window) else 1.0


def any_true(window: Sequence[float]) -> float:
    if 1.0 in window:
        return 1.0
    return UNKNOWN if any_unknown(window) else 0.0


class Memory(Protocol):
    """The state of one stateful node: takes its inputs of the bar, returns its value."""

    def step(self, *inputs: float) -> float: ...


class Window:
    """A function of the last values of each input; unknown while one of them is, bars before the data included."""

    def __init__(self, function: Callable[..., float], *lengths: int) -> None:
        self.function = function
        self.pasts = [deque([UNKNOWN] * length, maxlen=length) for length in lengths]

    def step(self, *inputs: float) -> float:
        for past, value in zip(self.pasts, inputs, strict=True):
            past.append(value)
        if any(any_unknown(past) for past in self.pasts):
            return UNKNOWN
        return self.function(*(list(past) for past in self.pasts))


class KleeneWindow:
    """`for` and `within`: three-valued over the last conditions, bars before the data being unknown."""

    def __init__(self, function: Callable[[Sequence[float]], float], length: int) -> None:
        self.function = function
        self.past = deque([UNKNOWN] * length, maxlen=length)

    def step(self, *inputs: float) -> float:
        self.past.append(inputs[0])
        return self.function(self.past)


class Cross:
    """1 on the bar on which a passes b from below (`sign` 1) or above (-1); all four values must be known."""

    def __init__(self, sign: float) -> None:
        self.sign = sign
        self.before = (UNKNOWN, UNKNOWN)

    def step(self, *inputs: float) -> float:
        a, b = inputs
        a_before, b_before = self.before
        self.before = (a, b)
        if any_unknown((a, b, a_before, b_before)):
            return UNKNOWN
        if self.sign > 0.0:
            return 1.0 if a_before <= b_before and a > b else 0.0
        return 1.0 if a_before >= b_before and a < b else 0.0


class Change:
    """`x / (x of n bars before) - 1.0`."""

    def __init__(self, sessions: int) -> None:
        self.past = deque([UNKNOWN] * (sessions + 1), maxlen=sessions + 1)

    def step(self, *inputs: float) -> float:
        self.past.append(inputs[0])
        return divide(self.past[-1], self.past[0]) - 1.0


class ExponentialAverage:
    """TA-Lib's EMA: the mean of the first n values in a row, then `e + (x - e) * 2 / (n + 1)`; starts over after an unknown."""

    def __init__(self, sessions: int) -> None:
        self.sessions = sessions
        self.weight = 2.0 / (sessions + 1)
        self.first: list[float] = []
        self.average = UNKNOWN

    def step(self, *inputs: float) -> float:
        x = inputs[0]
        if is_unknown(x):
            self.first, self.average = [], UNKNOWN
        elif is_unknown(self.average):
            self.first.append(x)
            if len(self.first) == self.sessions:
                self.average = mean(self.first)
        else:
            self.average = self.average + (x - self.average) * self.weight
        return self.average


class AverageDifference:
    """TA-Lib's MACD line: fast minus slow exponential average, both starting on the bar on which the slow one can."""

    def __init__(self, fast: int, slow: int) -> None:
        self.spans = (fast, slow)
        self.first: list[float] = []
        self.averages: tuple[float, float] | None = None

    def step(self, *inputs: float) -> float:
        x = inputs[0]
        fast, slow = self.spans
        if is_unknown(x):
            self.first, self.averages = [], None
        elif self.averages is None:
            self.first.append(x)
            if len(self.first) == slow:
                self.averages = (mean(self.first[-fast:]), mean(self.first))
        else:
            of_fast, of_slow = self.averages
            self.averages = (of_fast + (x - of_fast) * (2.0 / (fast + 1)), of_slow + (x - of_slow) * (2.0 / (slow + 1)))
        return UNKNOWN if self.averages is None else self.averages[0] - self.averages[1]


class RelativeStrength:
    """Wilder's RSI as in TA-Lib; starts over after an unknown."""

    def __init__(self, sessions: int) -> None:
        self.sessions = sessions
        self.restart()

    def restart(self) -> None:
        self.before = UNKNOWN
        self.gains: list[float] = []
        self.losses: list[float] = []
        self.averages: tuple[float, float] | None = None

    def step(self, *inputs: float) -> float:
        x, n = inputs[0], self.sessions
        if is_unknown(x):
            self.restart()
            return UNKNOWN
        if not is_unknown(self.before):
            change = x - self.before
            gain = change if change > 0.0 else 0.0
            loss = -change if change < 0.0 else 0.0
            if self.averages is None:
                self.gains.append(gain)
                self.losses.append(loss)
                if len(self.gains) == n:
                    self.averages = (mean(self.gains), mean(self.losses))
            else:
                g, l = self.averages  # noqa: E741 - Wilder's letters, as in bar.md
                self.averages = ((g * (n - 1) + gain) / n, (l * (n - 1) + loss) / n)
        self.before = x
        if self.averages is None:
            return UNKNOWN
        g, l = self.averages  # noqa: E741
        return 100.0 * (g / (g + l)) if g + l != 0.0 else 0.0


def highest(window: Sequence[float]) -> float:
    return max(window)


def lowest(window: Sequence[float]) -> float:
    return min(window)


def new_memory(node: Node) -> Memory | None:
    """A fresh state for a stateful node; None for the others."""
    n = node.window[0] if node.window else 0
    match node.operation:
        case "cross_above":
            return Cross(1.0)
        case "cross_below":
            return Cross(-1.0)
        case "for_sessions":
            return KleeneWindow(all_true, n)
        case "within_after":
            return KleeneWindow(any_true, n + 1)
        case "sma":
            return Window(mean, n)
        case "stdev":
            return Window(standard_deviation, n)
        case "highest":
            return Window(highest, n)
        case "lowest":
            return Window(lowest, n)
        case "zscore":
            return Window(zscore, n)
        case "percentile_rank":
            return Window(percentile_rank, n)
        case "realized_vol":
            return Window(realized_volatility, n + 1)
        case "beta":
            return Window(beta, n + 1, n + 1)
        case "corr":
            return Window(correlation, n + 1, n + 1)
        case "diverges":
            return Window(diverges, n, n + 1)
        case "change":
            return Change(n)
        case "ema":
            return ExponentialAverage(n)
        case "macd_line":
            return AverageDifference(node.window[0], node.window[1])
        case "rsi":
            return RelativeStrength(n)
    return None


class Readings(Protocol):
    """Where the leaves of the graph come from: the market, the account and the layers, as they stand now."""

    def leaf(self, node: Node) -> float:
        """The value of a `constant`, `parameter`, `series`, `account`, `mark`, `decided`, `calendar` .. of this bar."""
        ...


class Recorder:
    """States and past values of one set of nodes: those of the whole program, or those of one lot."""

    def __init__(self, delayed: Iterable[NodeId]) -> None:
        self.memories: dict[NodeId, Memory] = {}
        self.pasts: dict[NodeId, list[float]] = {source: [] for source in delayed}

    def before(self, source: NodeId, sessions: int) -> float:
        """The value of `source` so many recorded bars ago."""
        past = self.pasts[source]
        return past[-sessions] if len(past) >= sessions else UNKNOWN

    def record(self, values: Sequence[float]) -> None:
        for source, past in self.pasts.items():
            past.append(values[source])

    def step(self, number: NodeId, node: Node, inputs: Sequence[float]) -> float:
        """The value of an operation that is no leaf and no delay."""
        of_one_bar = OF_ONE_BAR.get(node.operation)
        if of_one_bar is not None:
            return of_one_bar(*inputs)
        memory = self.memories.get(number)
        if memory is None:
            memory = new_memory(node)
            if memory is None:
                raise InternalError(f"no stream operation is called {node.operation!r}")
            self.memories[number] = memory
        return memory.step(*inputs)


class Streams:
    """All streams of one run. On each bar: `begin`, then `evaluate` stage after stage and lot after lot, then `end`."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.values: list[float] = [UNKNOWN] * len(nodes)
        self.of_stage: dict[int, list[NodeId]] = {}
        self.of_lot: dict[int, list[NodeId]] = {}
        self.delays: list[NodeId] = []
        for number, node in enumerate(nodes):
            if node.per_lot:
                self.of_lot.setdefault(node.stage, []).append(number)
            elif node.operation == "delay":
                self.delays.append(number)
            else:
                self.of_stage.setdefault(node.stage, []).append(number)
        self.recorder = Recorder(nodes[number].inputs[0] for number in self.delays)

    def begin(self) -> None:
        """Forget the bar before, except what delays look back at."""
        self.values = [UNKNOWN] * len(self.nodes)
        for number in self.delays:
            node = self.nodes[number]
            self.values[number] = self.recorder.before(node.inputs[0], node.window[0])

    def evaluate(self, stage: int, readings: Readings) -> None:
        values = self.values
        for number in self.of_stage.get(stage, ()):
            node = self.nodes[number]
            if node.inputs:
                values[number] = self.recorder.step(number, node, [values[source] for source in node.inputs])
            else:
                values[number] = readings.leaf(node)

    def end(self) -> None:
        self.recorder.record(self.values)

    def new_recorder(self, stage: int) -> Recorder:
        """For a lot of the layer whose turn is `stage`."""
        lot_nodes = (self.nodes[number] for number in self.of_lot.get(stage, ()))
        return Recorder(node.inputs[0] for node in lot_nodes if node.operation == "delay")

    def evaluate_lot(self, stage: int, recorder: Recorder, readings: Readings) -> list[float]:
        """All values as one lot sees them: those of the program and its own."""
        numbers = self.of_lot.get(stage)
        if not numbers:
            return self.values
        values = list(self.values)
        for number in numbers:
            node = self.nodes[number]
            if node.operation == "delay":
                values[number] = recorder.before(node.inputs[0], node.window[0])
            elif node.inputs:
                values[number] = recorder.step(number, node, [values[source] for source in node.inputs])
            else:
                values[number] = readings.leaf(node)
        recorder.record(values)
        return values
