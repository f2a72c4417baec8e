"""Object code as a target of Numba: functions stay text until all are there, then LLVM optimises the whole once and writes it.

Numba's own target links each function with all that it calls, optimises that and loads it, as soon as the function is typed. So what is
called at a depth of ten is optimised and loaded ten times, three quarters of the time that the engine took to compile. This is a target
extension as Numba has them for other hardware (`numba/core/target_extension.py`, tried in its `tests/test_target_extension.py`), for the
same hardware and for functions that Python never calls. Functions are numbers in, numbers out: no reference counts, no exceptions that
anyone reads, no addresses of this process.
"""

# mypy: disable-error-code="no-untyped-call, misc"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import callconv, cgutils, codegen, compiler, config, cpu, typed_passes, types, untyped_passes
from numba.core.compiler_machinery import PassManager
from numba.core.descriptors import TargetDescriptor
from numba.core.dispatcher import Dispatcher
from numba.core.target_extension import CPU, dispatcher_registry, jit_registry, target_override, target_registry
from numba.core.typing.context import BaseContext as TypingContext

from alvh.grammar.diagnostics import InternalError

NAME = "alvh-object"


def compile_whole(function: Callable[..., Any], signature: Any, options: dict[str, Any]) -> tuple[str, bytes]:
    """The symbol of a function of Numba's signature, and object code of it with all that it calls.

    InternalError where that needs anything outside itself but what LLVM may always call, such as `memset`."""
    dispatcher = _dispatcher(**options)(function)
    # Next to nothing that a compilation makes is garbage before its end; looking for it was a twentieth of the time, and saved 70 MB.
    collects = gc.isenabled()
    gc.disable()
    try:
        with target_override(NAME):
            dispatcher.compile(signature)
    finally:
        if collects:
            gc.enable()
    (compiled,) = dispatcher.overloads.values()
    symbol = compiled.fndesc.llvm_func_name
    return symbol, compiled.library.codegen.object_of(compiled.library, symbol)


# From a function to text ------------------------------------------------------------------------------------------------------------------


class ObjectTarget(CPU):
    """What Numba knows the target by; what is written for the CPU serves."""


class _Passes(compiler.CompilerBase):
    """The passes of Numba that our functions need. Its others serve closures, `with`, generators, literals, arrays as a whole and reference
    counts; none changes a bit of the engine's code, and together they take as long as these."""

    def define_pipelines(self) -> list[Any]:
        passes = PassManager(NAME)
        for one in (
            untyped_passes.TranslateByteCode,
            untyped_passes.FixupArgs,
            untyped_passes.IRProcessing,
            untyped_passes.ReconstructSSA,
            typed_passes.NopythonTypeInference,
            typed_passes.PreLowerStripPhis,
            typed_passes.NativeLowering,
            typed_passes.NoPythonBackend,
        ):
            passes.add_pass(one, one.__name__)
        passes.finalize()
        return [passes]


class _Typing(TypingContext):
    """What a call of some function with some types gives, looked for once: `double * double` stands on every line, and Numba tries its
    strings, lists and sets each time. Numbers and what our own files register, without Numba's arrays."""

    def init(self) -> None:
        self._found: dict[Any, tuple[Any, Any]] = {}

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        if type(func) is not types.Function:
            return super().resolve_function_type(func, args, kws)
        key = func, tuple(args), tuple(dict(kws).items())
        if key not in self._found:
            found = super().resolve_function_type(func, args, kws)
            if found is None:
                return None  # Numba says why, and some other way may be tried
            self._found[key] = found, func.get_impl_key(found)
        found, compiled = self._found[key]
        # Where lowering looks; Numba's own target writes there too.
        func._impl_keys[found.args] = compiled  # type: ignore[attr-defined]
        return found


class _Calls(callconv.BaseCallConv):
    """Calls as C has them: arguments and result as they are. Numba's own convention passes where the result and an exception are to be
    written, and looks at a status after each call; here nothing raises. A place in a tuple is looked at no more than one in rows. Of all
    else that might raise (a `range` of step 0) LLVM must see that it never does; else a function that raises is missing, and named."""

    def get_return_type(self, ty: Any) -> Any:
        return self.context.data_model_manager[ty].get_return_type()

    def get_function_type(self, restype: Any, argtypes: Any) -> Any:
        return ir.FunctionType(self.get_return_type(restype), list(self._get_arg_packer(argtypes).argument_types))

    def get_arguments(self, func: Any) -> Any:
        return func.args

    def decorate_function(self, fn: Any, args: Any, fe_argtypes: Any, noalias: bool = False) -> None:
        self._get_arg_packer(fe_argtypes).assign_names(fn.args, ["arg." + name for name in args])

    def call_function(self, builder: Any, callee: Any, resty: Any, argtys: Any, args: Any, attrs: Any = None) -> Any:
        result = builder.call(callee, list(self._get_arg_packer(argtys).as_arguments(builder, args)))
        return _RETURNED, self.context.get_returned_value(builder, resty, result)

    def return_value(self, builder: Any, retval: Any) -> None:
        builder.ret(retval)

    def return_user_exc(self, builder: Any, exc: Any, exc_args: Any = None, loc: Any = None, func_name: Any = None) -> None:
        if exc is IndexError:
            builder.unreachable()
            return
        name = f"raise {exc.__name__}{exc_args or ()} in {builder.function.name}"
        builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), []), name), [])
        builder.unreachable()

    def return_status_propagate(self, builder: Any, status: Any) -> None:
        builder.unreachable()

    def _make_call_helper(self, builder: Any) -> None: ...


