"""The width at which paths run side by side follows the registers that code is compiled for."""

from __future__ import annotations

import pytest

from alvh.runtime.lane_width import production_width


@pytest.mark.parametrize(("features", "width"), [("+avx2,+avx512f,+fma", 16), ("+avx2,-avx512f", 8), ("", 8)])
def test_sixteen_lanes_where_registers_hold_eight_doubles(features: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """NUMBA_CPU_FEATURES is what Numba compiles for in place of the host's."""
    monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    assert production_width.__wrapped__() == width
