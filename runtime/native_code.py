"""Compiled code as files: kept in the user's cache folder, and loaded without Numba, whose import alone takes longer than most runs.

One file holds the object code of one function. Its name ends in a hash of everything that went into it: the text of every source, the
versions of Numba, llvmlite, NumPy and Python, the processor and the flags. So a change is another file and never a stale result (Numba's
own key misses changed callees and constants: numba#1833). A file says what it is in its first line and carries the hash of its code: one
that is cut short, damaged or another's is a miss, said in a warning, and written anew. Files are written beside their place and renamed
into it, so that any number of processes can share the folder.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import logging
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np
from attrs import field, frozen

from alvh.grammar.diagnostics import InternalError

FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": False, "boundscheck": False}
"""What Numba is told; strict IEEE, since results are to be the same bits everywhere."""
SUFFIX = ".native"
FORMAT = 1

_log = logging.getLogger("alvh")


@frozen
class NativeCode:
    """Object code, and the name of the function in it that is called."""

    symbol: str
    code: bytes = field(repr=False)


@frozen
class CachedFile:
    """One file of the cache, as its first line describes it."""

    path: Path
    name: str
    """What it holds; empty where the file cannot be read as one of ours."""
    size: int


# The folder ------------------------------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where compiled code is kept: `ALVH_CACHE_DIR`, else `alvh` in the user's cache folder. It need not exist."""
    stated = os.environ.get("ALVH_CACHE_DIR")
    if stated:
        return Path(stated)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "alvh"


def cached_files() -> tuple[CachedFile, ...]:
    """Everything in the cache, by name and path. OSError where the folder is there and cannot be read."""
    folder = cache_folder()
    if not folder.is_dir():
        return ()
    files = [CachedFile(path, _name_in(path), path.stat().st_size) for path in folder.iterdir() if path.suffix == SUFFIX]
    return tuple(sorted(files, key=lambda file: (file.name, file.path)))


def clear_cache() -> tuple[CachedFile, ...]:
    """Removes what `cached_files` lists, and nothing else; the files that were removed. OSError where one cannot be."""
    files = cached_files()
    for file in files:
        file.path.unlink(missing_ok=True)
    folder = cache_folder()
    for lock in folder.glob(f"*{SUFFIX}.lock") if folder.is_dir() else ():
        lock.unlink(missing_ok=True)
    return files


def _name_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(4_096))
        return str(header["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


# Keys ------------------------------------------------------------------------------------------------------------------------------------


@cache
def environment_key() -> str:
    """Versions, processor and flags, as one line."""
    cpu = os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    features = os.environ.get("NUMBA_CPU_FEATURES") or llvm.get_host_cpu_features().flatten()
    return repr((FORMAT, _numba_version(), llvmlite.__version__, np.__version__, platform.python_version(), cpu, features, FLAGS))


def _numba_version() -> str:
    """Numba's version as its own file states it: importing Numba to ask would take a fifth of a second."""
    spec = importlib.util.find_spec("numba")
    if spec is None or spec.origin is None:
        return "absent"
    try:
        return (Path(spec.origin).parent / "_version.py").read_text(encoding="utf-8")
    except OSError:
        import numba

        return str(numba.__version__)


def key_of(name: str, sources: Iterable[Path], *texts: str) -> str:
    """The hash that names a file of code made from `sources` and `texts`."""
    digest = hashlib.sha256(f"{name}\0{environment_key()}".encode())
    for source in sources:
        content = source.read_bytes()
        digest.update(f"\0{source.name}\0{len(content)}\0".encode())
        digest.update(content)
    for text in texts:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()


# Files -----------------------------------------------------------------------------------------------------------------------------------


def is_cached(name: str, key: str) -> bool:
    """Whether there is a file for this code; it may still be found damaged when it is loaded."""
    return _path_of(name, key).is_file()


def code_of(name: str, key: str, compile_code: Callable[[], NativeCode]) -> NativeCode:
    """The code of that name and key from the cache, else compiled and kept there. Of many processes one compiles, the others wait."""
    found = _read(name, key)
    if found is not None:
        return found
    with _one_at_a_time(_path_of(name, key)):
        found = _read(name, key, quiet=True)
        if found is None:
            found = compile_code()
            _keep(name, key, found)
    return found


def _path_of(name: str, key: str) -> Path:
    return cache_folder() / f"{name}-{key[:24]}{SUFFIX}"


def _read(name: str, key: str, *, quiet: bool = False) -> NativeCode | None:
    path = _path_of(name, key)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if not quiet:
            _log.warning("note: compiled code in %s cannot be read (%s); it is compiled again", path, error.strerror)
        return None
    first, _, code = content.partition(b"\n")
    try:
        header = json.loads(first)
        fits = header["format"] == FORMAT and header["key"] == key and header["sha256"] == hashlib.sha256(code).hexdigest()
        if fits:
            return NativeCode(str(header["symbol"]), code)
    except (ValueError, KeyError, TypeError):
        pass
    if not quiet:
        _log.warning("note: compiled code in %s is damaged; it is compiled again", path)
    return None


def _keep(name: str, key: str, code: NativeCode) -> None:
    path = _path_of(name, key)
    header = {"format": FORMAT, "name": name, "key": key, "symbol": code.symbol, "sha256": hashlib.sha256(code.code).hexdigest()}
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(header).encode() + b"\n" + code.code)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        _log.warning(
            "note: compiled code cannot be kept in %s (%s), so each run compiles it; set ALVH_CACHE_DIR to a folder that can be written",
            path.parent, error.strerror,
        )  # fmt: skip


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Holds a lock beside a file, where the system has such locks and the folder can be written; it ends with the process at the latest."""
    try:
        import fcntl

        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path.with_name(f"{path.name}.lock"), "wb")  # noqa: SIM115 - held until the code is there
    except (ImportError, OSError):
        yield
        return
    with lock:
        # On a file system without locks several processes may compile; each keeps the same file.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# Loading ---------------------------------------------------------------------------------------------------------------------------------

_engines: dict[str, Any] = {}
"""What holds loaded code in memory, by the hash of the code."""


def address_of(code: NativeCode) -> int:
    """The address of the code's function, loaded once a process."""
    digest = hashlib.sha256(code.code).hexdigest()
    if digest not in _engines:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), llvm.Target.from_default_triple().create_target_machine(jit=True))
        engine.add_object_file(llvm.ObjectFileRef.from_data(code.code))
        engine.finalize_object()
        _engines[digest] = engine
    address: int = _engines[digest].get_function_address(code.symbol)
    return address


def function_of(code: NativeCode, *arguments: Any) -> Callable[..., None]:
    """The code's function, for arguments of these ctypes types. Calls release the GIL."""
    native: Callable[..., None] = ctypes.CFUNCTYPE(None, *arguments)(address_of(code))
    return native


def addresses_of(*arrays: tuple[Any, Any, int]) -> list[int]:
    """Addresses of arrays for compiled code, each given with the element and the number of columns that the code takes it to have, 1 where
    it has one dimension. InternalError for another, which would be read past its end."""
    for array, element, columns in arrays:
        has = array.shape[1] if array.ndim == 2 else 1
        if array.dtype != element or not array.flags.c_contiguous or has != columns:
            raise InternalError(f"an array of {array.shape} {array.dtype} is not the {np.dtype(element)} in {columns} columns that is read")
    return [int(array.ctypes.data) for array, _, _ in arrays]
