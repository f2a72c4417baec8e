"""Net beta and thetas by bar in a run's record, with the arithmetic written out: as they are after the orders of the bar.

VIX and its futures stand at 20, SPX at 4000, rates at 0, the slope of VIX on SPX at -5; bar 0 is Monday 2020-01-06.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from small_program import SmallProgram

from alvh.runtime.pricing import spx_surface, vix_level, vix_options
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret

MONTH_2 = {"manner": "month", "low": 2.0}
NODES = tuple(0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0))


def recorded(small: SmallProgram, **series: Any) -> RunRecord:
    return interpret(small.program, small.market(**series), record_sensitivities=True)


def call_terms(days: float) -> tuple[float, ...]:
    return tuple(vix_options.expiry_terms(20.0, 90.0, 0.0, days, vix_level.level_table()))


def test_they_are_recorded_only_where_asked_for() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(22, **MONTH_2), opens=small.at(0))
    record = interpret(small.program, small.market())
    assert record.net_beta is None
    assert record.layer_theta is None
    assert recorded(small).equity.tolist() == record.equity.tolist()


def test_theta_of_a_layer_is_that_of_what_it_holds_when_the_bar_ends() -> None:
    # Ten calls bought on bar 1, sold on bar 3: they are held over the nights after bars 1 and 2, 43 and 42 days from settling.
    small = SmallProgram(bars=4)
    small.layer(small.call(22, **MONTH_2), size=10.0, opens=small.at(1), closes=small.at(3))
    small.layer(small.put(3900, 32, product="SPX"), size=2.0, opens=small.at(0))
    thetas = recorded(small).layer_theta
    assert thetas is not None
    calls = [1000.0 * float(vix_options.option_theta(True, 22.0, 0.0, days, *call_terms(days))) for days in (43.0, 42.0)]
    assert thetas[:, 0].tolist() == pytest.approx([0.0, *calls, 0.0], rel=1e-12)
    forward, _, total, phi = spx_surface.expiry_terms(4000.0, 0.0, *NODES, 1.0, 1.0, 32.0)
    put = 200.0 * float(spx_surface.option_theta(False, 3900.0, forward, total, phi, -0.5, 0.0, 32.0))
    assert thetas[0, 1] == pytest.approx(put, rel=1e-12)


def test_net_beta_is_dollars_of_the_index_over_equity_when_the_bar_ends() -> None:
    # Two futures at 20 that follow VIX by 0.42, which moves by -5 times the index: 2 x 1000 x 20 x 0.42 x -5 of a million.
    small = SmallProgram(bars=4)
    small.layer(small.future(2.0), size=2.0, opens=small.at(1), closes=small.at(3))
    record = recorded(small)
    assert record.net_beta is not None
    assert record.net_beta.tolist() == pytest.approx([0.0, -0.084, -0.084, 0.0], rel=1e-12)


def test_net_beta_counts_the_index_held() -> None:
    # The sweep of bar 0 buys the index for all cash.
    small = SmallProgram(bars=2, hold_index=True)
    record = recorded(small)
    assert record.net_beta is not None
    assert record.net_beta.tolist() == pytest.approx([1.0, 1.0], rel=1e-12)


def test_what_has_no_price_has_no_sensitivity() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.call(22, **MONTH_2), opens=small.at(0))
    record = recorded(small, vvix=[90.0, math.nan, 90.0, 90.0], vix_beta=[-5.0, -5.0, math.nan, -5.0])
    assert record.net_beta is not None
    assert record.layer_theta is not None
    assert np.isnan(record.net_beta).tolist() == [False, True, True, False]
    assert np.isnan(record.layer_theta[:, 0]).tolist() == [False, True, False, False]
