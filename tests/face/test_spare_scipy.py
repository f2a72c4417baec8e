"""A run does not wait for SciPy, and SciPy is none the worse for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("scipy")


def test_numba_starts_without_scipy_which_stays_importable() -> None:
    script = """
import sys
from alvh.spare_scipy import spare_scipy
spare_scipy()
assert "numba.np.arraymath" in sys.modules
assert "scipy.linalg" not in sys.modules
import numba
assert numba.njit(lambda x: x + 1)(1) == 2
assert "scipy.linalg" not in sys.modules
import scipy.linalg.cython_blas
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
