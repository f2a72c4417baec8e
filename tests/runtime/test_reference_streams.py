"""Every stream operation of the reference interpreter, against TA-Lib where it has the indicator and by hand where it has not."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import talib

from alvh.compiler.ir import Node
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.reference_streams import OF_ONE_BAR, Streams

UNKNOWN = math.nan
DATA = Path(os.environ.get("ALVH_DATA", Path(__file__).parents[3] / "shared" / "data")) / "market"


class Table:
    """Leaves that read columns: `series` nodes by name, on the bar set."""

    def __init__(self, **columns: Sequence[float]) -> None:
        self.columns = columns
        self.bar = 0

    def leaf(self, node: Node) -> float:
        return node.value if node.operation == "constant" else self.columns[node.name][self.bar]


def run(nodes: Sequence[Node], **columns: Sequence[float]) -> list[float]:
    """The last node's value on every bar."""
    streams, table = Streams(nodes), Table(**columns)
    results = []
    for bar in range(len(next(iter(columns.values())))):
        table.bar = bar
        streams.begin()
        streams.evaluate(0, table)
        streams.end()
        results.append(streams.values[-1])
    return results


def series(*names: str) -> list[Node]:
    return [Node("series", name=name) for name in names]


def of_one(operation: str, x: Sequence[float], *window: int) -> list[float]:
    return run([*series("x"), Node(operation, (0,), window=window)], x=x)


def of_two(operation: str, x: Sequence[float], y: Sequence[float], *window: int) -> list[float]:
    return run([*series("x", "y"), Node(operation, (0, 1), window=window)], x=x, y=y)


def assert_same(found: Sequence[float], expected: Sequence[float], tolerance: float = 0.0) -> None:
    np.testing.assert_allclose(np.array(found), np.array(expected), rtol=tolerance, atol=tolerance, equal_nan=True)


def closes(file: str) -> list[float]:
    if not DATA.is_dir():
        pytest.skip(f"no market data at {DATA}: set ALVH_DATA")
    with (DATA / file).open() as lines:
        rows = list(csv.DictReader(lines))
    column = next(name for name in rows[0] if name.lower() == "close")
    return [float(row[column]) for row in rows if row[column]][-3000:]


def walk(seed: int) -> list[float]:
    steps = np.random.default_rng(seed).normal(0.0, 0.05, 400)
    return list(20.0 * np.exp(np.cumsum(steps)))


@pytest.fixture(params=["vix_ohlc.csv", "spx_ohlc.csv", "seed 1", "seed 2"])
def prices(request: pytest.FixtureRequest) -> list[float]:
    name: str = request.param
    return walk(int(name.removeprefix("seed "))) if name.startswith("seed") else closes(name)


TOLERANCE = 1e-10


@pytest.mark.parametrize("sessions", [2, 14, 63])
@pytest.mark.parametrize(
    ("operation", "judge"), [("sma", talib.SMA), ("ema", talib.EMA), ("rsi", talib.RSI), ("highest", talib.MAX), ("lowest", talib.MIN)]
)
def test_indicators_equal_ta_lib(operation: str, judge, sessions: int, prices: list[float]) -> None:
    expected = judge(np.array(prices), timeperiod=sessions)
    assert_same(of_one(operation, prices, sessions), expected, TOLERANCE)


@pytest.mark.parametrize("sessions", [5, 20])
def test_standard_deviation_equals_ta_lib(sessions: int, prices: list[float]) -> None:
    # TA-Lib subtracts the square of the mean from the mean of squares, which costs it digits that grow with level over deviation;
    # on values about their mean it loses none.
    centered = list(np.array(prices) - np.mean(prices))
    scale = max(map(abs, centered))
    found = of_one("stdev", centered, sessions)
    expected = talib.STDDEV(np.array(centered), timeperiod=sessions)
    np.testing.assert_allclose(np.array(found) ** 2, expected**2, rtol=0, atol=1e-12 * scale * scale, equal_nan=True)


