"""How many paths run side by side in production: one width for each machine, so that one engine is compiled for it."""

from __future__ import annotations

import os
from functools import cache

import llvmlite.binding as llvm

WITH_AVX512, WITHOUT = 16, 8
"""Two vector registers of eight doubles, or two of four: one hides what the other waits for (docs/performance.md)."""


@cache
def production_width() -> int:
    """The width at which many paths are fastest on this machine; results do not depend on it."""
    stated = os.environ.get("NUMBA_CPU_FEATURES")
    has_avx512 = "+avx512f" in stated.split(",") if stated is not None else llvm.get_host_cpu_features().get("avx512f", False)
    return WITH_AVX512 if has_avx512 else WITHOUT
