"""From a file to findings or a program: overrides, order of findings, odd files, and no traceback for any text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.compiler.driver import check_file, compile_file
from alvh.compiler.print_ir import print_ir
from alvh.compiler.print_syntax import print_syntax
from alvh.grammar.diagnostics import Severity
from alvh.grammar.parse import parse
from alvh.grammar.source import Source

STRATEGIES = Path(__file__).parents[2] / "strategies"
TEXTS = [path.read_text() for path in sorted(STRATEGIES.glob("**/*.alvh"))]
PUTS = "book puts {\n  buy SPX put at 0.16 delta, 45 days\n  open when vix > 20\n}\n"


def codes(text: str) -> list[str]:
    return [finding.code for finding in check_file("text.alvh", text=text).diagnostics]


# ---- what comes out ----------------------------------------------------------------------------------


def test_a_file_compiles_to_a_program_with_its_sources() -> None:
    compiled = compile_file(STRATEGIES / "unhedged.alvh")
    assert compiled.program is not None
    assert compiled.program.title == "Unhedged condors"
    assert [Path(source.path).name for source in compiled.sources] == ["unhedged.alvh", "condor_16_delta.alvh"]
    assert not compiled.has_error


def test_checking_says_the_warm_up() -> None:
    assert check_file(STRATEGIES / "alvh_442_contracts.alvh").warm_up == 21  # diverges over 20 sessions, and `begins`
    assert check_file("text.alvh", text="let x = y").warm_up is None


def test_settings_left_unsaid() -> None:
    program = compile_file("text.alvh", text=PUTS).program
    assert program is not None
    assert (program.capital, program.costs, program.whole_contracts, program.hold_index) == (1_000_000, "listed", True, False)


def test_overrides_win_over_the_file() -> None:
    overrides = {"capital": "$500_000", "costs": "none", "contracts": "whole", "call_delta": "0.40 delta"}
    program = compile_file(STRATEGIES / "vxth.alvh", overrides).program
    assert program is not None
    assert (program.capital, program.costs, program.whole_contracts) == (500_000, "none", True)
    assert program.parameters[0].value == 0.40


@pytest.mark.parametrize(
    "overrides", [{"cost": "none"}, {"call_delta": "16 delta"}, {"call_delta": ""}, {"costs": "some"}, {"capital": "9"}]
)
def test_an_override_that_means_nothing_is_a_finding(overrides: dict[str, str]) -> None:
    compiled = compile_file(STRATEGIES / "vxth.alvh", overrides)
    assert compiled.has_error
    assert compiled.program is None


def test_findings_stand_in_the_order_of_the_text_each_once() -> None:
    text = "let a = b\n" + PUTS.replace("vix > 20", "sma(vix, 0) > 20") + "let c = sma(vix, 3_000)\ntrigger t = vix > 20%\n"
    found = check_file("text.alvh", text=text).diagnostics
    places = [finding.span.start for finding in found]
    assert places == sorted(places)
    assert {"ALV0503", "ALV0504"} <= {finding.code for finding in found}
    assert len({(finding.code, finding.span.start) for finding in found}) == len(found)


def test_a_statement_of_a_book_with_tiers_is_found_wrong_once() -> None:
    tiers = "".join(f"  layer {name} {{ buy SPX put at 0.16 delta, 45 days }}\n" for name in ("a", "c"))
    text = f"book b {{\n  close when sma(vix, 0) > 2\n{tiers}}}"
    assert codes(text) == ["ALV0503"]


def test_a_warning_hides_no_error_at_its_place() -> None:
    assert "ALV0407" in codes("".join(f"trigger t{number} = vix > {number} or prev(t{(number + 1) % 60})\n" for number in range(60)))


def test_an_error_of_an_early_stage_leaves_the_later_ones_their_findings() -> None:
    assert set(codes("let a = unheard_of\nlet b = sma(vix, 2.5)\n" + PUTS)) >= {"ALV0201", "ALV0503"}


# ---- odd files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "ALV0604"),
        (b"\xef\xbb\xbf", "ALV0604"),
        ('strategy "a"'.encode("utf-16"), "ALV0115"),
        (b'strategy "caf\xe9"\n', "ALV0115"),
        (b"# filler\n" * 1_200_000, "ALV0114"),
        (b"book puts { buy SPX put at", "ALV0106"),
        (b"\x00" * 100, "ALV0101"),
        (b"let a = " + b"(" * 100_000, "ALV0113"),
    ],
    ids=["empty", "only a mark", "utf-16", "latin-1", "10 MB", "cut short", "zeros", "deep"],
)
def test_an_odd_file_is_told_what_is_wrong_with_it(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "odd.alvh"
    path.write_bytes(content)
    assert code in [finding.code for finding in check_file(path).diagnostics]
    assert code in [finding.code for finding in check_file("-", text=content).diagnostics]


@pytest.mark.parametrize("path", ["no/such/file.alvh", "", "a\0b.alvh", "."])
def test_a_path_that_leads_nowhere_is_a_finding(path: str) -> None:
    assert [finding.code for finding in check_file(path).diagnostics] == ["ALV0116"]


def test_a_mark_at_the_start_of_a_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "marked.alvh"
    path.write_bytes(b"\xef\xbb\xbf" + PUTS.encode())
    assert compile_file(path).program == compile_file("text.alvh", text=PUTS).program


def chain(length: int, link: str, last: str, condition: str) -> str:
    """Names that each read the next, `last` at their end, and a book that asks for the first."""
    links = "\n".join(link.format(this=f"a{number}", following=f"a{number + 1}") for number in range(length))
    return f"{links}\n{last.format(name=f'a{length}')}\n{PUTS.replace('vix > 20', condition)}"


@pytest.mark.parametrize(
    "text",
    [
        chain(2_000, "let {this} = {following} + 1", "let {name} = vix", "a0 > 20"),
        chain(2_000, "let {this} = prev({following})", "let {name} = vix", "a0 > 20"),
        chain(60, "let {this} = {following} + {following}", "let {name} = vix", "a0 > 20"),
        chain(1_000, "trigger {this} = {following} or c", "calendar c\ntrigger {name} = c", "within 2 sessions before a0"),
    ],
    ids=["chain", "chain of prev", "doubling", "calendars"],
)
def test_long_chains_of_names_compile(text: str) -> None:
    compiled = compile_file("text.alvh", text=text)
    assert compiled.diagnostics == ()
    assert compiled.program is not None


@pytest.mark.parametrize("text", ["param a = a\nlet b = a\n", "param a = b\nparam b = a\nlet c = sma(vix, a)\n", "let a = a\n"])
def test_what_hangs_on_itself_is_a_cycle(text: str) -> None:
    assert "ALV0401" in codes(text)


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """A shipped strategy with pieces cut, doubled, or replaced by pieces of another."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        words = text.split(" ")
        place, length = draw(st.integers(0, len(words))), draw(st.integers(0, 6))
        piece = draw(
            st.one_of(
                st.just([]), st.just(words[place : place + length] * 2), st.sampled_from(TEXTS).map(lambda other: other.split(" ")[5:9])
            )
        )
        text = " ".join(words[:place] + piece + words[place + length :])
    return text


