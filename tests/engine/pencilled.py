"""The programs that tests/runtime works out by pencil, for whoever wants to run them through the engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from typing import Any

import small_program

from alvh.compiler.dependencies import DECIDED
from alvh.compiler.ir import Program
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret

BY_PENCIL = ("trading", "sizes", "account", "streams", "instruments", "verbs", "proxies", "attributes", "fills")


def is_sayable(program: Program) -> bool:
    """Of a layer's attributes, text reads only some as decided; the engine knows the others at the marks alone."""
    return all(node.name in DECIDED or node.name in ("is_open", "count") for node in program.nodes if node.operation == "decided")


def pencilled() -> Iterator[tuple[str, Callable[..., None], dict[str, Any]]]:
    """Every case of the tests of tests/runtime that run programs, those aside that want fixtures: a name, the test, its arguments."""
    for name in BY_PENCIL:
        module = import_module(f"test_reference_{name}")
        for title, test in inspect.getmembers(module, inspect.isfunction):
            if title.startswith("test_") and test.__module__ == module.__name__:
                for number, case in enumerate(cases_of(test)):
                    if set(case) == set(inspect.signature(test).parameters):
                        yield f"{name}-{title}-{number}", test, case


def cases_of(test: Callable[..., None]) -> list[dict[str, Any]]:
    """The keyword arguments of each case of a parametrized test."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    columns = []
    for mark in marks:
        names = [name.strip() for name in mark.args[0].split(",")] if isinstance(mark.args[0], str) else list(mark.args[0])
        rows = [getattr(row, "values", row) if hasattr(row, "marks") else row for row in mark.args[1]]
        columns.append([dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in rows])
    return [{name: value for part in parts for name, value in part.items()} for parts in product(*columns)]


def runs_by_pencil(names: tuple[str, ...]) -> list[tuple[Program, MarketArrays, RunRecord]]:
    """What the tests of some of these modules run, on the first path and phase, and what the reference makes of it."""
    runs: list[tuple[Program, MarketArrays, RunRecord]] = []

    def remember(program: Program, arrays: MarketArrays, path: int = 0, phase: int = 0) -> RunRecord:
        record = interpret(program, arrays, path=path, phase=phase)
        if path == phase == 0 and is_sayable(program):
            runs.append((program, arrays, record))
        return record

    ours, small_program.interpret = small_program.interpret, remember
    try:
        for name, test, case in pencilled():
            if name.split("-")[0] in names:
                test(**case)
    finally:
        small_program.interpret = ours
    return runs
