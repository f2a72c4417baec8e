"""What a run is asked to record besides: both engines on every bit of it, and nothing else changed by it."""

from __future__ import annotations

import numpy as np
from agreement import first_difference
from attrs import evolve
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from programs import ProgramText, compiled, programs
from sample_markets import WARM_UP, generated, market_names, sample_market

from alvh.runtime.engine.simulate import simulate
from alvh.runtime.reference import interpret

EVERYTHING = """
costs listed
book market { hold SPX }
book condors {
  expiry 20..45 days
  short_put : sell SPX put at 0.25 delta
  long_put : buy SPX put 50 points below short_put
  size max_loss 5% of equity
  at most 3 lots
  open every 4 sessions
  close when profit >= 30% of credit
}
hedge alvh {
  layer calls {
    buy 4 VIX calls at 0.40 delta, 30 days
    proxy UVXY shares when vix > 22
    roll when dte <= 12 days
  }
  layer futures { buy 1 VX future, month 2  roll when dte <= 20 days }
  layer funds {
    buy VXX call at 0.40 delta, 30 days
    size 3 contracts
    roll when dte <= 9 days
  }
}
"""


@examples(60)
@given(programs(), market_names(), st.integers(0, 3))
def test_written_programs_agree(written: ProgramText, market: str, phase: int) -> None:
    program, arrays = compiled(written.text), sample_market(market)
    expected = interpret(program, arrays, phase=phase, record_sensitivities=True)
    (found,) = simulate(program, arrays, phase=phase, jit=False, kernel=False, record_sensitivities=True)
    difference = first_difference(expected, found)
    assert difference is None, difference
    plain = interpret(program, arrays, phase=phase)
    assert first_difference(plain, evolve(expected, net_beta=None, layer_theta=None)) is None


def test_compiled_engines_agree_in_one_lane_and_in_eight() -> None:
    program, arrays = compiled(EVERYTHING), generated(21, 60, 8, warm_up=WARM_UP)
    expected = [interpret(program, arrays, path=path, record_sensitivities=True) for path in range(8)]
    for lanes in (1, 8):
        for path, found in enumerate(simulate(program, arrays, lanes=lanes, record_sensitivities=True)):
            difference = first_difference(expected[path], found)
            assert difference is None, f"{lanes} lanes, path {path}: {difference}"
    betas = np.array([record.net_beta for record in expected])
    thetas = np.array([record.layer_theta for record in expected])
    assert np.isfinite(betas).all()
    decays = dict(zip([layer.name for layer in program.layers], np.abs(thetas).max(axis=(0, 1)) > 0.0, strict=True))
    assert decays == {"condors": True, "alvh.calls": True, "alvh.funds": True, "alvh.futures": False}
