"""`alvh cache`: what it prints, what it removes, and that it removes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import answer

from alvh.runtime.native_code import NativeCode, code_of, key_of


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("ALVH_CACHE_DIR", str(folder))
    return folder


def test_a_cache_that_is_not_there_yet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("alvh cache dir", capsys) == (f"{folder}\n", 0)
    assert answer("alvh cache list", capsys) == (f"0 files, 0 bytes in {folder}\n", 0)
    assert answer("alvh cache clear", capsys) == (f"removed 0 files, 0 bytes from {folder}\n", 0)
    assert not folder.exists()


def test_what_is_kept_is_listed_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = key_of("engine-8", ())
    code_of("engine-8", key, lambda: NativeCode("run", b"c" * 1_000))
    (folder / "torn.native").write_bytes(b"12345")
    (folder / "letter.txt").write_text("dear")
    (kept,) = folder.glob("engine-*.native")
    size = kept.stat().st_size
    listed, code = answer("alvh cache list", capsys)
    assert code == 0
    assert listed.splitlines() == [
        "           5  unreadable    torn.native",
        f"{size:>12,}  engine-8      engine-8-{key[:24]}.native",
        f"2 files, {size + 5:,} bytes in {folder}",
    ]
    assert answer("alvh cache clear", capsys) == (f"removed 2 files, {size + 5:,} bytes from {folder}\n", 0)
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_a_file_where_the_folder_should_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write_text("not a folder")
    assert answer("alvh cache list", capsys) == (f"0 files, 0 bytes in {folder}\n", 0)


def test_no_other_action(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, code = answer("alvh cache", capsys)
    assert code == 2
    assert "action" in said
