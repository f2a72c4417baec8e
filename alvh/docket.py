"""What claims are about: strategies with each choice of settings, the files that they name, and all that these read of a market."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from alvh.compiler.ir import Program
from alvh.compiler.merge_files import find_beside
from alvh.compiler.read_claims import Question, read_claims
from alvh.compiler.twins import hedge_layers, rolls_into, without_layers
from alvh.grammar.diagnostics import Diagnostic, InternalError
from alvh.runtime.claims.questions import Asked, Part, Setup
from alvh.runtime.claims.standard import WRITING_LAYER, Entrant, market_questions, strategy_questions
from alvh.runtime.market import Market, MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.strategy import SETTING_NAMES, Strategy, StrategyError, load

BLOCK = 48
"""Generated paths that are in memory at once."""
Chosen: TypeAlias = tuple[tuple[str, str], ...]
FREE: Chosen = (("costs", "none"),)


class Docket:
    """Loads each file once with each choice of settings."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """`settings`: of the call; a file takes those that it knows."""
        self._settings = settings
        self._strategies: dict[tuple[str, Chosen], Strategy] = {}
        self._conditions_read: set[str] = set()

    def strategy(self, path: str, chosen: Chosen = ()) -> Strategy:
        """The strategy of a file. `chosen` wins over the settings of the call. StrategyError, also for one that trades nothing."""
        key = os.path.realpath(path), chosen
        if key not in self._strategies:
            plain = load(path)
            if not (plain.program.layers or plain.program.hold_index):
                raise StrategyError(plain.warnings)
            known = SETTING_NAMES | plain.names
            words = {name: value for name, value in self._settings.items() if name in known} | dict(chosen)
            self._strategies[key] = load(path, settings=words) if words else plain
        return self._strategies[key]

    # ---- claims of files -----------------------------------------------------------------------------

    def claims_of(self, path: str) -> list[Asked]:
        """The claims of a file, ready to be judged. StrategyError where a file that it names cannot be used."""
        strategy = self.strategy(path)
        return [self._asked(strategy, question) for question in _questions(strategy)]

    def _asked(self, strategy: Strategy, question: Question) -> Asked:
        rival = None if question.against is None else self._beside(strategy, question)
        file = os.path.basename(strategy.path)
        if question.on_days is not None:
            self._conditions_read |= {node.name for node in question.on_days.nodes if node.operation == "series"}

        def setup(chosen: Chosen, live: bool) -> Setup:
            program = self.strategy(strategy.path, chosen).program
            silent = _named(program, question.without)
            baseline = None if rival is None else self.strategy(rival, chosen).program
            return Setup(without_layers(program, silent), live, baseline, question.on_days, question.scenario)

        own = setup(question.settings, question.live)
        rolling = rolls_into(strategy.program, _named(strategy.program, question.without))
        problem = question.unanswerable or (
            f"without {', '.join(question.without)}, {rolling[0]} has nothing to roll into" if rolling else ""
        )
        other_sizing = ("paired", setup(question.settings, False)) if question.live else ("live", setup(question.settings, True))
        is_free = ("costs", "none") in question.settings
        listed: Chosen = (("costs", "listed"),)
        other_costs = ("with costs", setup(listed, question.live)) if is_free else ("no costs", setup(FREE, question.live))
        return Asked(file, question.name, question.text, _parts(question), own, (other_sizing, other_costs), problem=problem)

    def _beside(self, strategy: Strategy, question: Question) -> str:
        """The path of the file after `vs`, which holds a strategy."""
        found = find_beside(strategy.path, question.against or "", question.span)
        if isinstance(found, Diagnostic):
            raise StrategyError((found,))
        self.strategy(found)
        return found

    # ---- the standard table --------------------------------------------------------------------------

    def standard(self, files: Sequence[str], is_generated: bool) -> list[Asked]:
        """C1 to C14 for each hedged file, and those about the market alone."""
        asked: list[Asked] = []
        for path in files:
            strategy = self.strategy(path)
            asked += strategy_questions(self._entrant(strategy), is_generated)
        return asked + market_questions(self.strategy(files[0]).program, is_generated)

    def _entrant(self, strategy: Strategy) -> Entrant:
        program = strategy.program
        chosen, words = frictions()
        writers = [index for index, layer in enumerate(program.layers) if layer.name.rpartition(".")[2] == WRITING_LAYER]
        return Entrant(
            file=os.path.basename(strategy.path),
            program=program,
            free=self.strategy(strategy.path, FREE).program,
            frictions=self.strategy(strategy.path, chosen).program,
            friction_words=words,
            rival=self._rival(strategy),
            pressed=without_layers(program, writers) if writers else None,
        )

    def _rival(self, strategy: Strategy) -> Program | None:
        """The hedged strategy that a claim of the file is measured against."""
        for question in _questions(strategy):
            if question.against is not None:
                program = self.strategy(self._beside(strategy, question)).program
                if hedge_layers(program):
                    return program
        return None

    # ---- the market ----------------------------------------------------------------------------------

    def blocks(self, market: Market, paths: int) -> Iterator[MarketArrays]:
        """What all strategies read of the market: of a generated one, BLOCK paths at a time."""
        strategies = list(self._strategies.values())
        inputs = {name for strategy in strategies for name in strategy.program.inputs}
        declared = {entry.name.name for strategy in strategies for entry in strategy.declared_inputs}
        inputs |= self._conditions_read & declared
        calendars = {name for strategy in strategies for name in strategy.program.calendars}
        lags = {name: lag for strategy in strategies for name, lag in strategy.lags.items()}
        read = (tuple(sorted(inputs)), tuple(sorted(calendars)))
        seed = getattr(market, "seed", None)
        if seed is None:
            yield market.arrays(None, None, *read, lags=lags)
            return
        for first in range(0, paths, BLOCK):
            part = GeneratedMarket(seed, spx_settlement=getattr(market, "spx_settlement", "open"), first_path=first)
            yield part.arrays(None, None, *read, paths=min(BLOCK, paths - first), lags=lags)


def frictions() -> tuple[Chosen, str]:
    """The settings that cost most, and in words which of the frictions of C2 they are."""
    chosen: Chosen = (("costs", "crowded"), ("fill", "next close"))
    return chosen, "frictions: half spreads, slippage in a crowd, fees, settlement noise, fills a day later"


def _questions(strategy: Strategy) -> tuple[Question, ...]:
    meaning = strategy.compiled.meaning
    if meaning is None:
        raise InternalError(f"{strategy.path} was loaded without its meaning")
    return read_claims(meaning)


def _named(program: Program, paths: Iterable[str]) -> list[int]:
    named = set(paths)
    return [index for index, layer in enumerate(program.layers) if layer.name in named]


def _parts(question: Question) -> tuple[Part, ...]:
    """What decides a claim; a yearly cost is three figures, never one."""
    if question.metric != "annual_cost" or question.relative:
        return (Part(question.metric, question.metric, question.relative, question.region),)
    ceiling = question.region.high
    given_up = None if ceiling == float("inf") else type(question.region)(high=ceiling, high_open=question.region.high_open)
    return (
        Part("calm bleed", "annual_cost", region=question.region),
        Part("growth given up", "growth_given_up", region=given_up),
        Part("premium bought", "premium_bought"),
    )