def test_standard_deviation_equals_ta_lib_where_ta_lib_is_exact() -> None:
    changes = list(np.random.default_rng(5).normal(0.0, 1.0, 500))
    assert_same(of_one("stdev", changes, 20), talib.STDDEV(np.array(changes), timeperiod=20), TOLERANCE)


@pytest.mark.parametrize(("fast", "slow"), [(12, 26), (3, 10)])
def test_macd_equals_ta_lib(fast: int, slow: int, prices: list[float]) -> None:
    line, signal, histogram = talib.MACD(np.array(prices), fastperiod=fast, slowperiod=slow, signalperiod=9)
    nodes = [*series("x"), Node("macd_line", (0,), window=(fast, slow)), Node("ema", (1,), window=(9,)), Node("sub", (1, 2))]
    # TA-Lib's line is shown only from the signal's first bar on; ours is known from the slow average's.
    ours = np.array(run(nodes[:2], x=prices))
    shown = ~np.isnan(line)
    assert_same(ours[shown], line[shown], TOLERANCE)
    assert np.isnan(ours[: slow - 1]).all()
    assert not np.isnan(ours[slow - 1 :]).any()
    assert_same(run(nodes[:3], x=prices), signal, TOLERANCE)
    assert_same(run(nodes, x=prices), histogram, TOLERANCE)


def test_recursive_indicators_start_over_after_an_unknown() -> None:
    prices = walk(3)[:60]
    broken = [*prices[:30], UNKNOWN, *prices[30:]]
    for operation, window in (("ema", (5,)), ("rsi", (5,)), ("macd_line", (3, 6))):
        fresh = of_one(operation, prices[30:], *window)
        assert_same(of_one(operation, broken, *window)[31:], fresh)
        assert math.isnan(of_one(operation, broken, *window)[30])


def test_rsi_without_a_move_is_zero() -> None:
    assert of_one("rsi", [7.0] * 5, 3)[-1] == 0.0


T, F, U = 1.0, 0.0, UNKNOWN


@pytest.mark.parametrize(
    ("a", "b", "conjunction", "disjunction"),
    [(T, T, T, T), (T, F, F, T), (T, U, U, T), (F, T, F, T), (F, F, F, F), (F, U, F, U), (U, T, U, T), (U, F, F, U), (U, U, U, U)],
)
def test_kleene_tables(a: float, b: float, conjunction: float, disjunction: float) -> None:
    assert_same([OF_ONE_BAR["and"](a, b), OF_ONE_BAR["or"](a, b)], [conjunction, disjunction])


def test_not_and_choose() -> None:
    assert_same([OF_ONE_BAR["not"](x) for x in (T, F, U)], [F, T, U])
    assert_same([OF_ONE_BAR["choose"](x, 3.0, 4.0) for x in (T, F, U)], [3.0, 4.0, U])
    assert OF_ONE_BAR["choose"](T, 3.0, U) == 3.0


@pytest.mark.parametrize(
    ("operation", "below", "equal", "above"),
    [("lt", T, F, F), ("le", T, T, F), ("gt", F, F, T), ("ge", F, T, T), ("eq", F, T, F), ("ne", T, F, T)],
)
def test_comparisons_are_three_valued(operation: str, below: float, equal: float, above: float) -> None:
    compare = OF_ONE_BAR[operation]
    assert [compare(1.0, 2.0), compare(2.0, 2.0), compare(3.0, 2.0)] == [below, equal, above]
    assert_same([compare(U, 2.0), compare(2.0, U), compare(U, U)], [U, U, U])


def test_arithmetic_with_unknown_and_zero() -> None:
    assert_same([OF_ONE_BAR[name](U, 2.0) for name in ("add", "sub", "mul", "div", "min", "max")], [U] * 6)
    assert_same([OF_ONE_BAR[name](2.0, U) for name in ("add", "sub", "mul", "div", "min", "max")], [U] * 6)
    assert_same([OF_ONE_BAR["div"](1.0, 0.0), OF_ONE_BAR["ln"](0.0), OF_ONE_BAR["ln"](-1.0)], [U, U, U])
    assert [OF_ONE_BAR["min"](2.0, 3.0), OF_ONE_BAR["max"](2.0, 3.0), OF_ONE_BAR["neg"](2.0), OF_ONE_BAR["abs"](-2.0)] == [2, 3, -2, 2]
    assert OF_ONE_BAR["ln"](1.0) == 0.0


