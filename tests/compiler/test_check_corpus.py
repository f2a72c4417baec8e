"""Bad programs and what is said about each, word for word: `tests/check/bad/NAME.alvh` with `NAME.txt` beside it.

`ALVH_UPDATE=1 pytest tests/compiler/test_check_corpus.py` writes the texts anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from alvh.compiler.driver import check_file
from alvh.compiler.registry import all_rules
from alvh.grammar.render import render_text

BAD = Path(__file__).parents[1] / "check" / "bad"
PROGRAMS = sorted(BAD.glob("*.alvh"))
HOLDS = {"undefined_several_at_once": 3, "undefined_without_cascade": 2, "unused_names": 4, "two_cycles": 2, "wait_for_each_other": 2}
"""Programs with more than one mistake."""


def say(program: Path) -> str:
    """What `alvh check` prints in the program's folder; a line `# --set NAME=VALUE` in it is the command line."""
    overrides = dict(re.findall(r"^# --set (\w+)=(.*)$", program.read_text(), flags=re.MULTILINE))
    return render_text(check_file(program.name, overrides).diagnostics)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_bad_program_is_told_what_is_wrong_word_for_word(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    said = say(program)
    pinned = program.with_suffix(".txt")
    if os.environ.get("ALVH_UPDATE"):
        pinned.write_text(said)
    assert said == pinned.read_text()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_no_finding_follows_from_another(program: Path) -> None:
    """One mistake draws one finding."""
    findings = re.findall(r"^(?:error|warning)\[", program.with_suffix(".txt").read_text(), flags=re.MULTILINE)
    assert len(findings) == HOLDS.get(program.stem, 1)


def test_every_rule_has_a_bad_program() -> None:
    said = "".join(path.read_text() for path in BAD.glob("*.txt"))
    assert {rule.name for rule in all_rules() if rule.code not in said} == {"program-too-large"}  # has tests of its own


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_message_is_sentences_and_says_what_to_do(program: Path) -> None:
    for line in program.with_suffix(".txt").read_text().splitlines():
        if found := re.match(r"(?:error|warning)\[\w+\] [\w-]+: (.*)|\s+= hint: (.*)", line):
            said = found[1] or found[2]
            assert said.endswith((".", "?")), said
            assert not said[0].islower(), said
