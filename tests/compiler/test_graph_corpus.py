"""Programs with mistakes of graph, time and risk, and what is said about each, word for word: `bad_graph/NAME.alvh` with `NAME.txt`.

`ALVH_PIN=1 pytest tests/compiler/test_graph_corpus.py` writes the texts anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from alvh.compiler.driver import check_file
from alvh.compiler.registry import all_rules
from alvh.grammar.render import render_text

BAD = Path(__file__).parent / "bad_graph"
PROGRAMS = sorted(BAD.glob("*.alvh"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_bad_program_is_told_what_is_wrong_word_for_word(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    said = render_text(check_file(program.name).diagnostics)
    pinned = program.with_suffix(".txt")
    if os.environ.get("ALVH_PIN"):
        pinned.write_text(said)
        pytest.skip("written, not compared")
    assert said == pinned.read_text()


def test_every_rule_on_graph_time_and_risk_has_a_bad_program() -> None:
    said = "".join(path.read_text() for path in BAD.glob("*.txt"))
    rules = {rule.code for rule in all_rules() if rule.family in ("graph", "time", "risk")}
    assert len(rules) >= 14
    assert {code for code in rules if code not in said} == set()


def test_no_finding_follows_from_another() -> None:
    """Each program holds one mistake, and so draws one finding, except those that say otherwise."""
    holds = {"two_cycles": 2, "wait_for_each_other": 2}
    for program in PROGRAMS:
        count = len(re.findall(r"^(?:error|warning)\[", program.with_suffix(".txt").read_text(), flags=re.MULTILINE))
        assert (program.stem, count) == (program.stem, holds.get(program.stem, 1))
