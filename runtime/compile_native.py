"""From a Python function to object code, by Numba: what a file of `native_code.py` is made of."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Numba carries no annotations.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core import types

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.native_code import FLAGS, NativeCode


def compile_native(function: Callable[..., None], arguments: tuple[Any, ...]) -> NativeCode:
    """The object code of a function that returns nothing, for arguments of Numba's types. It needs neither Python nor Numba to run."""
    signature = types.void(*arguments)
    options: dict[str, Any] = {**FLAGS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher: Any = numba.njit(signature, **options)(function)
    (compiled,) = dispatcher.overloads.values()
    library = compiled.library
    # For the processor and with the features that Numba chose; but addressed from where the code stands, so that constants are operands of
    # instructions: Numba's own object fetches the address of each, a tenth of a price.
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=library.codegen._get_host_cpu_name(),
        features=library.codegen._get_host_cpu_features(),
        opt=3,
        reloc="pic",
        codemodel="small",
        jit=True,
    )
    return NativeCode(compiled.fndesc.llvm_func_name, bytes(machine.emit_object(library._final_module)))
