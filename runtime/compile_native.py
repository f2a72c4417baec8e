"""From a Python function to object code, by Numba: what a file of `native_code.py` is made of."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Numba carries no annotations.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.native_code import FLAGS, NativeCode
from alvh.runtime.object_target import compile_whole


def compile_native(function: Callable[..., None], arguments: tuple[Any, ...]) -> NativeCode:
    """The object code of a function that returns nothing, for arguments of Numba's types. It needs neither Python nor Numba to run."""
    options: dict[str, Any] = {**FLAGS, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return NativeCode(*compile_whole(function, types.void(*arguments), options))