@settings(max_examples=200, deadline=None)
@given(damaged_texts())
def test_no_damage_to_a_strategy_raises(text: str) -> None:
    compiled = compile_file(STRATEGIES / "damaged.alvh", text=text)  # so that what it uses is found
    assert (compiled.program is None) == any(finding.severity is Severity.ERROR for finding in compiled.diagnostics)


# ---- what it prints and imports ----------------------------------------------------------------------


def test_a_check_imports_no_graph_library_and_no_arrays() -> None:
    program = (
        "import sys\nfrom alvh.compiler.driver import check_file\n"
        f"check_file({str(STRATEGIES / 'alvh_442_contracts.alvh')!r})\n"
        "print(sorted(name for name in ('networkx', 'numpy', 'numba', 'polars', 'lark') if name in sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"


def test_the_tree_is_printed_a_node_a_line_with_its_place() -> None:
    file = parse(Source("text.alvh", "trigger fear = not vix > 20  # calm\n")).file
    assert print_syntax(file) == (
        "File  1:1\n"
        "  declarations[0]: Trigger  1:1\n"
        "    name: Identifier(name='fear')  1:9\n"
        "    condition: Not  1:16\n"
        "      operand: Comparison(operator='>')  1:20\n"
        "        left: Name(name='vix')  1:20\n"
        "        right: Literal(value=20.0, unit='', text='20')  1:26\n"
        "  comments[0]: Comment(text='# calm')  1:30\n"
    )


def test_the_program_is_printed_with_every_stream_that_it_has() -> None:
    compiled = compile_file(STRATEGIES / "alvh_442_contracts.alvh")
    assert compiled.program is not None
    printed = print_ir(compiled.program)
    assert all(f"  %{number} = {node.operation}" in printed for number, node in enumerate(compiled.program.nodes))
    assert "unwind when" in printed
    assert "roll into alvh.medium" in printed
