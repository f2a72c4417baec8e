"""The identity of a result: a hash of everything that its bytes depend on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import asdict

from alvh.compiler.ir import Program
from alvh.runtime.results import SCHEMA_VERSION, Settings


@cache
def engine_version() -> str:
    """alvh's version with a hash of the code that compiles and runs, so that an edit shows as another engine."""
    digest = hashlib.sha256()
    for package in ("alvh.grammar", "alvh.compiler", "alvh.runtime"):
        for name, content in sorted(_sources(files(package), package)):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return f"{version('alvh')}+{digest.hexdigest()[:12]}"


def _sources(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found.extend(_sources(entry, f"{name}/{entry.name}") if entry.name != "__pycache__" else [])
        elif not entry.name.endswith(".pyc"):
            found.append((f"{name}/{entry.name}", entry.read_bytes()))
    return found


def identify(
    program: Program, texts: tuple[tuple[str, str], ...], fingerprint: str, settings: Settings, first_day: int, last_day: int
) -> str:
    """Hash (64 hex digits) of a run. `texts`: name and text of every file of the strategy; `fingerprint` the market's;
    days since 1970-01-01 of the first and the last bar. Which of the two engines ran is no part of it: they agree on every bit."""
    parts = [SCHEMA_VERSION, engine_version(), list(texts), repr(program), fingerprint, asdict(settings), first_day, last_day]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, allow_nan=False).encode()).hexdigest()
