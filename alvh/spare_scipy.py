"""Start Numba without SciPy, which it would import only to learn whether there is a BLAS: a quarter of a second a process.

Nothing that alvh compiles multiplies matrices. Code that does would miss the BLAS, so this is for processes that are alvh's own.
"""

from __future__ import annotations

import sys
from importlib import import_module

_BLAS = "scipy.linalg.cython_blas"
_ASKS = "numba.np.arraymath"


def spare_scipy() -> None:
    """Let Numba find no BLAS, unless it or SciPy is loaded already; SciPy itself stays importable."""
    if _ASKS in sys.modules or _BLAS in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]  # Python's way to say that an import fails
    try:
        import_module(_ASKS)
    finally:
        del sys.modules[_BLAS]
