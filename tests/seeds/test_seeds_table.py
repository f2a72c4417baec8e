"""docs/seeds.md is true: every rule of the seeds is in it, its lines stand where it says, and its tests fail without them."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

import pytest
from attrs import frozen
from seed_runs import STRATEGIES, strategies_in

ROOT = Path(__file__).parents[2]
RULES = {"S0": 28, "S1": 25, "S2": 20, "S3": 21, "S4": 14}
"""How many rules each text has."""
TERMS = 30
ROW = re.compile(r"^\| ([ST]\d[\d.]*) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NO_LINE = "—"
LINE = re.compile(r"(?:same as ([ST]\d[\d.]*): )?`strategies/([\w/]+\.alvh):(\d+)` `([^`]+)`")
TEST = re.compile(r"`tests/seeds/(test_\w+)\.py::(test_\w+)`")


@frozen
class Pin:
    """A line that carries a rule, and the test that fails without it."""

    file: str
    number: int
    text: str
    same_as: str
    module: str
    test: str


@frozen
class Rule:
    number: str
    says: str
    pins: tuple[Pin, ...]
    reason: str
    """Why it has no line; "" where it has one."""


def read_rule(number: str, says: str, lines: str, rest: str) -> Rule:
    if lines == NO_LINE:
        return Rule(number, says, (), rest)
    pins = []
    cells = list(zip(lines.split("<br>"), rest.split("<br>"), strict=True))
    for line, test in cells:
        stands, runs = LINE.fullmatch(line), TEST.fullmatch(test)
        assert stands is not None, f"{number}: {line}"
        assert runs is not None, f"{number}: {test}"
        same_as, file, at, text = stands.groups()
        pins.append(Pin(file, int(at), text, same_as or "", *runs.groups()))
    return Rule(number, says, tuple(pins), "")


TABLE = [read_rule(*cells) for cells in ROW.findall((ROOT / "docs" / "seeds.md").read_text("utf-8"))]
PINS = {(pin.file, pin.number, pin.test): pin for rule in TABLE for pin in rule.pins if not pin.same_as}


def test_every_rule_and_every_term_has_a_row() -> None:
    rules = [f"{seed}.{number}" for seed, count in RULES.items() for number in range(1, count + 1)]
    assert len(rules) == 108
    assert [rule.number for rule in TABLE] == rules + [f"T{number}" for number in range(1, TERMS + 1)]


def test_a_rule_without_a_line_says_why() -> None:
    for rule in TABLE:
        assert rule.pins or len(rule.reason) > 5, rule.number
        assert all(1 <= int(claim) <= 14 for claim in re.findall(r"\bC(\d+)", rule.reason + rule.says)), rule.number
    assert all(rule.pins for rule in TABLE if rule.number.startswith("T")), "a term is what some line means"


@pytest.mark.parametrize("rule", [rule for rule in TABLE if rule.pins], ids=lambda rule: rule.number)
def test_the_lines_of_a_rule_stand_where_the_table_says(rule: Rule) -> None:
    for pin in rule.pins:
        lines = [line.strip() for line in (STRATEGIES / pin.file).read_text("utf-8").splitlines()]
        found = [number for number, line in enumerate(lines, start=1) if line == pin.text]
        assert found, f"{rule.number}: {pin.file} has no line {pin.text!r} any more"
        assert pin.number in found, f"{rule.number}: that line of {pin.file} is now number {found}, not {pin.number}"


def test_a_line_carries_one_rule_unless_the_table_says_same_as() -> None:
    owners: dict[tuple[str, int], str] = {}
    for rule in TABLE:
        for pin in rule.pins:
            owner = owners.setdefault((pin.file, pin.number), rule.number) if not pin.same_as else pin.same_as
            assert owner in (rule.number, pin.same_as), f"{rule.number}: {pin.file}:{pin.number} carries {owner} already"
    for rule in TABLE:
        for pin in rule.pins:
            assert not pin.same_as or owners.get((pin.file, pin.number)) == pin.same_as, f"{rule.number} is not {pin.same_as}"


def test_a_pinned_test_belongs_to_the_rule_it_pins() -> None:
    for rule in TABLE:
        for pin in rule.pins:
            number = (pin.same_as or rule.number).lower().replace(".", "_")
            assert pin.test.startswith(f"test_{number}_"), f"{rule.number}: {pin.test}"


def test_every_pinned_test_is_in_the_table() -> None:
    named = {(pin.module, pin.test) for pin in PINS.values()}
    written = {
        (path.stem, name)
        for path in Path(__file__).parent.glob("test_*.py")
        if path.stem not in (Path(__file__).stem, "test_variants")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert written == named


@pytest.mark.parametrize("pin", PINS.values(), ids=lambda pin: f"{pin.file}-{pin.number}-{pin.test}")
def test_a_pinned_test_fails_without_its_line(pin: Pin, tmp_path: Path) -> None:
    folder = tmp_path / "strategies"
    shutil.copytree(STRATEGIES, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    lines = (folder / pin.file).read_text("utf-8").splitlines()
    assert lines.pop(pin.number - 1).strip() == pin.text
    (folder / pin.file).write_text("\n".join(lines), "utf-8")
    test = getattr(importlib.import_module(pin.module), pin.test)
    # Whatever it raises will do: a file that no longer compiles has lost its rule too.
    with strategies_in(folder), pytest.raises((Exception, pytest.fail.Exception)):
        test()
