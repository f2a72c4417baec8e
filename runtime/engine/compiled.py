"""The engine and a strategy's kernel as callable code: compiled once into the user's cache, or run as plain Python.

The cache folder's name is a hash of everything that is compiled into the engine: the text of every file it is made of, the
versions of Numba, llvmlite, NumPy and Python, the CPU and the flags. Numba's own key knows none of these (it misses
changed callees and constants: numba#1833), so a changed file means another folder and never a stale result.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from attrs import frozen
from numba.core import config as numba_config
from numba.core import types

from alvh.runtime.engine import layout
from alvh.runtime.rows import RowsType

FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": False, "boundscheck": False, "nogil": True}


@frozen(eq=False)
class Compiled:
    """A day loop with a kernel bound to it."""

    _loop: Callable[..., None]
    _lanes: Any
    _kernel: Callable[..., None]
    _marker: Path | None
    """Written after the first run: until then the loop is compiled when it is called. None where nothing is compiled."""

    def run(self, arrays: layout.Run) -> None:
        """Runs one block; `arrays.state` and `arrays.tape` are changed in place."""
        try:
            self._loop(self._lanes, self._kernel, arrays)
        except Exception as error:
            if not comes_from_cache(error):
                raise
            # Nothing ran yet: the loop is loaded when it is called.
            forget_cache()
            _compiled_loop(self._lanes.width)(self._lanes, self._kernel, arrays)
        if self._marker is not None and not self._marker.exists():
            self._marker.touch()


def is_engine_cached(width: int) -> bool:
    """Whether the engine at a lane width has been compiled on this machine; else its first run takes about a minute."""
    return _marker(width).exists()


def _marker(width: int) -> Path:
    return cache_folder() / f"compiled-for-{width}-lanes"


def compiled_engine(kernel_text: str, width: int, *, jit: bool) -> Compiled:
    """The engine at a lane width with the kernel of one strategy."""
    from alvh.runtime.engine.day_loop import run_days
    from alvh.runtime.lanes import Lanes

    module = _kernel_module(kernel_text)
    if not jit:
        return Compiled(run_days, Lanes(1), module.decide, None)
    vars(numba_config)["CACHE_DIR"] = str(cache_folder())
    try:
        kernel = _compiled_kernel(module, width)
    except Exception as error:
        if not comes_from_cache(error):
            raise
        forget_cache()
        kernel = _compiled_kernel(_kernel_module(kernel_text), width)
    return Compiled(_compiled_loop(width), Lanes(width), kernel, _marker(width))


@cache
def _compiled_loop(width: int) -> Callable[..., None]:
    from alvh.runtime.engine.day_loop import run_days

    loop: Callable[..., None] = numba.njit(cache=True, **FLAGS)(run_days)
    return loop


def kernel_signature(width: int) -> Any:
    """What the engine calls; `compiler/emit_kernel.py` names the parameters."""
    whole = types.int64
    windows, calendars, by_lane = RowsType(whole, 1), RowsType(types.float64, layout.CALENDARS), RowsType(types.float64, width)
    return types.void(*[whole] * 5, windows, *[by_lane] * 6, calendars)


def _compiled_kernel(module: Any, width: int) -> Any:
    return numba.cfunc(kernel_signature(width), cache=True, error_model="numpy")(module.decide)


_modules: dict[str, Any] = {}


def _kernel_module(text: str) -> Any:
    """The kernel's text as a module in a file of its own: it can be read, stepped through, and cached by Numba."""
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"alvh_kernel_{key}"
    if name in _modules:
        return _modules[name]
    path = cache_folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _write_beside(path, text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    _modules[name] = module
    return module


def _write_beside(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


@cache
def cache_folder() -> Path:
    """Where the compiled engine lives: `ALVH_CACHE_DIR`, else the user's cache folder, else a temporary one."""
    return folder_of_code("engine", engine_sources())


def folder_of_code(kind: str, sources: list[Path]) -> Path:
    """Where code compiled from these files lives."""
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    versions = (
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        platform.python_version(),
        os.environ.get("NUMBA_CPU_NAME") or _host_cpu(),
        FLAGS,
    )
    digest.update(repr(versions).encode())
    name = f"{kind}-{digest.hexdigest()[:16]}"
    for base in _cache_bases():
        folder = base / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        return folder
    return Path(tempfile.mkdtemp(prefix="alvh-"))


def comes_from_cache(error: Exception) -> bool:
    """Whether Numba failed while it read a cached file: one that is truncated or otherwise damaged."""
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).parts[-3:] == ("numba", "core", "caching.py"):
            return True
        trace = trace.tb_next
    return False


def forget_cache() -> None:
    """Empties the cache folder; what was compiled in it is compiled again when it is next needed."""
    empty_folder(cache_folder())
    _compiled_loop.cache_clear()
    _modules.clear()


def empty_folder(folder: Path) -> None:
    """Removes all that a cache folder holds."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _host_cpu() -> str:
    """Name and features of this machine's processor: code compiled for another may not run here."""
    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def _cache_bases() -> list[Path]:
    stated = os.environ.get("ALVH_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "alvh"
    return [*([Path(stated)] if stated else []), user]


def engine_sources() -> list[Path]:
    """Every file whose text is compiled into the engine."""
    runtime = Path(__file__).resolve().parent.parent
    compiler = runtime.parent / "compiler"
    beside = [runtime / name for name in ("lanes.py", "rows.py", "mathematics.py", "market.py", "record.py")]
    return [*sorted(runtime.glob("engine/*.py")), *sorted(runtime.glob("pricing/*.py")), *beside, *sorted(compiler.glob("emit_*.py"))]