_RETURNED = callconv.Status(
    code=callconv.RETCODE_OK,
    is_ok=cgutils.true_bit,
    is_none=cgutils.false_bit,
    is_error=cgutils.false_bit,
    is_stop_iteration=cgutils.false_bit,
    is_python_exc=cgutils.false_bit,
    is_user_exc=cgutils.false_bit,
    excinfoptr=None,
)


class _Context(cpu.CPUContext):
    """Functions that compiled code calls, and nobody else."""

    allow_dynamic_globals = False

    def init(self) -> None:
        self.is32bit = False
        self._internal_codegen: Any = _Codegen()

    @property
    def call_conv(self) -> Any:
        return _Calls(self)

    def load_additional_registries(self) -> None:
        # Importing the first teaches Numba numbers, ranges and tuples.
        from numba.cpython import builtins, iterators, mathimpl, numbers, rangeobj, tupleobj  # noqa: F401

        self.install_registry(mathimpl.registry)

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Nothing of Numba's runtime is linked."""

    def create_cpython_wrapper(self, library: Any, fndesc: Any, env: Any, call_helper: Any, release_gil: bool = False) -> None: ...

    def create_cfunc_wrapper(self, library: Any, fndesc: Any, env: Any, call_helper: Any) -> None: ...

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        """In the place of what Python would call, a key for Numba's tables."""
        return library


class _Descriptor(TargetDescriptor):
    options = cpu.CPUTargetOptions

    @cached_property
    def target_context(self) -> Any:
        return _Context(self.typing_context, NAME)

    @cached_property
    def typing_context(self) -> Any:
        return _Typing()


class _Dispatcher(Dispatcher):
    targetdescr = _Descriptor(NAME)

    def add_overload(self, compiled: Any) -> None:
        self.overloads[tuple(compiled.signature.args)] = compiled


def _dispatcher(nopython: bool = True, **options: Any) -> Callable[[Any], Any]:
    return lambda function: _Dispatcher(function, targetoptions={"nopython": nopython, **options}, pipeline_class=_Passes)


target_registry[NAME] = ObjectTarget
dispatcher_registry[ObjectTarget] = _Dispatcher
jit_registry[ObjectTarget] = _dispatcher


# From text to object code -----------------------------------------------------------------------------------------------------------------


class _Texts(codegen.CodeLibrary):
    """The LLVM text of one function, and those of the functions it calls."""

    def __init__(self, owner: Any, name: str) -> None:
        super().__init__(owner, name)
        self._own: list[str] = []
        self._called: dict[_Texts, None] = {}

    def add_ir_module(self, ir_module: Any) -> None:
        self._own.append(cgutils.normalize_ir_text(str(ir_module)))

    def add_linking_library(self, library: Any) -> None:
        self._called[library] = None

    def texts(self) -> Iterator[str]:
        """Of the function and of all below it, each once."""
        seen: set[_Texts] = set()
        waiting = [self]
        while waiting:
            library = waiting.pop()
            if library not in seen:
                seen.add(library)
                waiting += library._called
                yield from library._own

    def finalize(self) -> None:
        """Nothing is linked before all is there."""

    def get_function(self, name: str) -> Any:
        raise NotImplementedError

    def get_llvm_str(self) -> str:
        return "\n".join(self.texts())

    def get_asm_str(self) -> str:
        raise NotImplementedError


class _Codegen(codegen.Codegen):
    """One machine: the processor and the features that Numba would choose, but code addressed from where it stands, so that constants are
    operands of instructions. Numba's own object code fetches the address of each, a tenth of a price."""

    _library_class = _Texts

    def __init__(self) -> None:
        codegen.initialize_llvm()
        self._machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name() if config.CPU_NAME is None else config.CPU_NAME,  # type: ignore[attr-defined]
            features=codegen.get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES,  # type: ignore[attr-defined]
            opt=3,
            reloc="pic",
            codemodel="small",
            jit=True,
        )
        self._target_data = self._machine.target_data

    def _create_empty_module(self, name: str) -> Any:
        module = ir.Module(cgutils.normalize_ir_text(name))
        module.triple = llvm.get_process_triple()
        module.data_layout = str(self._target_data)
        return module

    def _add_module(self, module: Any) -> None:
        """Nothing is loaded."""

    def object_of(self, library: _Texts, symbol: str) -> bytes:
        """Optimised object code of a library's function and of all below it; `symbol` alone is seen from outside."""
        first, *others = library.texts()
        whole = llvm.parse_assembly(first)
        for text in others:
            whole.link_in(llvm.parse_assembly(text))
        for value in (*whole.functions, *whole.global_variables):
            if not value.is_declaration and value.name != symbol:
                value.linkage = "internal"
        whole.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = False
        builder = llvm.create_pass_builder(self._machine, options)
        builder.getModulePassManager().run(whole, builder)
        missing = [value.name for value in (*whole.functions, *whole.global_variables) if value.is_declaration]
        missing = [name for name in missing if not name.startswith("llvm.")]
        if missing:
            raise InternalError(f"compiled code of {symbol} needs {', '.join(missing)}")
        return bytes(self._machine.emit_object(whole))
