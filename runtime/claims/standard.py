"""The standard table: C1 to C14 as questions, the same for every strategy (docs/design/claims.md gives each definition)."""

from __future__ import annotations

from attrs import frozen

from alvh.compiler.driver import compile_file
from alvh.compiler.ir import Program
from alvh.compiler.read_claims import DayCondition, Region, read_condition
from alvh.compiler.twins import hedge_layers
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.claims.questions import Asked, Part, Sample, Setup

MARKET = "market"
"""Stands for a file where a claim is about the market alone."""
WRITING_LAYER = "press"

TRIGGERS = (
    ("RSI of VIX above 50", "rsi(vix, 14) crosses above 50"),
    ("MACD of VIX", "macd(vix).line crosses above macd(vix).signal"),
    ("MACD of VIX/VIX3M", "macd(vix / vix3m).line crosses above macd(vix / vix3m).signal"),
    ("MACD of VX1/VX2", "macd(vx(1) / vx(2)).line crosses above macd(vx(1) / vx(2)).signal"),
    ("MACD of VVIX", "macd(vvix).line crosses above macd(vvix).signal"),
)


@frozen(eq=False)
class Entrant:
    """A strategy for the table."""

    file: str
    program: Program
    free: Program
    """Without costs."""
    frictions: Program
    """With every friction."""
    friction_words: str
    rival: Program | None = None
    """The hedged strategy that its own claims are measured against."""
    pressed: Program | None = None
    """Itself without the layer that writes against another; None where it has none."""