def test_a_cross_needs_four_known_values_and_fires_once() -> None:
    x = [1.0, 3.0, 4.0, 2.0, 2.0, 3.0, U, 3.0, 1.0, 3.0]
    y = [2.0] * len(x)
    assert_same(of_two("cross_above", x, y), [U, T, F, F, F, T, U, U, F, T])
    assert_same(of_two("cross_below", x, y), [U, F, F, F, F, F, U, U, T, F])


def test_begins_is_true_now_and_known_false_before() -> None:
    nodes = [*series("c"), Node("delay", (0,), window=(1,)), Node("not", (1,)), Node("and", (0, 2))]
    assert_same(run(nodes, c=[T, T, F, T, T, U, T, F, U, T]), [U, F, F, T, F, F, U, F, U, U])


def test_for_sessions() -> None:
    assert_same(of_one("for_sessions", [T, T, T, T, F, T, U, T, T, T], 3), [U, U, T, T, F, F, F, U, U, T])
    assert of_one("for_sessions", [F, T], 3) == [F, F]


def test_within_after_includes_the_bar_of_the_event() -> None:
    assert_same(of_one("within_after", [F, F, F, T, F, F, F, U, F, T], 2), [U, U, F, T, T, T, F, U, U, T])
    assert of_one("within_after", [T, F], 2) == [T, T]


def test_delay_looks_at_a_later_node_and_across_stages() -> None:
    nodes = [Node("delay", (1,), window=(2,)), *series("x")]
    streams, table, found = Streams(nodes), Table(x=[1.0, 2.0, 3.0, 4.0]), []
    for bar in range(4):
        table.bar = bar
        streams.begin()
        found.append(streams.values[0])
        streams.evaluate(0, table)
        streams.end()
    assert_same(found, [U, U, 1.0, 2.0])


def test_a_delayed_later_stage_is_unknown_where_it_was_not_evaluated() -> None:
    nodes = [Node("series", name="x", stage=1), Node("delay", (0,), window=(1,))]
    streams, table, found = Streams(nodes), Table(x=[1.0, 2.0, 3.0]), []
    for bar in range(3):
        table.bar = bar
        streams.begin()
        streams.evaluate(0, table)
        found.append(streams.values[1])
        if bar > 0:
            streams.evaluate(1, table)
        streams.end()
    assert_same(found, [U, U, 2.0])


def test_windows_with_an_unknown_are_unknown() -> None:
    x = [1.0, 2.0, 3.0, U, 4.0, 5.0, 6.0]
    for operation in ("sma", "stdev", "highest", "lowest", "zscore", "percentile_rank"):
        known = [not math.isnan(value) for value in of_one(operation, x, 3)]
        assert known == [False, False, True, False, False, False, True], operation


def test_windows_by_hand() -> None:
    x = [2.0, 4.0, 6.0, 1.0]
    assert of_one("highest", x, 3)[-1] == 6.0
    assert of_one("lowest", x, 3)[-1] == 1.0
    assert of_one("percentile_rank", x, 4)[-1] == 0.25
    assert of_one("percentile_rank", [1.0, 2.0, 2.0, 2.0], 4)[-1] == 1.0
    # Mean of 4, 6, 1 is 11/3; squares of 1/3, 7/3, -8/3 sum to 114/9 = 38/3; / 3 = 38/9.
    assert of_one("zscore", x, 3)[-1] == pytest.approx((1.0 - 11.0 / 3.0) / math.sqrt(38.0 / 9.0), abs=1e-15)
    assert math.isnan(of_one("zscore", [5.0, 5.0, 5.0], 3)[-1])


