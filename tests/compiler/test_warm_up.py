"""Warm-up of single operations and of ways through several, worked out by hand."""

from __future__ import annotations

import pytest
from lowered import lower_condition

from alvh.compiler.ir import Node
from alvh.compiler.warm_up import warm_up

VIX = Node("series", name="vix")
SPX = Node("series", name="spx")


@pytest.mark.parametrize(
    ("node", "sessions"),
    [
        (Node("sma", (0,), window=(20,)), 19),  # the 20th value completes the window
        (Node("rsi", (0,), window=(14,)), 14),  # 14 changes need 15 values
        (Node("macd_line", (0,), window=(12, 26)), 25),  # the slow average
        (Node("realized_vol", (0,), window=(20,)), 20),  # 20 log changes
        (Node("change", (0,), window=(5,)), 5),
        (Node("beta", (0, 1), window=(60,)), 60),
        (Node("diverges", (0, 1), window=(20,)), 20),  # 20 changes of the second, 20 values of both
        (Node("delay", (0,), window=(5,)), 5),
        (Node("cross_above", (0, 1)), 1),
        (Node("for_sessions", (0,), window=(3,)), 2),
        (Node("within_after", (0,), window=(3,)), 3),
        (Node("calendar_within", name="cpi", window=(3, 3)), 0),  # calendars are known over all sessions
    ],
)
def test_one_operation(node: Node, sessions: int) -> None:
    assert warm_up((VIX, SPX, node)) == sessions


def test_windows_inside_windows_add_up() -> None:
    nodes = (VIX, Node("rsi", (0,), window=(14,)), Node("sma", (1,), window=(10,)), Node("delay", (2,), window=(5,)))
    assert warm_up(nodes) == 14 + 9 + 5


def test_macd_signal_is_known_after_33_sessions() -> None:
    """TA-Lib's lookback of MACD (12, 26, 9) is 33."""
    nodes = (VIX, Node("macd_line", (0,), window=(12, 26)), Node("ema", (1,), window=(9,)), Node("sub", (1, 2)))
    assert warm_up(nodes) == 33


def test_the_longest_way_counts() -> None:
    nodes = (VIX, SPX, Node("sma", (0,), window=(50,)), Node("sma", (1,), window=(200,)), Node("gt", (2, 3)))
    assert warm_up(nodes) == 199


def test_a_stream_that_reads_its_own_past_counts_one_turn() -> None:
    latch = (VIX, Node("rsi", (0,), window=(14,)), Node("delay", (3,), window=(1,)), Node("or", (1, 2)))
    assert warm_up(latch) >= 14
    assert warm_up(latch) <= 15


@pytest.mark.parametrize(
    ("condition", "sessions"),
    [
        ("vix > 20", 0),
        ("rsi(vix, 14) > 50", 14),
        ("rsi(vix, 14) crosses above 50", 15),
        ("macd(vix).line crosses above macd(vix).signal", 34),  # 33 for the signal, one more for the crossing
        ("diverges(spx, ad_line, 20 sessions) begins", 21),
        ("sma(realized_vol(spx, 20), 10) > 15", 29),
        ("prev(sma(vix, 50), 5 sessions) < vix for 3 sessions", 56),  # 49 + 5 + 2
        ("percentile_rank(vix, 252) > 90% or vix > 40", 251),
        ("within 3 sessions of fomc", 0),
        ("within 3 sessions after (change(vix, 5 sessions) > 10% begins)", 9),  # 5 + 1 + 3
    ],
)
def test_programs(condition: str, sessions: int) -> None:
    program, _ = lower_condition(condition, "input ad_line : index\ncalendar fomc")
    assert program.warm_up == sessions
