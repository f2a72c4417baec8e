"""Programs and markets of all verbs and instruments, drawn from a number: what no pencil would think of putting together."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from small_program import SmallProgram

from alvh.compiler.ir import Expiry, Leg, Size, Strike

BARS = 45
MONTHS = (1.0, 2.0, 3.0, 4.0)


def walk(chance: Random, start: float, volatility: float, holes: float = 0.0) -> list[float]:
    """A lognormal walk; some values are missing."""
    level, values = start, []
    for _ in range(BARS):
        level *= math.exp(chance.gauss(0.0, volatility))
        values.append(math.nan if chance.random() < holes else level)
    return values


def random_series(chance: Random) -> dict[str, Any]:
    holes = chance.choice((0.0, 0.0, 0.02))
    series: dict[str, Any] = {f"vx{rank}": walk(chance, 18.0 + rank, 0.05, holes if rank < 3 else 0.0) for rank in range(1, 10)}
    series |= {"spx": walk(chance, 4000.0, 0.012, holes), "vix": walk(chance, 18.0, 0.08), "vvix": walk(chance, 90.0, 0.04)}
    series |= {"vx30": walk(chance, 19.0, 0.04, holes), "vxx": walk(chance, 25.0, 0.05, holes), "uvxy": walk(chance, 25.0, 0.07)}
    return series | {"rate": walk(chance, 0.03, 0.01)}


class Drawing:
    """One program, part by part."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = Random(seed)
        self.small = SmallProgram(
            bars=BARS,
            capital=chance.choice((50_000.0, 1_000_000.0)),
            listed_costs=chance.random() < 0.6,
            crowded_costs=chance.random() < 0.2,
            whole=chance.random() < 0.7,
            hold_index=chance.random() < 0.2,
            fill=Random(seed + 1_000).choice(("this close", "this close", "next close", "next open")),
        )
        self.level = 0

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def condition(self, share: float = 0.1) -> int:
        """True on some bars, now and then unknown."""
        draw = self.chance
        values = [math.nan if draw.random() < 0.02 else 1.0 if draw.random() < share else 0.0 for _ in range(BARS)]
        return self.small.script(*values)

    def expiry(self, product: str) -> Expiry:
        draw = self.chance
        if product in ("VX", "VXM") or (product == "VIX" and self.often(0.5)):
            return Expiry("month", low=draw.choice(MONTHS))
        if self.often(0.2):
            return Expiry("range", low=draw.choice((10.0, 25.0)), high=draw.choice((28.0, 31.0)))
        return Expiry("days", low=draw.choice((9.0, 20.0, 40.0)))

    def option(self, product: Any, ratio: int, expiry: Expiry | None = None, right: Any = None) -> Leg:
        draw, small = self.chance, self.small
        right = right or draw.choice(("call", "put"))
        value = small.constant(draw.choice((0.15, 0.3, 0.5)))
        strike = Strike("delta", value)
        if self.often(0.4):
            wishes = [draw.choice((0.9, 1.0, 1.1)) for _ in range(BARS)]
            strike = Strike("forward", small.script(*wishes))
        return Leg("", product, right, ratio, strike, expiry or self.expiry(product))

    def legs(self, sold: bool = False) -> tuple[Leg, ...]:
        draw, small = self.chance, self.small
        if sold:
            return (self.option(draw.choice(("VIX", "SPX")), -1, right="call"),)
        kind = draw.randrange(6)
        same = Expiry("same", reference=0)
        if kind == 0:
            return (small.future(draw.choice(MONTHS), draw.choice((1, -1)), draw.choice(("VX", "VXM"))),)
        if kind == 1:
            return (small.shares(draw.choice(("SPX", "VXX", "UVXY"))),)
        if kind == 2:
            width = small.constant(draw.choice((25.0, 50.0)))
            first = self.option("SPX", -1, Expiry("days", low=30.0), "put")
            return first, Leg("", "SPX", "put", 1, Strike("below", width, 0), same), self.option("SPX", 1, same, "call")
        if kind == 3:
            return small.future(1.0, -1), self.option("VIX", 2)
        product = draw.choice(("VIX", "SPX", "VXX", "UVXY"))
        return (self.option(product, 1),)

    def size(self, has_share: bool) -> Size:
        draw, small = self.chance, self.small
        if has_share and self.often(0.5):
            return Size("budget")
        if self.often(0.3):
            return Size("money", small.script(*(draw.choice((5_000.0, 30_000.0)) for _ in range(BARS))))
        if self.often(0.1):
            return Size("max_loss", small.constant(20_000.0))
        return Size("contracts", small.script(*(draw.choice((1.0, 2.5, 4.0)) for _ in range(BARS))))

    def roll(self, later: int | None) -> Any:
        draw, small = self.chance, self.small
        said: dict[str, Any] = {}
        kind = draw.randrange(5)
        if kind == 0 and later is not None:
            said["into"] = later
        elif kind == 1:
            said["side"] = draw.choice(("call", "put"))
        else:
            said["keeping"] = draw.choice(("", "contracts", "premium", "delta"))
            if self.often(0.5):
                said["to"] = Expiry("month", low=draw.choice(MONTHS)) if self.often(0.5) else Expiry("days", low=40.0)
        return small.rule("roll", self.condition(0.15), **said)

    def layer(self, number: int, last: int, has_budget: bool) -> None:
        draw, small = self.chance, self.small
        cover = draw.randrange(number) if number and self.often(0.25) else -1
        legs = self.legs(sold=cover >= 0)
        share = draw.choice((0.0, 0.3)) if has_budget else 0.0
        said: dict[str, Any] = {"share": share, "size": self.size(share > 0.0), "cover": cover}
        if cover >= 0 or self.often(0.7):
            self.level += 1
        said["level"] = self.level
        if self.often(0.6):
            said["at_most"] = draw.choice((1, 2, 3))
            amount = Size("contracts", small.constant(draw.choice((1.0, 2.0))))
            from_gains = draw.randrange(number) if number and self.often(0.5) else -1
            said["adds"] = small.rule("add", self.condition(0.3), amount=None if from_gains >= 0 else amount, from_gains=from_gains)
        if legs[0].product in ("VX", "VXM", "VIX") and len(legs) < 3 and cover < 0 and self.often(0.4):
            said["proxies"] = [(self.condition(0.4), small.shares(draw.choice(("VXX", "UVXY")))) for _ in range(draw.choice((1, 2)))]
        rolls = [self.roll(draw.randrange(number + 1, last + 1) if number < last else None) for _ in range(draw.randrange(3))]
        small.layer(
            *legs,
            opens=self.condition(0.4) if self.often(0.8) else (),
            closes=self.condition(0.06),
            rolls=rolls,
            rebalances=self.condition(0.08) if self.often(0.5) else (),
            **said,
        )

    def program(self) -> SmallProgram:
        draw, small = self.chance, self.small
        layers = draw.randrange(2, 6)
        split = draw.randrange(1, layers + 1)
        for first, end, kind in ((0, split, "book"), (split, layers, "hedge")):
            has_budget = kind == "hedge" and self.often(0.6)
            small.group(
                kind,
                budget=small.budget(draw.choice((20_000.0, 200_000.0)), draw.choice((0.0, 2.0))) if has_budget else None,
                limit_cost=small.constant(30_000.0) if self.often(0.2) else -1,
                unwinds=(small.unwind(self.condition(0.03)),) if self.often(0.3) else (),
                unit=small.constant(1.5) if self.often(0.2) else -1,
            )
            for number in range(first, end):
                self.layer(number, layers - 1, has_budget)
            if has_budget and end - first >= 2:
                small.shift(self.condition(0.1), 0.1, first, first + 1)
            if end > first and self.often(0.3):
                self.keep(first, end)
        return small

    def keep(self, first: int, end: int) -> None:
        """Named layers stand on different levels, those with the lower numbers first."""
        levels: dict[int, int] = {}
        for number in range(first, end):
            levels.setdefault(self.small.layers[number].level, number)
        named = list(levels.values())[: self.chance.choice((1, 2, 3))]
        self.small.keep(self.chance.choice((-0.5, 0.1)), self.chance.choice((0.2, 0.5)), *named)


def random_program(seed: int) -> tuple[SmallProgram, dict[str, Any]]:
    """A program and the series of a market to run it on."""
    small = Drawing(seed).program()
    # Every attribute is read somewhere, so that it is computed on every bar.
    names = ("vega", "theta", "irr", "carry", "earned", "lower_break_even", "upper_break_even", "profit", "delta", "dte")
    for name in names:
        small.node("mark", owner=seed % len(small.layers), name=name)
    for name in ("net_beta", "wacc", "quick_ratio"):
        small.node("account", name=name)
    return small, random_series(Random(seed + 1))
