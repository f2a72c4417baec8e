"""Each rule's own example makes its finding, its fix does not, and its page says the same as its file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alvh.compiler.driver import check_file
from alvh.compiler.registry import Rule, all_rules
from alvh.compiler.rule_pages import rule_pages
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.syntax_rules import SYNTAX_RULES

RULES = all_rules()
NO_SMALL_EXAMPLE = {"program-too-large"}
"""Rules whose mistake no small program can hold; they have tests of their own."""

CONDOR = """\
let wing = 50 points
book condors {
  expiry 45..60 days
  short_put : sell SPX put at 0.16 delta
  long_put  : buy  SPX put wing below short_put
  close when profit >= 50% of credit
}
"""


def findings_of(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """All findings of a text in a folder with `books/condor.alvh`; a first line `# --set NAME=VALUE` is the command line."""
    (folder / "books").mkdir(exist_ok=True)
    (folder / "books" / "condor.alvh").write_text(CONDOR)
    main = folder / "example.alvh"
    main.write_text(text)

    overrides = dict(re.findall(r"^# --set (\w+)=(.*)$", text, flags=re.MULTILINE))
    return check_file(main, overrides).diagnostics


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_finds_its_example_and_leaves_its_fix_alone(rule: Rule, tmp_path: Path) -> None:
    if rule.name in NO_SMALL_EXAMPLE:
        pytest.skip("no small program holds this mistake")
    found = [finding for finding in findings_of(rule.example, tmp_path) if finding.severity is rule.severity]
    assert [finding.code for finding in found] == [rule.code]
    assert found[0].name == rule.name
    assert [finding.code for finding in findings_of(rule.fix, tmp_path) if not finding.code.startswith("ALV06")] == []


def test_codes_and_names_are_unique_over_all_families() -> None:
    codes = [rule.code for rule in RULES] + list(SYNTAX_RULES)
    names = [rule.name for rule in RULES] + [rule.name for rule in SYNTAX_RULES.values()]
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_stands_in_the_file_of_its_name_and_in_the_range_of_its_family(rule: Rule) -> None:
    folder = Path(__file__).parents[2] / "compiler" / "rules"
    text = (folder / f"{rule.name.replace('-', '_')}.py").read_text()
    assert text.startswith(f'"""{rule.code}: ')
    ranges = {"names": "ALV02", "units": "ALV03", "graph": "ALV04", "time": "ALV05", "risk": "ALV06", "logic": "ALV07"}
    assert rule.code.startswith(ranges[rule.family])


def test_pages_are_those_that_the_rules_make() -> None:
    folder = Path(__file__).parents[2] / "docs" / "rules"
    kept = {path.name: path.read_text() for path in folder.glob("*.md")}
    assert kept == rule_pages(), "run `python -m alvh.compiler.rule_pages docs/rules`"