def strategy_questions(entrant: Entrant, is_generated: bool) -> list[Asked]:
    """C1 to C10, C13 and C14 for one strategy, on the samples that the market can hold."""
    program = entrant.program
    if not hedge_layers(program):
        return []
    own = Setup(program)
    others = (("live", Setup(program, live=True)), ("no costs", Setup(entrant.free)))
    samples: tuple[tuple[str, Sample], ...] = (("G", "all"),) if is_generated else (("R", "all"), ("R18", "2015-2025"))
    whole = samples[:1]
    asked: list[Asked] = []

    def ask(
        name: str,
        text: str,
        on: tuple[tuple[str, Sample], ...],
        *parts: Part,
        setup: Setup = own,
        beside: tuple[tuple[str, Setup], ...] = others,
        problem: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        for label, sample in on:
            asked.append(Asked(entrant.file, f"{name} {label}".rstrip(), text, parts, setup, beside, sample, problem, notes))

    drawdown = Part("drawdown cut", "max_drawdown", "reduction", Region(low=0.35))
    fallen = Part("unhedged drawdown", "max_drawdown", of="unhedged")
    ask("C1", "drawdown cut by 35 % or more", samples, drawdown, Part("cut per cycle", "cycle_reduction"), fallen)
    friction = Setup(entrant.frictions)
    live_frictions = (("live", Setup(entrant.frictions, live=True)),)
    cut_with_frictions = Part("drawdown cut", "max_drawdown", "reduction", Region(low=0.25))
    ask("C2", "with frictions, still 25 % or more", samples, cut_with_frictions, setup=friction, beside=live_frictions,
        notes=(entrant.friction_words,))  # fmt: skip
    ask(
        "C3",
        "costs 1 to 2 % a year",
        whole,
        Part("growth given up", "growth_given_up", region=Region(high=0.02)),
        Part("calm bleed", "annual_cost", region=Region(0.01, 0.02)),
        Part("premium bought", "premium_bought"),
    )
    if entrant.pressed is None:
        ask("C4", "calendar writes bring 4 to 5 % down to 1 to 2 %", (("", "all"),), problem="it has no layer that writes against another")
    else:
        ask(
            "C4",
            "calendar writes bring 4 to 5 % down to 1 to 2 %",
            whole,
            Part("bleed with writes", "annual_cost", region=Region(0.01, 0.02)),
            Part("bleed without", "annual_cost", region=Region(0.04, 0.05), of="baseline"),
            Part("reduction kept", "reduction_kept", region=Region(low=0.8)),
            setup=Setup(program, baseline=entrant.pressed),
            beside=(),
        )
    ask(
        "C5",
        "drag from 0.8 % a month to under 0.25 %",
        whole,
        Part("naive futures", "naive_drag", region=Region(0.006, 0.010)),
        Part("this hedge", "monthly_drag", region=Region(high=0.0025, high_open=True)),
        Part("over equity", "monthly_drag_of_equity"),
    )
    captured = Region(low=0.70)
    ask("C6", "70 % of gap payoffs captured", whole, Part("captured", "payoff_capture", region=captured))
    if not is_generated:
        ask("C6", "70 % of gap payoffs captured", (("E", "all"),), Part("captured", "payoff_capture_in_crises", region=captured))
    ask(
        "C7",
        "an event costs 8 to 12 %, not 15 to 20 %",
        whole,
        Part("unhedged", "event_loss", region=Region(0.15, 0.20), of="unhedged"),
        Part("hedged", "event_loss", region=Region(0.08, 0.12)),
        Part("margin over equity", "book_risk", of="unhedged"),
    )
    ask("C8", "35 % cut in 60 % of volatility cycles", whole, Part("cycles", "cycles_cut", region=Region(low=0.60)))
    if entrant.rival is None:
        ask("C9", "layered beats a single call", (("", "all"),), problem="none of its claims names a hedged rival of equal budget")
    else:
        ask(
            "C9",
            "layered beats a single call",
            whole,
            Part("drawdown cut", "max_drawdown", "reduction", Region(low=0.0, low_open=True)),
            Part("growth gained", "growth_gained", region=Region(low=0.0, low_open=True)),
            Part("CVaR cut", "cvar_95", "reduction"),
            Part("Calmar ratio", "calmar", "ratio"),
            setup=Setup(program, baseline=entrant.rival),
            beside=(("live", Setup(program, live=True, baseline=entrant.rival)),),
        )
    ask(
        "C10",
        "the hedge earns more than it costs",
        whole,
        Part("growth gained", "growth_gained", region=Region(low=0.0, low_open=True)),
        Part("less 3 months", "growth_gained", region=Region(low=0.0, low_open=True), without_best=True),
        Part("unhedged growth", "cagr", of="unhedged"),
    )
    if not is_generated:
        ask("C13", "book beta in 8 to 12 %", whole, Part("share of days", "book_beta", region=Region(low=0.9)), beside=())
        ask(
            "C14",
            "the first layer's gains pay for the second",
            (("E", "all"),),
            Part("gains over cost", "gain_offset", region=Region(low=1.0)),
        )
    return asked


def market_questions(program: Program, is_generated: bool) -> list[Asked]:
    """C11 and C12: `program` only lends its runs' days."""
    label = "G" if is_generated else "R"
    setup = Setup(program)
    calm = (
        Part("|d ln VIX| < 7 %", "range_bound_change", region=Region(0.75, 0.85)),
        Part("within 15 % of mean", "range_bound_level", region=Region(0.75, 0.85)),
    )
    asked = [Asked(MARKET, f"C11 {label}", "80 % of days are range-bound", calm, setup)]
    if is_generated:
        return asked
    for name, text in TRIGGERS:
        part = Part("lift", "trigger_lift", region=Region(low=1.0, low_open=True))
        asked.append(Asked(MARKET, f"C12 {label} {name}", "the trigger confirms", (part,), Setup(program, condition=condition_of(text))))
    return asked


def condition_of(text: str) -> DayCondition:
    """The streams of a condition written in the language."""
    compiled = compile_file("standard claims", text=f"trigger told = {text}\nbook none {{ hold SPX }}\n")
    if compiled.has_error or compiled.module is None or compiled.meaning is None:
        raise InternalError(f"a standard trigger does not compile: {text}")
    condition = read_condition(compiled.module.triggers[0].condition, compiled.meaning)
    if isinstance(condition, str):
        raise InternalError(f"a standard trigger reads no market: {text}")
    return condition
