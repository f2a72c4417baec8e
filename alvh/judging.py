"""`alvh.claims`: what the claims of strategy files come to on a market."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from alvh.docket import Docket
from alvh.interface import Market
from alvh.mistakes import RequestError
from alvh.runtime.claims.judge import Sources, judge_all
from alvh.runtime.claims.report import Claims
from alvh.strategy import PathLike, Settings, load_all

MOST_PHASES = 21
PATHS = 500
"""Of a generated market, unless another number is asked for."""


def claims(
    files: Sequence[PathLike],
    market: Market | PathLike,
    *,
    paths: int = PATHS,
    phases: int = 1,
    standard: bool = False,
    settings: Settings | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Claims:
    """The judgement of every claim of `files` on a market (or its name); with `standard`, of the standard table for each file too.

    `paths`: of a generated market. `phases`: roll phases, spread over a month. StrategyError, MarketError, RequestError."""
    if not files:
        raise RequestError("nothing to judge: name at least one strategy")
    if not 1 <= phases <= MOST_PHASES:
        raise RequestError(f"there are 1 to {MOST_PHASES} roll phases, not {phases}")
    if paths < 1:
        raise RequestError("a generated market needs one path at least")
    opened = market if isinstance(market, Market) else Market(market)
    names = list(dict.fromkeys(os.fspath(path) for path in files))
    load_all(names, settings=settings)  # a setting that no file knows is an error
    docket = Docket({name: str(value) for name, value in (settings or {}).items()})
    is_generated = opened.seed is not None
    own = [question for path in names for question in docket.claims_of(path)]
    table = docket.standard(names, is_generated) if standard else []
    sources = Sources(lambda: docket.blocks(opened, paths), is_generated, opened.seed or 0)
    judged = judge_all([*own, *table], sources, phases, report)
    return Claims(
        market=opened.name,
        paths=paths if is_generated else 1,
        phases=phases,
        seed=opened.seed,
        judgements=judged[: len(own)],
        standard=judged[len(own) :],
        is_standard=standard,
    )
