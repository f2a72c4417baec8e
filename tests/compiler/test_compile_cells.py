"""Cells compiled together are what each is alone: the same program, the same refusals, in whatever order they come.

The judge is `compile_file`, which knows nothing of cells. What is compiled are shipped strategies in which every number that may
be one is a param, so that values reach strikes, windows, counts, expiries, shares, lags and bounds alike.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.compiler import compile_cells
from alvh.compiler.compile_cells import MOST_FORMS, CellCompiler, CompiledCell
from alvh.compiler.constants import lags_of
from alvh.compiler.driver import Compiled, Files, compile_file
from alvh.compiler.ir import Program
from alvh.compiler.watched_numbers import MOST_REMEMBERED
from alvh.grammar import syntax
from alvh.grammar.parse import parse
from alvh.grammar.source import Source

STRATEGIES = Path(__file__).parents[2] / "strategies"
NAMES = (
    "alvh_442_contracts",
    "alvh_442_notional",
    "alvh_40_40_20",
    "alvh_40_40_20_own_data",
    "alvh_442_contracts_calibrated",
    "alvh_442_notional_prints",
    "alvh_anchor_ratio_press",
    "alvh_anchor_ratio_early",
    "alvh_timed_layers_own_data",
    "vix_risk_scaling",
)
OTHERS = ("0", "0%", "2", "2.5", "-1", "8%", "0.30 delta", "5 days", "5 sessions", "$1_000", "3 points", "2 * 0.1 delta", "vix", "=", "1 2")
"""Words that fit some places and not others, or none."""
SETTINGS = {
    "costs": ("none", "listed", "crowded", "free"),
    "capital": ("$1", "$2_000_000", "$5e6", "0", "$0", "8%", "2 * $500_000"),
    "fill": ("next open", "next close", "never"),
    "contracts": ("fractional", "whole"),
}


def literals_of(node: object) -> list[syntax.Literal]:
    """Every number in a tree, in the order of the text."""
    if isinstance(node, syntax.Literal):
        return [node]
    if isinstance(node, tuple):
        return [found for part in node for found in literals_of(part)]
    if not isinstance(node, syntax.Node):
        return []
    found = [found for entry in attrs.fields(type(node)) if entry.name != "span" for found in literals_of(getattr(node, entry.name))]
    return sorted(found, key=lambda literal: literal.span.start)


@cache
def all_params(name: str) -> tuple[str, str, dict[str, str]]:
    """Path and text of a shipped strategy with each number a param where it may be one, and the value of each param by name."""
    path = str(STRATEGIES / f"{name}.alvh")
    text = Path(path).read_text(encoding="utf-8")
    values: dict[str, str] = {}
    for _ in range(2):  # the first number of `45..60 days` may be a param by itself, the second one only after it
        for literal in reversed(literals_of(parse(Source(path, text)).file)):  # from the end, so that places before stay
            param, span = f"number_{len(values)}", literal.span
            words = span.text if literal.unit != "days" or span.text.endswith(("day", "days")) else f"{span.text} days"
            changed = f"{text[: span.start]}{param}{text[span.end :]}"
            declared = "\n".join(f"param {known} = {value}" for known, value in {**values, param: words}.items())
            if not compile_file(path, text=f"{changed}\n{declared}\n").has_error:
                text, values[param] = changed, words
    declared = "\n".join(f"param {known} = {value}" for known, value in values.items())
    return path, f"{text}\n{declared}\n", values


def around(words: str) -> tuple[str, ...]:
    """Other values than `words`, most in the same unit: near and far, none, below zero, written another way."""
    literal = literals_of(parse(Source("words", f"let a = {words}\n")).file)[0]
    number = literal.value * (100.0 if literal.unit == "%" else 1.0)
    others = dict.fromkeys((number * 1.01, number * 2, number + 1, number - 1, round(number), 0.0, number * 1000, -number))
    money, unit = "$" if literal.unit == "$" else "", "" if literal.unit == "$" else literal.unit
    return (words, *(f"{'-' if other < 0 else ''}{money}{abs(other):.10f} {unit}".rstrip() for other in others))


def compare(alone: Compiled, beside: CompiledCell | None) -> Program | None:
    """The program, which is the same in both."""
    if alone.program is None or alone.meaning is None:
        assert beside is None, [finding.message for finding in alone.diagnostics]
        return None
    assert beside is not None
    assert beside.program == alone.program
    assert repr(beside.program) == repr(alone.program), "a zero with another sign"
    assert beside.lags == lags_of(alone.meaning)
    return beside.program


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12)
@given(data=st.data())
def test_cells_compiled_together_are_those_compiled_alone(name: str, data: st.DataObject) -> None:
    path, text, values = all_params(name)
    choices = {param: around(words) for param, words in values.items()} | SETTINGS
    axes: dict[str, list[str]] = {}
    for axis in data.draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=4, unique=True)):
        fitting = st.sampled_from(choices[axis])
        words = fitting if axis in SETTINGS else st.one_of(fitting, fitting, fitting, st.sampled_from(OTHERS))
        axes[axis] = data.draw(st.lists(words, min_size=1, max_size=4, unique=True))
    files = Files(path, text)
    cells = CellCompiler(path, files)
    for _ in range(12):
        cell = {axis: data.draw(st.sampled_from(words)) for axis, words in axes.items()}
        compare(compile_file(path, cell, files=files), cells.compile(cell))


@pytest.mark.parametrize("name", NAMES)
def test_most_numbers_of_a_strategy_are_tried_and_some_values_refused(name: str) -> None:
    """Each number of the file alone takes each of its values; so the comparison above compares programs and refusals."""
    path, text, values = all_params(name)
    total = len(literals_of(parse(Source(path, (STRATEGIES / f"{name}.alvh").read_text(encoding="utf-8"))).file))
    assert len(values) >= 0.8 * total
    files = Files(path, text)
    cells = CellCompiler(path, files)
    programs, refused = set(), 0
    for param, words in values.items():
        for value in around(words):
            program = compare(compile_file(path, {param: value}, files=files), cells.compile({param: value}))
            programs.add(program)
            refused += program is None
    assert len(programs) > 3 * len(values)
    assert refused > 0


@pytest.mark.parametrize("name", NAMES)
def test_lets_triggers_and_settings_take_what_they_take_alone(name: str) -> None:
    path = str(STRATEGIES / f"{name}.alvh")
    files = Files(path)
    cells = CellCompiler(path, files)
    module = compile_file(path, files=files).module
    assert module is not None
    for changed in (*(entry.name.name for entry in (*module.lets, *module.triggers)), *SETTINGS, "nobody"):
        for value in (*OTHERS, *SETTINGS.get(changed, ())):
            compare(compile_file(path, {changed: value}, files=files), cells.compile({changed: value}))


TEXT = """\
param span   = 20 sessions  in 5 sessions .. 60 sessions
param trades = 2            in 1 .. 9
param apart  = 0.40 delta   in 0.10 delta .. 0.60 delta
param floor  = 1%           in -5% .. 50%
param late   = 3 days
let level = 20
input orders : ratio lag late
trigger fear = vix > sma(vix, span) * 1.05 and vix > level and orders > floor + 0%
book calls {
  buy trades VIX calls at apart, 30 days
  open when fear
  close when dte <= 7 days
}
"""


@pytest.fixture
def cells() -> CellCompiler:
    return CellCompiler("text.alvh", Files("text.alvh", TEXT))


def test_cells_that_differ_in_a_strike_share_all_but_their_params(cells: CellCompiler) -> None:
    first, second = cells.compile({"apart": "0.30 delta"}), cells.compile({"apart": "0.35 delta"})
    assert first is not None
    assert second is not None
    assert first.common is second.common
    assert [parameter.value for parameter in first.program.parameters if parameter.name == "apart"] == [0.30]
    assert [parameter.value for parameter in second.program.parameters if parameter.name == "apart"] == [0.35]
    assert [node.value for node in second.program.nodes if node.name == "apart"] == [0.35]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("span", "10 sessions", "20 sessions"), ("trades", "1", "2"), ("level", "19", "21"), ("capital", "$1_000", "$2_000")],
)
def test_a_number_that_lowering_looks_at_makes_another_program(cells: CellCompiler, name: str, low: str, high: str) -> None:
    first, second, again = [found.common for value in (low, high, low) if (found := cells.compile({name: value})) is not None]
    assert first != second
    assert first is again


def test_a_lag_is_its_cells_own(cells: CellCompiler) -> None:
    found = [cells.compile({"late": f"{days} days"}) for days in (3, 40, 3)]
    assert [entry.lags if entry is not None else None for entry in found] == [{"orders": 3}, {"orders": 40}, {"orders": 3}]


def test_a_stage_runs_once_for_what_it_looks_at(cells: CellCompiler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty cells differ in a strike, and every other one in a window: two programs are lowered."""
    runs: list[str] = []
    for stage in ("find_names", "find_meaning", "lower_without_parameters"):
        run = getattr(compile_cells, stage)
        monkeypatch.setattr(compile_cells, stage, lambda *given, stage=stage, run=run: (runs.append(stage), run(*given))[1])
    for cell in range(40):
        assert cells.compile({"apart": f"0.{20 + cell} delta", "span": f"{10 + cell % 2} sessions"}) is not None
    assert runs.count("find_names") == 1
    assert runs.count("find_meaning") == 40  # the bounds of a param are looked at with its kind
    assert runs.count("lower_without_parameters") == 2


def test_a_bare_zero_fits_where_another_bare_number_does_not(cells: CellCompiler) -> None:
    """`0` in place of a percentage is no mistake, `1` is."""
    for value, is_right in (("1", False), ("0", True), ("3", False), ("-0", True), ("-3%", True), ("-9%", False), ("0", True)):
        alone = compile_file("text.alvh", {"floor": value}, TEXT)
        assert (compare(alone, cells.compile({"floor": value})) is not None) is is_right


def test_what_is_remembered_has_an_end(cells: CellCompiler) -> None:
    for number in range(MOST_REMEMBERED + 20):
        assert cells.compile({"floor": f"0.{number:04}%"}) is not None
    for number in range(MOST_FORMS + 5):
        assert cells.compile({"level": f"20 + {number}"}) is not None
    for value in ("0.0001%", "1%"):
        compare(compile_file("text.alvh", {"floor": value}, TEXT), cells.compile({"floor": value}))
    form = next(iter(cells._cells.values()))
    assert form is not None
    assert sum(map(len, form._measured._results.values())) <= MOST_REMEMBERED
    assert len(cells._cells) == MOST_FORMS
