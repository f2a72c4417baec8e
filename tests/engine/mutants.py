"""The engine with one sign, comparison or bound turned round, in plain Python: what the tests of mutations run.

Places in memory (rows, indices, ranges) are left alone: turned round, they read other numbers or none, and say little about the money.
"""

from __future__ import annotations

import ast
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import CodeType, FrameType, ModuleType

from attrs import frozen

import alvh.runtime.engine
from alvh.compiler.ir import Program
from alvh.runtime import lanes
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord

PACKAGE = "alvh.runtime.engine"
FOLDER = Path(alvh.runtime.engine.__file__).parent
WITHOUT_MONEY = frozenset({"__init__", "arrays", "compiled", "interpret", "layout", "pointed", "simulate", "simulate_cells", "streams"})
"""Files of the engine that are not mutated: tables and compilation, and streams, which the tests of streams hold to pencils."""


def _modules() -> tuple[str, ...]:
    """What is mutated, each after those it imports."""
    imports = {
        path.stem: re.findall(rf"^from {re.escape(PACKAGE)}\.(\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in sorted(FOLDER.glob("*.py"))
        if path.stem not in WITHOUT_MONEY
    }
    within = {name: [other for other in names if other in imports] for name, names in imports.items()}
    return tuple(TopologicalSorter(within).static_order())


MODULES = _modules()
FLIPPED: dict[type[ast.AST], ast.AST] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Lt: ast.Gt(),
    ast.Gt: ast.Lt(),
    ast.LtE: ast.GtE(),
    ast.GtE: ast.LtE(),
}
SWAPPED = {"maximum": "minimum", "minimum": "maximum"}
SIGNS = {"Add": "+", "Sub": "-", "Lt": "<", "Gt": ">", "LtE": "<=", "GtE": ">=", "USub": "unary -"}
TAKE_ROWS = ("load", "store", "store_where", "add_where", "count_where", "gather")
ROW = 2
"""Which argument of theirs is a row."""
ROW_NAMES = ("first_leg", "first_slot", "slot")
"""Names of numbers that count rows."""
PATIENCE = 10.0
"""Seconds after which a mutant that does not come to an end is taken for dead."""


@frozen
class Place:
    """One thing to turn round."""

    module: str
    function: str
    line: int
    number: int
    """Among the places of its module."""
    sign: str
    text: str
    """The expression, as it stands."""

    def __str__(self) -> str:
        return f"{self.module}.{self.function}: `{self.sign}` in `{self.text}`"


class _Marker(ast.NodeVisitor):
    """Every place of a module, in order; with `target`, turns that one round."""

    def __init__(self, module: str, target: int = -1) -> None:
        self.module = module
        self.target = target
        self.function = ""
        self.places: list[Place] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.function = node.name
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in FLIPPED and not _is_row(node) and self._found(type(node.op).__name__, node):
            node.op = FLIPPED[type(node.op)]  # type: ignore[assignment]
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if type(node.ops[0]) in FLIPPED and self._found(type(node.ops[0]).__name__, node):
            node.ops = [FLIPPED[type(node.ops[0])]]  # type: ignore[list-item]
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant) and self._found("USub", node):
            node.op = ast.UAdd()
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """The row that a load or store names, and the ends of a range, are places in memory. What is summed only to see whether
        all of it is known is no amount."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("is_unknown", "none_of") or any("TERMS_KNOWN" in ast.unparse(argument) for argument in node.args):
            return
        if name in SWAPPED and isinstance(node.func, ast.Name) and self._found(name, node):
            node.func.id = SWAPPED[name]
        for number, argument in enumerate(node.args):
            if name != "range" and not (name in TAKE_ROWS and number == ROW):
                self.visit(argument)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "known" for target in node.targets):
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """What stands in brackets is a place, no amount."""
        self.visit(node.value)

    def _found(self, kind: str, node: ast.expr) -> bool:
        number = len(self.places)
        self.places.append(Place(self.module, self.function, node.lineno, number, SIGNS.get(kind, kind), ast.unparse(node)))
        return number == self.target


def _is_row(node: ast.BinOp) -> bool:
    """Whether a sum is the number of a row: a place in memory, no money. One of its ends is a named row or a bare count."""
    return any(_is_row_name(side) for side in (node.left, node.right))


def _is_row_name(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="at"), attr=name) | ast.Name(id=name):
            return (name.isupper() and name != "UNKNOWN") or name in ROW_NAMES
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return _is_row_name(left) or _is_row_name(right)
        case ast.Call(func=ast.Name(id="terms_place")):
            return True
    return False


def places() -> tuple[Place, ...]:
    found = []
    for module in MODULES:
        marker = _Marker(module)
        marker.visit(_tree(module))
        found.extend(marker.places)
    return tuple(found)


def _source(module: str) -> Path:
    return FOLDER / f"{module}.py"


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module).read_text(encoding="utf-8"))


@cache
def _code(module: str) -> CodeType:
    return compile(_tree(module), str(_source(module)), "exec")


def _turned(place: Place) -> CodeType:
    tree = _tree(place.module)
    _Marker(place.module, place.number).visit(tree)
    return compile(ast.fix_missing_locations(tree), str(_source(place.module)), "exec")


@contextmanager
def engine_with(place: Place | None) -> Iterator[None]:
    """The engine's modules made anew with a place turned round (none: as they stand), unknown to Numba, while the context lasts."""
    names = [f"{PACKAGE}.{module}" for module in MODULES]
    kept = {name: sys.modules.get(name) for name in names}
    compiled_for_lanes = lanes.lane_function, lanes.inlined_lane_function
    lanes.lane_function = lanes.inlined_lane_function = lambda function: function  # type: ignore[assignment]
    try:
        for name, module in zip(names, MODULES, strict=True):
            fresh = ModuleType(name)
            sys.modules[name] = fresh
            code = _turned(place) if place is not None and place.module == module else _code(module)
            exec(code, fresh.__dict__)
        yield
    finally:
        lanes.lane_function, lanes.inlined_lane_function = compiled_for_lanes
        for name, module_kept in kept.items():
            if module_kept is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module_kept


def functions_run(program: Program, arrays: MarketArrays, sensitivities: bool) -> frozenset[tuple[str, str]]:
    """Module and name of every function of the mutated files that a run of the engine calls."""
    files = {str(_source(module)): module for module in MODULES}
    found = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        module = files.get(frame.f_code.co_filename)
        if event == "call" and module is not None:
            found.add((module, frame.f_code.co_name))

    with engine_with(None):
        sys.setprofile(note)
        try:
            simulate(program, arrays, jit=False, record_sensitivities=sensitivities)
        finally:
            sys.setprofile(None)
    return frozenset(found)


class _TooLongError(Exception):
    pass


def _give_up(signal_number: int, frame: FrameType | None) -> None:
    raise _TooLongError


def run_mutant(program: Program, arrays: MarketArrays, sensitivities: bool) -> RunRecord | None:
    """The record of the engine in force, or None where it fails or does not come to an end."""
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        return simulate(program, arrays, jit=False, record_sensitivities=sensitivities)[0]
    except Exception:
        # Any failure gives the mutant away.
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