def test_change_reads_two_values_only() -> None:
    assert_same(of_one("change", [100.0, U, 110.0, 0.0, 55.0, 7.0], 2), [U, U, 110.0 / 100.0 - 1.0, U, -0.5, U])


def test_realized_volatility() -> None:
    x = walk(8)[:30]
    expected = 100.0 * math.sqrt(252.0) * np.std(np.diff(np.log(x[-21:])), ddof=1)
    found = of_one("realized_vol", x, 20)
    assert found[-1] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(found[:20]).all()
    assert not math.isnan(found[20])
    assert math.isnan(of_one("realized_vol", [1.0, 2.0, -3.0, 4.0], 3)[-1])
    assert math.isnan(of_one("realized_vol", [1.0, 2.0], 1)[-1])


def test_beta_and_correlation() -> None:
    y, x = walk(11)[:80], walk(12)[:80]
    changes_y, changes_x = np.diff(np.log(y[-31:])), np.diff(np.log(x[-31:]))
    covariance = np.cov(changes_y, changes_x)
    assert of_two("beta", y, x, 30)[-1] == pytest.approx(covariance[0, 1] / covariance[1, 1], rel=1e-12)
    assert of_two("corr", y, x, 30)[-1] == pytest.approx(np.corrcoef(changes_y, changes_x)[0, 1], rel=1e-12)
    assert math.isnan(of_two("beta", y, [3.0] * 80, 30)[-1])
    assert math.isnan(of_two("corr", y, [3.0] * 80, 30)[-1])
    # beta(y, y) is 1 and beta of y's square on y is 2: log changes double.
    assert of_two("beta", [v * v for v in y], y, 30)[-1] == pytest.approx(2.0, rel=1e-12)


def test_divergence_of_breadth() -> None:
    spx = [100.0, 101.0, 102.0, 103.0, 104.0]
    # Last four changes of the line: +10, +10, -10, -20; mean -2.5; squares 156.25 * 2 + 56.25 + 306.25 = 675; / 4 = 168.75; sd 12.99.
    # Its high of four is 120; 0.5 * 12.99 * 2 = 12.99, so the bound is 107.01.
    assert of_two("diverges", spx, [100.0, 110.0, 120.0, 110.0, 90.0], 4)[-1] == T
    # Changes +10, +10, 0, -5: mean 3.75, sd 6.50, bound 120 - 6.50 = 113.50.
    assert of_two("diverges", spx, [100.0, 110.0, 120.0, 120.0, 115.0], 4)[-1] == F
    # 0.9975 * 104 = 103.74: SPX has left its high.
    assert of_two("diverges", [100.0, 101.0, 104.0, 103.0, 103.7], [100.0, 110.0, 120.0, 110.0, 90.0], 4)[-1] == F
    assert math.isnan(of_two("diverges", spx, [U, 110.0, 120.0, 110.0, 90.0], 4)[-1])


def test_per_lot_streams_start_unknown_with_each_lot() -> None:
    nodes = [Node("lot", name="profit", per_lot=True, stage=1), Node("delay", (0,), window=(1,), per_lot=True, stage=1),
             Node("sma", (0,), window=(2,), per_lot=True, stage=1)]  # fmt: skip

    class Profit:
        value = 0.0

        def leaf(self, node: Node) -> float:
            return self.value

    streams, profit = Streams(nodes), Profit()
    old, young = streams.new_recorder(1), streams.new_recorder(1)
    found = []
    for value in (1.0, 3.0, 7.0):
        profit.value = value
        streams.begin()
        found.extend(streams.evaluate_lot(1, old, profit)[1:])
        if value > 1.0:
            found.extend(streams.evaluate_lot(1, young, profit)[1:])
        streams.end()
    assert_same(found, [U, U, 1.0, 2.0, U, U, 3.0, 5.0, 3.0, 5.0])


def test_an_operation_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(InternalError, match="no stream operation is called 'wish'"):
        of_one("wish", [1.0])
