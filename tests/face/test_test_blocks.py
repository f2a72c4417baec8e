"""`alvh test`: markets made by hand, sessions looked at, what a failed expectation shows, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from calls import answer, matches
from effort import examples
from hypothesis import given
from programs import ProgramText, compiled, programs
from sample_markets import market_names, sample_market

from alvh.compiler.driver import compile_file
from alvh.compiler.lower_syntax_to_ir import lower_with_questions
from alvh.compiler.read_tests import Step, TestCase, read_tests
from alvh.grammar.parse import parse
from alvh.grammar.source import Source
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.markets.by_hand import market_by_hand
from alvh.runtime.record import JournalRows, same_bits
from alvh.runtime.reference import interpret
from alvh.testing import run_tests_of

STRATEGIES = Path(__file__).parents[2] / "strategies"


def has_tests(path: Path) -> bool:
    return bool([part for part in parse(Source(str(path), path.read_text("utf-8"))).file.declarations if type(part).__name__ == "Test"])


SHIPPED = [path for path in sorted(STRATEGIES.rglob("*.alvh")) if has_tests(path)]


def test_some_strategy_ships_with_tests() -> None:
    assert [path.name for path in SHIPPED] == ["alvh_timed_layers.alvh"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_test_that_ships_passes(path: Path) -> None:
    result = run_tests_of(path)
    assert result.tests
    assert result.passed
    assert all(answer.passed for test in result.tests for answer in test.answers)


def test_a_shipped_test_fails_where_its_strategy_is_spoilt(tmp_path: Path) -> None:
    """Without the lines that answer the expansion, layer two opens in no session of its four."""
    (tmp_path / "books").mkdir()
    for name in ("alvh_timed_layers.alvh", "books/condor_16_delta.alvh"):
        lines = (STRATEGIES / name).read_text("utf-8").splitlines()
        kept = [line for line in lines if not any(word in line for word in ("change(vix, 5", "condors.irr", "short_delta"))]
        (tmp_path / name).write_text("\n".join(kept) + "\n", "utf-8")
    opens, closed = run_tests_of(tmp_path / "alvh_timed_layers.alvh").tests[0].answers
    assert not opens.passed
    assert (opens.first, opens.last, opens.truth) == (91, 94, False)
    assert closed.passed


# ---- the market --------------------------------------------------------------------------------------

HEDGE = """strategy "By hand"
input ad_line : index
input weight : ratio
trigger fear = vix > 20
hedge h {
  layer front { buy 4 VIX calls at 0.50 delta, 30 days
    open when fear
    close when vix < 16 as "calm again" }
}
"""


def cases(text: str) -> tuple[TestCase, ...]:
    result = compile_file("by_hand.alvh", text=HEDGE + text)
    assert not result.has_error, [finding.message for finding in result.diagnostics]
    assert result.module is not None
    assert result.meaning is not None
    return read_tests(result.module, result.meaning)


def made(text: str) -> MarketArrays:
    (case,) = cases(f'test "t" {{ {text} }}')
    assert not case.problems
    return market_by_hand(case.steps, case.sessions, ("ad_line", "weight"))


def series(arrays: MarketArrays, name: str) -> Floats:
    return arrays.values[:, arrays.series.index(name), 0]


def test_levels_stand_in_a_calm_stretch_and_go_in_equal_steps_in_a_move() -> None:
    arrays = made(
        "calm 2 sessions at vix 14  move vix to 20, spx by -2% in 2 sessions  move vix by 3 in 1 session  calm 1 session at vix 15"
    )
    assert (arrays.first, arrays.last) == (0, 5)
    assert series(arrays, "vix").tolist() == [14.0, 14.0, 17.0, 20.0, 23.0, 15.0]
    # Two equal shares of -2 %: 4000 * sqrt(0.98) on the way.
    assert np.allclose(series(arrays, "spx"), [4000.0, 4000.0, 4000.0 * 0.98**0.5, 3920.0, 3920.0, 3920.0], rtol=1e-15)
    assert series(arrays, "spx.open").tolist()[1:] == series(arrays, "spx").tolist()[:-1]
    assert series(arrays, "rate").tolist() == [0.02] * 6
    assert series(arrays, "spx_am").tolist() == series(arrays, "spx").tolist()  # what settles on a session settles on its level
    assert series(arrays, "vix_settlement").tolist() == series(arrays, "vix").tolist()


def test_an_input_has_a_value_from_the_end_of_its_first_move_on() -> None:
    arrays = made(
        "calm 2 sessions at vix 14  move ad_line to 100, weight to 2% in 2 sessions  move ad_line by -10%, weight by 1% in 2 sessions"
    )
    assert np.array_equal(series(arrays, "ad_line"), [np.nan, np.nan, np.nan, 100.0, 95.0, 90.0], equal_nan=True)
    assert np.allclose(series(arrays, "weight")[3:], [0.02, 0.025, 0.03])  # per cent of per cent: added
    assert np.isnan(series(arrays, "weight")[:3]).all()


def test_a_modelled_index_leaves_from_its_model() -> None:
    flat = made("calm 6 sessions at vix 14")
    moved = made("calm 4 sessions at vix 14  move vvix to 120 in 2 sessions")
    model = float(series(flat, "vvix")[3])
    assert series(moved, "vvix").tolist() == [*series(flat, "vvix")[:4].tolist(), model + (120.0 - model) * 0.5, 120.0]
    assert 60.0 < model < 100.0


def test_a_test_without_a_calm_start_leaves_from_18() -> None:
    assert series(made("move vix to 22 in 4 sessions"), "vix").tolist() == [19.0, 20.0, 21.0, 22.0]


def test_sessions_looked_at() -> None:
    """Without `within` the last session of the step before; with it, so many from that step's first on, past the end if need be."""
    (case,) = cases(
        'test "t" { calm 5 sessions at vix 14 expect fear move vix to 20 in 3 sessions expect fear within 6 sessions expect fear }'
    )
    assert [(step.first, step.last) for step in case.steps] == [(1, 5), (6, 8)]
    assert [(asked.first, asked.last) for asked in case.expectations] == [(5, 5), (6, 11), (8, 8)]
    assert case.sessions == 11
    arrays = market_by_hand(case.steps, case.sessions, ())
    assert series(arrays, "vix").tolist() == [14.0] * 5 + [16.0, 18.0] + [20.0] * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("expect fear", "t.alvh:10: Nothing has happened yet: an `expect` stands after a `calm` or a `move`."),
        ("", "t.alvh:10: The test `t` has no session: say `calm 60 sessions at vix 15` first."),
        ("calm 0 sessions at vix 15", "t.alvh:10: `calm` takes 1 to 2,520 whole sessions, not 0 sessions."),
        ("calm 2000 sessions at vix 15 calm 2000 sessions at vix 15", "t.alvh:10: A test goes over 2,520 sessions at most."),
        ("move vix to 20 in 2.5 sessions", "t.alvh:10: `move` takes 1 to 2,520 whole sessions, not 2.5 sessions."),
        ("calm 3 sessions at vix 300", "t.alvh:10: vix would stand at 300: a test takes 5 to 200."),
        ("calm 3 sessions at vix 15 move vix by -95% in 1 session", "t.alvh:10: vix would stand at 0.75: a test takes 5 to 200."),
        ("move vxx to 20 in 1 session", "t.alvh:10: In a test vxx follows the VIX futures, and these VIX: move vix."),
        ("move ad_line by 3 in 1 session", "t.alvh:10: ad_line has no level yet to move by something: move it `to` a level first."),
        ("move vix to 20, vix to 21 in 1 session", "t.alvh:10: One `move` takes vix to two places."),
        ("calm 3 sessions at vix vix9d + 1", "t.alvh:10: In a test the level of VIX is a number that stands in the text, not `vix9d + 1`."),
    ],
)
def test_what_cannot_be_expressed_is_said(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.alvh"
    path.write_text(f'{HEDGE}test "t" {{ {text} }}\n', "utf-8")
    (test,) = run_tests_of(path).tests
    assert said in test.problems
    assert not test.passed


# ---- answers -----------------------------------------------------------------------------------------

SPIKE = """test "a spike" {
  calm 10 sessions at vix 15
  expect h.front is closed
  move vix to 25, spx by -5% in 2 sessions
  expect h.front opens within 2 sessions
  expect h.front.contracts = 4 contracts
  expect h.front.contracts = 3 contracts or not fear
  expect ad_line > 100 within 3 sessions
  calm 2 sessions at vix 15
  expect h.front closes within 1 session
  expect h.front is open
}
"""

ANSWERS = """a spike  (t.alvh:10, 14 sessions)
  pass  t.alvh:12  h.front is closed: on session 10, 2023-01-17
  pass  t.alvh:14  h.front opens within 2 sessions: on session 12, 2023-01-19
  pass  t.alvh:15  h.front.contracts = 4 contracts: on session 12, 2023-01-19
  FAIL  t.alvh:16  h.front.contracts = 3 contracts or not fear
        expected: true on session 12, 2023-01-19
        found: false
          h.front.contracts = 3 contracts: false (h.front.contracts = 4 contracts)
          vix > 20: true (vix = 25)
          session 12: h.front open 4 of VIX call 2023-02-15 ... (fear, t.alvh:7)
  FAIL  t.alvh:17  ad_line > 100 within 3 sessions
        expected: true on one of sessions 11 to 13
        found: true on none (unknown on 3 of them); on session 13, 2023-01-20: unknown
          ad_line > 100: unknown (ad_line missing, ad_line = unknown)
  pass  t.alvh:19  h.front closes within 1 session: on session 13, 2023-01-20
  FAIL  t.alvh:20  h.front is open
        expected: true on session 14, 2023-01-23
        found: false
          h.front is open: false
  note: ad_line is moved by no step of the test: what reads it is unknown

t.alvh: 2 of 2 rules made an order in a test

1 test, 7 expectations: 4 passed, 3 failed
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "t.alvh").write_text(HEDGE + SPIKE, "utf-8")
    (tmp_path / "good.alvh").write_text(f'{HEDGE}test "calm" {{ calm 3 sessions at vix 15 expect h is closed }}\n', "utf-8")
    (tmp_path / "none.alvh").write_text(HEDGE, "utf-8")
    (tmp_path / "broken.alvh").write_text("trigger fear = vix > 20%\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_text_shows_expected_and_found_with_their_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, code = answer("alvh test t.alvh", capsys)
    lines = [line.partition(" 2023-02-15 ")[0] + " 2023-02-15 ... (fear, t.alvh:7)" if "session 12: h.front open" in line else line
             for line in output.splitlines()]  # fmt: skip
    assert matches(ANSWERS, "\n".join(lines)), output
    assert code == 1


@pytest.mark.parametrize(
    ("call", "code", "last"),
    [
        ("alvh test good.alvh", 0, "1 test, 1 expectation: 1 passed, 0 failed"),
        ("alvh test good.alvh t.alvh", 1, "2 tests, 8 expectations: 5 passed, 3 failed"),
        ("alvh test none.alvh", 0, "0 tests, 0 expectations: 0 passed, 0 failed"),
        ("alvh test broken.alvh", 1, "  = hint: Write `vix > 20`."),
        ("alvh test missing.alvh", 1, ""),
        ("alvh test", 2, "alvh test: the following arguments are required: FILE; see alvh test --help"),
    ],
)
def test_exit_codes(call: str, code: int, last: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, found = answer(call, capsys)
    assert found == code, output
    assert output.rstrip("\n").splitlines()[-1].startswith(last), output
    assert "no test" in output or "none.alvh" not in call


def test_json_says_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, code = answer("alvh test t.alvh --format json", capsys)
    told = json.loads(output)
    assert code == 1
    assert (told["format_version"], told["passed"]) == (1, False)
    (file,) = told["files"]
    assert (file["file"], file["passed"], file["rules"], file["idle_rules"]) == ("t.alvh", False, 2, [])
    (test,) = file["tests"]
    assert (test["title"], test["place"], test["sessions"], test["problems"]) == ("a spike", "t.alvh:10", 14, [])
    assert [one["passed"] for one in test["answers"]] == [True, True, True, False, False, True, False]
    failed = test["answers"][3]
    assert (failed["rule"], failed["session"], failed["day"], failed["truth"]) == ("t.alvh:16", 12, "2023-01-19", False)
    assert failed["found"][0]["values"] == [{"text": "h.front.contracts", "value": "4 contracts"}]
    assert test["answers"][4]["truth"] is None
    assert "acted" not in test


def test_rules_that_no_test_reached_are_named(project: Path) -> None:
    result = run_tests_of("good.alvh")
    assert result.idle == ("good.alvh:7: fear", "good.alvh:8: calm again")


def test_tests_of_used_files_are_not_run(project: Path) -> None:
    (project / "uses.alvh").write_text('use "t.alvh"\ntest "own" { calm 2 sessions at vix 15 expect h is closed }\n', "utf-8")
    assert [test.title for test in run_tests_of("uses.alvh").tests] == ["own"]


def test_a_level_to_move_to_is_of_its_series_kind() -> None:
    def errors(step: str) -> list[str]:
        result = compile_file("by_hand.alvh", text=f'{HEDGE}test "t" {{ {step} in 1 session }}\n')
        return [finding.message for finding in result.diagnostics if finding.severity.name == "ERROR"]

    assert errors("move weight to 2%") == errors("move rate to 3%") == errors("move vix to 20") == []
    assert errors("move weight to 2") == ["A level moved `to` is a percentage, and `2` is a plain number."]
    assert errors("move vix to 20%") == ["A level moved `to` is a number, and `20%` is a ratio."]


@examples(25)
@given(programs(), market_names())
def test_asking_changes_no_bit_of_a_run(written: ProgramText, market: str) -> None:
    """Expectations are streams beside the program: the run is the one that `alvh run` makes."""
    asked = "\n".join(
        f"  expect {group.head.split()[1]} is open\n  expect equity > $5 and vix > 12" for group in written.groups if group.layers
    )
    text = f'{written.text}\ntest "t" {{\n  calm 3 sessions at vix 15\n{asked}\n  expect change(vix, 7 sessions) > 1%\n}}\n'
    result = compile_file("written.alvh", text=text)
    assert result.module is not None
    assert result.meaning is not None
    assert result.dependencies is not None
    (case,) = read_tests(result.module, result.meaning)
    program, _, clauses = lower_with_questions(result.meaning, result.dependencies, [asking.condition for asking in case.expectations])
    assert len(clauses) == len(case.expectations)
    assert len(program.nodes) > len(compiled(written.text).nodes)
    arrays = sample_market(market)
    plain, with_questions = interpret(compiled(written.text), arrays), interpret(program, arrays)
    for name in ("equity", "cash", "margin", "layer_profit", "layer_contracts", "unknown"):
        assert same_bits(getattr(plain, name), getattr(with_questions, name)), name
    for name in ("bar", "layer", "action", "rule", "filled", "price"):
        assert same_bits(getattr(plain.journal, name), getattr(with_questions.journal, name)), name


def test_steps_are_values() -> None:
    (case,) = cases('test "t" { calm 2 sessions at vix 14 }')
    assert case.steps == (Step(1, 2, 14.0, (), case.steps[0].span),)
    assert isinstance(interpret(compiled(HEDGE), market_by_hand(case.steps, 2, ())).journal, JournalRows)
