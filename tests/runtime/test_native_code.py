"""The cache of compiled code: a damaged, foreign or unreadable file is a miss, never an error and never a stale result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alvh.runtime import native_code
from alvh.runtime.native_code import NativeCode, cached_files, clear_cache, code_of, is_cached, key_of

ADD = """
import ctypes
from numba.core import types
from alvh.runtime import native_code

def add(rows):
    rows[0] = rows[1] + rows[2]

def compile_add():
    from alvh.runtime.compile_native import compile_native
    from alvh.runtime.rows import RowsType
    print("compiled")
    return compile_native(add, (RowsType(types.float64, 1),))

import numpy as np
row = np.array([0.0, 1.5, 2.25])
code = native_code.code_of("add", native_code.key_of("add", (), "rows[1] + rows[2]"), compile_add)
native_code.function_of(code, ctypes.c_int64)(row.ctypes.data)
print(row[0])
"""
"""Compiles or loads a function of one line in a process of its own."""


def run_add(folder: Path) -> tuple[list[str], str]:
    """What the process printed, and what it said on standard error."""
    environment = {**os.environ, "ALVH_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", ADD], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ALVH_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_code_is_compiled_once_and_damage_is_said_and_mended(tmp_path: Path) -> None:
    assert run_add(tmp_path) == (["compiled", "3.75"], "")
    assert run_add(tmp_path) == (["3.75"], "")
    (kept,) = tmp_path.glob("*.native")
    whole = kept.read_bytes()
    flipped = bytearray(whole)
    flipped[-100] ^= 1
    for spoilt in (b"", whole[: len(whole) // 2], b"\x00junk" * 100, bytes(flipped), b'{"format": 1}\n' + whole, b"[1]\n", b"\xff\n"):
        kept.write_bytes(spoilt)
        printed, said = run_add(tmp_path)
        assert printed == ["compiled", "3.75"]
        assert said == f"note: compiled code in {kept} is damaged; it is compiled again\n"
        assert kept.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_a_compilation_and_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    printed, said = run_add(blocked)
    assert printed == ["compiled", "3.75"]
    assert said.startswith(f"note: compiled code cannot be kept in {blocked} (")
    assert "set ALVH_CACHE_DIR" in said


def test_twelve_processes_at_once_compile_once(tmp_path: Path) -> None:
    environment = {**os.environ, "ALVH_CACHE_DIR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", ADD], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(12)
    ]
    outputs = [process.communicate() for process in started]
    assert [error for _, error in outputs] == [""] * 12
    assert all(printed.split()[-1] == "3.75" for printed, _ in outputs)
    assert sum("compiled" in printed for printed, _ in outputs) == 1
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix != ".lock"] == [".native"]


def never() -> NativeCode:
    raise AssertionError("compiled although it was kept")


def test_what_is_kept_comes_back(folder: Path) -> None:
    code = NativeCode("name", b"\x7fELF\ncode\n")
    key = key_of("kernel-1", (), "text")
    assert not is_cached("kernel-1", key)
    assert code_of("kernel-1", key, lambda: code) == code
    assert is_cached("kernel-1", key)
    assert code_of("kernel-1", key, never) == code


def test_another_key_in_a_file_of_that_name_is_a_miss(folder: Path) -> None:
    """As when two keys begin alike, or a file was renamed."""
    one, other = NativeCode("name", b"one"), NativeCode("name", b"other")
    key, another = key_of("engine-1", (), "one"), key_of("engine-1", (), "other")
    code_of("engine-1", key, lambda: one)
    (kept,) = folder.glob("*.native")
    kept.rename(folder / f"engine-1-{another[:24]}.native")
    assert code_of("engine-1", another, lambda: other) == other


def test_whatever_is_compiled_in_is_in_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "trade.py"
    source.write_text("price = mid")
    keys = {key_of("engine-8", (source,))}
    source.write_text("price = bid")
    keys.add(key_of("engine-8", (source,)))
    keys.add(key_of("engine-16", (source,)))
    keys.add(key_of("engine-8", (source,), "a kernel"))
    (tmp_path / "renamed.py").write_text("price = bid")
    keys.add(key_of("engine-8", (tmp_path / "renamed.py",)))
    native_code.environment_key.cache_clear()
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    keys.add(key_of("engine-8", (source,)))
    native_code.environment_key.cache_clear()
    assert len(keys) == 6


def test_clearing_removes_ours_only(folder: Path) -> None:
    code_of("engine-1", key_of("engine-1", ()), lambda: NativeCode("name", b"code"))
    (folder / "notes.txt").write_text("mine")
    (folder / "torn.native").write_bytes(b"not one of ours")
    assert [file.name for file in cached_files()] == ["", "engine-1"]
    assert len(clear_cache()) == 2
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert cached_files() == ()


def test_the_first_line_says_what_a_file_holds(folder: Path) -> None:
    code_of("engine-1", key_of("engine-1", ()), lambda: NativeCode("name", b"code"))
    (kept,) = folder.glob("*.native")
    header = json.loads(kept.read_bytes().partition(b"\n")[0])
    assert sorted(header) == ["format", "key", "name", "sha256", "symbol"]
