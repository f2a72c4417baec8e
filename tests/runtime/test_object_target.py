"""Compilation ahead relies on parts of Numba that may change with its version: each is held here by what it must give."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from numba.core import types
from numba.core.errors import TypingError

from alvh.grammar.diagnostics import InternalError
from alvh.runtime import object_target
from alvh.runtime.compile_native import compile_native
from alvh.runtime.engine.compiled import engine_code
from alvh.runtime.lane_types import LanesType
from alvh.runtime.lanes import Lanes, inlined_lane_function, lane_function, load, select, store
from alvh.runtime.native_code import NativeCode, function_of
from alvh.runtime.rows import RowsType

WIDTH = 4


@inlined_lane_function
def halved(value):
    return 0.5 * value


@lane_function
def larger_of_two(first, second):
    """Of a pair; called with vectors and with scalars, from two functions."""
    return select(first > second, first, second)


@lane_function
def best(lanes, rows, count):
    """A loop, a branch and a variable that changes."""
    found = load(lanes, rows, 0)
    for row in range(1, count):
        value = load(lanes, rows, row)
        if row % 2 == 0:
            value = halved(value)
        found = larger_of_two(found, value)
    return found


def best_of_rows(lanes, rows, numbers):
    """Row 0 becomes the best of `numbers[0]` rows, row 1 what is added to it: the larger scalar of two."""
    count = int(larger_of_two(numbers[0], 2.0))
    store(lanes, rows, 0, best(lanes, rows, count) + larger_of_two(numbers[1], numbers[2]))


ARGUMENTS = (LanesType(WIDTH), RowsType(types.float64, WIDTH), RowsType(types.float64, 1))


@pytest.fixture(scope="module")
def code() -> NativeCode:
    return compile_native(best_of_rows, ARGUMENTS)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} not found: install binutils")
    return found


def test_compiled_code_gives_what_python_gives(code: NativeCode) -> None:
    rows = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 0.0, 3.5, -1.0], [4.0, 8.0, 8.0, 8.0], [9.0, 9.0, 9.0, 9.0]])
    numbers = np.array([3.0, 10.0, 20.0])
    lanes = [rows[:, [lane]].copy() for lane in range(WIDTH)]
    function_of(code, *[ctypes.c_void_p] * 3)(None, rows.ctypes.data, numbers.ctypes.data)
    # The best of row 0, row 1 and half of row 2, and 20.
    assert rows[0].tolist() == [25.0, 24.0, 24.0, 24.0]
    for lane, alone in enumerate(lanes):
        best_of_rows(Lanes(1), alone, numbers)
        assert alone[0, 0] == rows[0, lane]


def test_every_function_is_compiled_once_for_its_types_and_linked_once() -> None:
    texts: list[str] = []

    def keep(self: object, library: object, symbol: str) -> bytes:
        texts.extend(library.texts())  # type: ignore[attr-defined]
        return b""

    original = object_target._Codegen.object_of
    object_target._Codegen.object_of = keep  # type: ignore[method-assign]
    try:
        compile_native(best_of_rows, ARGUMENTS)
    finally:
        object_target._Codegen.object_of = original  # type: ignore[method-assign]

    def defined(name: str) -> int:
        return sum(line.startswith("define") and name in line for text in texts for line in text.splitlines())

    # With vectors and with scalars; no doors for C and Python.
    assert defined("larger_of_two") == 2
    assert defined("halved") == defined("best_of_rows") == 1
    assert defined("ZN7cpython") == defined('"cfunc.') == 0


def test_bytes_depend_on_the_source_alone(code: NativeCode) -> None:
    here = Path(__file__).parent
    program = (
        "import hashlib; from test_object_target import *\nprint(hashlib.sha256(compile_native(best_of_rows, ARGUMENTS).code).hexdigest())"
    )
    outputs = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(here)}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_object_code_shows_its_function_and_needs_nothing(code: NativeCode, tmp_path: Path) -> None:
    path = tmp_path / "best.o"
    path.write_bytes(code.code)
    listed = subprocess.run([tool("nm"), "-g", str(path)], capture_output=True, text=True, check=True).stdout.split()
    assert listed[1:] == ["T", code.symbol]


def test_the_engine_shows_its_loop_and_needs_memset_alone(tmp_path: Path) -> None:
    code = engine_code(8)
    path = tmp_path / "engine.o"
    path.write_bytes(code.code)
    listed = subprocess.run([tool("nm"), "-g", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[-2:] for line in listed] == [["T", code.symbol], ["U", "memset"]]


def test_what_is_missing_is_named() -> None:
    library = object_target._Codegen().create_library("one")
    library._own.append("declare void @elsewhere()\ndefine void @here() {\n  call void @elsewhere()\n  ret void\n}\n")
    with pytest.raises(InternalError, match="compiled code of here needs elsewhere"):
        library.codegen.object_of(library, "here")


def test_what_has_no_types_is_said_by_numba() -> None:
    def wrong(rows):
        rows[0] = "a word"

    with pytest.raises(TypingError):
        compile_native(wrong, (RowsType(types.float64, 1),))


def test_numba_beside_it_is_as_it_was(code: NativeCode) -> None:
    """Its own compiler, with arrays and the same functions, after ours has been used in the process."""

    @njit
    def total(array, first):
        result = np.zeros(2)
        result[0] = array.sum() + halved(first)
        result[1] = larger_of_two(first, array[0])
        return result

    def again(rows):
        rows[0] = larger_of_two(rows[0], halved(rows[1]))

    assert total(np.array([1.0, 2.0, 3.5]), 0.5).tolist() == [6.75, 1.0]
    # And ours after Numba's, where both have compiled a function for the same types.
    rows = np.array([1.0, 3.0])
    function_of(compile_native(again, (RowsType(types.float64, 1),)), ctypes.c_void_p)(rows.ctypes.data)
    assert rows[0] == 1.5


def test_what_might_raise_is_refused() -> None:
    """A step that is read may be 0; one that is written is not."""

    def by_steps(rows, whole):
        for row in range(0, 10, whole[0]):
            rows[0] = rows[row]

    with pytest.raises(InternalError, match=r"raise ValueError.*by_steps"):
        compile_native(by_steps, (RowsType(types.float64, 1), RowsType(types.int64, 1)))
