"""What is asked of which runs: the unit of work of `judge_all`, whether a file's claim or one of the standard table."""

from __future__ import annotations

from typing import Literal as OneOf

from attrs import frozen

from alvh.compiler.ir import Program
from alvh.compiler.read_claims import DayCondition, Region
from alvh.compiler.scenarios import Scenario

Sample = OneOf["all", "2015-2025"]
Measured = OneOf["hedged", "unhedged", "baseline"]


@frozen
class Part:
    """One figure of a question. Without a region it is shown and decides nothing."""

    label: str
    metric: str
    relative: str = ""
    region: Region | None = None
    of: Measured = "hedged"
    """Which run is measured."""
    without_best: bool = False
    """Whether the hedge's best months are left out."""


@frozen(eq=False)
class Setup:
    """The runs that a question looks at."""

    program: Program
    live: bool = False
    """Whether books are sized from their own equity, not from the unhedged run's."""
    baseline: Program | None = None
    """None: the program's own book without hedges."""
    condition: DayCondition | None = None
    scenario: Scenario | None = None


@frozen(eq=False)
class Asked:
    """One question. `others` are the same question of other runs, shown beside the answer: live sizing, no costs."""

    file: str
    name: str
    text: str
    parts: tuple[Part, ...]
    setup: Setup
    others: tuple[tuple[str, Setup], ...] = ()
    sample: Sample = "all"
    problem: str = ""
    """Why nobody can answer it; "" where somebody can."""
    notes: tuple[str, ...] = ()
