"""Bad programs and what is said about each, word for word: `tests/check/bad/NAME.alvh` with `NAME.txt` beside it.

`ALVH_PIN=1 pytest tests/compiler/test_check_corpus.py` writes the texts anew; read the difference before it is kept.
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


def say(program: Path) -> str:
    """What `alvh check` prints in the program's folder; a line `# --set NAME=VALUE` in it is the command line."""
    overrides = dict(re.findall(r"^# --set (\w+)=(.*)$", program.read_text(), flags=re.MULTILINE))
    return render_text(check_file(program.name, overrides).diagnostics)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_bad_program_is_told_what_is_wrong_word_for_word(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    said = say(program)
    pinned = program.with_suffix(".txt")
    if os.environ.get("ALVH_PIN"):
        pinned.write_text(said)
        pytest.skip("written, not compared")
    assert said
    assert said == pinned.read_text()


def test_every_rule_on_names_and_units_has_a_bad_program() -> None:
    said = "".join(path.read_text() for path in BAD.glob("*.txt"))
    missing = {rule.name for rule in all_rules() if rule.family in ("names", "units") and rule.code not in said}
    assert missing == {"program-too-large"}
    assert len(PROGRAMS) >= 60


def test_no_finding_follows_from_another() -> None:
    """Each of these programs holds one mistake, and so draws one finding, except those that say how many they hold."""
    holds = {"undefined_several_at_once": 3, "undefined_without_cascade": 2, "unused_names": 4}
    for program in PROGRAMS:
        count = len(re.findall(r"^(?:error|warning)\[", program.with_suffix(".txt").read_text(), flags=re.MULTILINE))
        assert (program.stem, count) == (program.stem, holds.get(program.stem, 1))
