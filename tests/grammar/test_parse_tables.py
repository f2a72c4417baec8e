"""The tables on disk are those of the grammar, every rule has its function, and reading a file loads little."""

from __future__ import annotations

import inspect
import subprocess
import sys

from alvh.grammar import explain_syntax, tables
from alvh.grammar.build_tables import TABLES, tables_text
from alvh.grammar.build_tree import TreeBuilder


def test_tables_are_those_of_the_grammar_which_is_lalr_without_conflicts() -> None:
    assert TABLES.read_text("utf-8") == tables_text(), "run `python -m alvh.grammar.build_tables`"


def test_every_rule_has_a_function_that_takes_its_children() -> None:
    for name, symbol, _length, plan in tables.RULES:
        if name not in {"", "_"} and all(place is None or place >= 0 for place in plan):
            inspect.signature(getattr(TreeBuilder, name)).bind(None, None, *plan)
        assert name or len(plan) == 1, symbol


def test_every_function_belongs_to_a_rule() -> None:
    rules = {name for name, *_ in tables.RULES}
    shared = {"identifier", "with_unit", "report", "clause"}
    functions = {name for name, _ in inspect.getmembers(TreeBuilder, inspect.isfunction) if not name.startswith("_")}
    assert functions - shared == rules - {"", "_"}


def test_every_word_that_starts_something_has_its_place() -> None:
    def starts(state: int) -> set[str]:
        return {kind for kind, action in tables.ACTIONS[state].items() if kind.isupper() and action >= 0}

    words = {tables.KEYWORDS[word] for word in explain_syntax._PLACES if word != "contracts"} | {"CONTRACTS_SETTING"}
    in_file = starts(tables.STARTS["file"])
    in_blocks = {kind for state in range(len(tables.ACTIONS)) if "LABEL" in starts(state) for kind in starts(state)}
    assert in_file <= words
    assert in_blocks - {"LABEL", "RBRACE"} <= words
    assert words == in_file | (in_blocks - {"LABEL", "RBRACE"}) | {"CALM", "MOVE", "EXPECT"}


def test_reading_a_file_loads_neither_lark_nor_numbers() -> None:
    script = (
        "import sys; from alvh.grammar.parse import parse; from alvh.grammar.render import render_text; "
        "from alvh.grammar.read_source import read_source; render_text(parse(read_source(sys.argv[1])).diagnostics); "
        "print(*(name for name in ('lark', 'numpy', 'numba', 'networkx', 'difflib') if name in sys.modules))"
    )
    from reading import STRATEGIES

    strategy = str(STRATEGIES / "alvh_442_contracts.alvh")
    loaded = subprocess.run([sys.executable, "-c", script, strategy], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == ""
