"""A claim of a run against itself: whatever the book, whatever is claimed, nothing is won, nothing lost and nothing decided
(quant.md section 6, invariant 40)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from programs import GroupText, ProgramText, Wish, compiled, programs
from sample_markets import WHOLE, market_names, sample_market

from alvh.compiler.ir import Program
from alvh.compiler.read_claims import Region
from alvh.compiler.vocabulary import METRICS
from alvh.runtime.claims.catalogue import OF_HEDGE, OF_MARKET
from alvh.runtime.claims.judge import Sources, judge_all
from alvh.runtime.claims.questions import Asked, Part, Setup
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret

OWN = tuple(sorted(name for name in METRICS if name not in OF_MARKET and name not in ("reduction", "ratio")))
LITTLE = {"premium_bought", "hedge_cost", "growth_given_up", "growth_gained", "annual_cost", "monthly_drag"}
"""Metrics of a hedge that are an amount, 0 of none."""


@pytest.fixture(scope="module")
def interpreted() -> Iterator[None]:
    """Claims are judged over runs of the plain interpreter: what is said of them does not depend on the engine."""

    def simulate(
        program: Program, arrays: MarketArrays, phase: int = 0, lanes: int = 1, *, record_sensitivities: bool = False
    ) -> list[RunRecord]:
        paths = range(arrays.values.shape[2])
        return [interpret(program, arrays, path, phase, record_sensitivities=record_sensitivities) for path in paths]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alvh.runtime.claims.trials.simulate", simulate)
        yield


def sources_of(market: str, is_generated: bool) -> Sources:
    def blocks() -> Iterator[MarketArrays]:
        yield sample_market(market)

    return Sources(blocks, is_generated=is_generated, seed=1)


def asked(metric: str, relative: str, setup: Setup, region: Region) -> Asked:
    return Asked("written.alvh", "own", "text", (Part("", metric, relative, region),), setup)


def regions() -> st.SearchStrategy[Region]:
    bound = st.floats(-2.0, 2.0)
    return st.builds(lambda low, high: Region(min(low, high), max(low, high)), bound, bound) | st.builds(Region, low=bound)


@examples(25)
@given(
    programs(Wish(hold=False)), market_names(WHOLE), st.sampled_from(OWN), st.sampled_from(("reduction", "ratio")), regions(), st.booleans()
)
def test_a_program_against_itself_decides_nothing(
    interpreted: None, written: ProgramText, market: str, metric: str, relative: str, region: Region, is_generated: bool
) -> None:
    """As baseline of itself every reduction is exactly 0 and every ratio exactly 1, with bounds that say the same, whatever is claimed."""
    program = compiled(written.text)
    question = asked(metric, relative, Setup(program, live=True, baseline=program), region)
    (found,) = judge_all([question], sources_of(market, is_generated))
    (part,) = found.parts
    if part.value is None:
        assert found.verdict == "not evaluable"
        return
    assert part.value == (0.0 if relative == "reduction" else 1.0)
    assert part.interval is None or part.interval.low == part.value == part.interval.high
    assert (found.verdict, found.reason) == ("undetermined", "nothing is hedged: both sides are the same run")


@examples(25)
@given(programs(Wish(hold=False, apart=True)), market_names(WHOLE), st.sampled_from(sorted(OF_HEDGE & METRICS.keys())), regions())
def test_a_book_without_a_hedge_has_no_figures_of_one(
    interpreted: None, written: ProgramText, market: str, metric: str, region: Region
) -> None:
    books: tuple[GroupText, ...] = tuple(group for group in written.groups if group.head.startswith("book"))
    program = compiled(evolve(written, groups=books).text)
    (found,) = judge_all([asked(metric, "", Setup(program, live=True), region)], sources_of(market, False))
    (part,) = found.parts
    assert found.verdict in ("undetermined", "not evaluable")
    if part.value is not None and metric in LITTLE:
        assert part.value == 0.0
