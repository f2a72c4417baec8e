"""The cache of compiled code: a damaged file is a miss, never an error and never a stale result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alvh.runtime.engine import compiled

LOAD = """
from alvh.compiler.emit_kernel import EMPTY_KERNEL
from alvh.runtime.engine.compiled import compiled_engine
compiled_engine(EMPTY_KERNEL, 1, jit=True)
print("loaded")
"""


def load_kernel(folder: Path) -> str:
    """Loads (or compiles) a kernel in a fresh process with its cache in `folder`."""
    environment = {**os.environ, "ALVH_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"\x00junk" * 100])
def test_a_damaged_file_is_compiled_again(tmp_path: Path, suffix: str, spoil) -> None:  # type: ignore[no-untyped-def]
    load_kernel(tmp_path)
    (cached,) = [path for path in tmp_path.rglob(f"*{suffix}") if "alvh_kernel" in path.name]
    whole = cached.read_bytes()
    cached.write_bytes(spoil(whole))
    assert load_kernel(tmp_path) == "loaded\n"
    (mended,) = [path for path in tmp_path.rglob(f"*{suffix}") if "alvh_kernel" in path.name]
    assert len(mended.read_bytes()) == len(whole)


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert load_kernel(blocked) == "loaded\n"


def test_a_changed_source_is_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALVH_CACHE_DIR", str(tmp_path))
    compiled.cache_folder.cache_clear()
    before = compiled.cache_folder()
    changed = tmp_path / "trade.py"
    changed.write_text("# one byte more")
    monkeypatch.setattr(compiled, "engine_sources", lambda: [changed])
    compiled.cache_folder.cache_clear()
    after = compiled.cache_folder()
    compiled.cache_folder.cache_clear()
    assert before != after
