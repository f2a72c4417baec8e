"""Object code as a target of Numba: every function stays unoptimised text until all are there, then LLVM optimises and writes the whole once.

Numba's own target links, optimises and loads each function together with all that it calls, as soon as it is typed; so a function that is
called at depth ten is optimised ten times and compiled into memory ten times, which was three quarters of the time of a compilation. This
is the target extension that Numba offers for other hardware (`numba/core/target_extension.py`), for the same hardware.
"""

# mypy: disable-error-code="no-untyped-call, misc"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, codegen, compiler, config, cpu, typing
from numba.core.descriptors import TargetDescriptor
from numba.core.dispatcher import Dispatcher
from numba.core.target_extension import CPU, dispatcher_registry, jit_registry, target_override, target_registry

NAME = "alvh-object"


class ObjectTarget(CPU):
    """The key by which Numba finds this target; what is written for the CPU serves."""


class _Texts(codegen.CodeLibrary):  # type: ignore[misc]
    """One function's LLVM text, and the libraries of those it calls."""

    def __init__(self, codegen: Any, name: str) -> None:
        super().__init__(codegen, name)
        self.texts: list[str] = []
        self.called: dict[_Texts, None] = {}

    def add_ir_module(self, ir_module: Any) -> None:
        self.texts.append(cgutils.normalize_ir_text(str(ir_module)))

    def add_linking_library(self, library: Any) -> None:
        self.called[library] = None

    def finalize(self) -> None:
        self._finalized = True

    def get_function(self, name: str) -> Any:
        raise NotImplementedError

    get_llvm_str = get_asm_str = finalize  # type: ignore[assignment]

    def all_texts(self) -> list[str]:
        """Of this library and of all below it, each once."""
        seen: dict[_Texts, None] = {}
        waiting = [self]
        while waiting:
            library = waiting.pop()
            if library not in seen:
                seen[library] = None
                waiting += library.called
        return [text for library in seen for text in library.texts]


class _Codegen(codegen.Codegen):  # type: ignore[misc]
    _library_class = _Texts

    def __init__(self) -> None:
        codegen.initialize_llvm()
        # For the processor and with the features that Numba would choose; but addressed from where the code stands, so that constants are
        # operands of instructions: Numba's own object fetches the address of each, a tenth of a price.
        self.machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name() if config.CPU_NAME is None else config.CPU_NAME,
            features=codegen.get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES,
            opt=3,
            reloc="pic",
            codemodel="small",
            jit=True,
        )
        self._target_data = self.machine.target_data
        self._data_layout = str(self._target_data)

    def _create_empty_module(self, name: str) -> Any:
        module = ir.Module(cgutils.normalize_ir_text(name))
        module.triple = llvm.get_process_triple()
        module.data_layout = self._data_layout
        return module

    def _add_module(self, module: Any) -> None:
        """Nothing is loaded."""

    def object_of(self, library: _Texts, symbol: str) -> bytes:
        """Optimised object code of all functions of a library, of which `symbol` alone is seen from outside."""
        texts = library.all_texts()
        whole = llvm.parse_assembly(texts[0])
        for text in texts[1:]:
            whole.link_in(llvm.parse_assembly(text))
        for function in whole.functions:
            if not function.is_declaration and function.name != symbol:
                function.linkage = "internal"
        whole.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = False
        passes = llvm.create_pass_builder(self.machine, options)
        passes.getModulePassManager().run(whole, passes)
        return bytes(self.machine.emit_object(whole))


class _Context(cpu.CPUContext):  # type: ignore[misc]
    def init(self) -> None:
        self.is32bit = False
        self._internal_codegen = _Codegen()

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Nothing of Numba's runtime is linked."""

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        """What Numba knows the function by; it is not called from Python."""
        return library


class _Descriptor(TargetDescriptor):  # type: ignore[misc]
    options = cpu.CPUTargetOptions

    @cached_property
    def target_context(self) -> Any:
        return _Context(self.typing_context, NAME)

    @cached_property
    def typing_context(self) -> Any:
        return typing.Context()


class _Dispatcher(Dispatcher):  # type: ignore[misc]
    targetdescr = _Descriptor(NAME)

    def add_overload(self, compiled: Any) -> None:
        """Known to compiled code only: it cannot be called from Python."""
        self.overloads[tuple(compiled.signature.args)] = compiled


def _decorator(**options: Any) -> Callable[[Any], Any]:
    pipeline = options.pop("pipeline_class", compiler.Compiler)
    options.pop("nopython", None)
    return lambda function: _Dispatcher(function, targetoptions={"nopython": True, **options}, pipeline_class=pipeline)


target_registry[NAME] = ObjectTarget
dispatcher_registry[ObjectTarget] = _Dispatcher
jit_registry[ObjectTarget] = _decorator


def compile_whole(function: Callable[..., Any], signature: Any, options: dict[str, Any]) -> tuple[str, bytes]:
    """The symbol of a function of Numba's signature, and object code of it with all that it calls."""
    with target_override(NAME):
        dispatcher = _decorator(**options)(function)
        dispatcher.compile(signature)
    (compiled,) = dispatcher.overloads.values()
    symbol = compiled.fndesc.llvm_func_name
    return symbol, compiled.library.codegen.object_of(compiled.library, symbol)
