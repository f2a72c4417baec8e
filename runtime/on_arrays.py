"""A lane formula read on NumPy arrays, so that a market's formulas are written once for a block of lanes and for whole histories.

`on_arrays(formula)` is the formula with NumPy's functions where it calls those of `lanes.py` and `mathematics.py`, and so for every lane
function of the project that it calls. Operators mean the same on both. NumPy's exponential and logarithm differ from ours in the last bit,
and its `minimum` and `maximum` are unknown where either side is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from alvh.runtime import lanes, mathematics

_ON_ARRAYS: dict[Any, Any] = {
    mathematics.exp: np.exp,
    mathematics.exp_inside: np.exp,
    mathematics.log: np.log,
    mathematics.log_inside: np.log,
    lanes.square_root: np.sqrt,
    lanes.minimum: np.minimum,
    lanes.maximum: np.maximum,
    lanes.absolute: np.abs,
    lanes.select: np.where,
    lanes.is_unknown: np.isnan,
}


@cache
def on_arrays(formula: Callable[..., Any]) -> Callable[..., Any]:
    """The formula for arrays that broadcast against each other."""
    assert isinstance(formula, FunctionType)
    names = dict(formula.__globals__)
    for name in formula.__code__.co_names:
        called = names.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith("alvh.runtime"):
            names[name] = _ON_ARRAYS.get(called) or on_arrays(called)
    return FunctionType(formula.__code__, names, formula.__name__, formula.__defaults__, formula.__closure__)
