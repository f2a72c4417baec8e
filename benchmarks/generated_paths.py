"""Speed of the generated market by lanes and by what is wanted of it: `python -m benchmarks.generated_paths`, nanoseconds a path-day.

A block of ten years is filled again and again by one thread; the fastest of a few rounds counts, in processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from alvh.runtime.markets.generated import GeneratedMarket

JOINT = ("spx", "vix", "vvix", "vix3m")
SURFACE = ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale")
CURVE = tuple(f"vx{rank}" for rank in range(1, 10))
WANTED: dict[str, tuple[str, ...] | None] = {
    "SPX, VIX, VVIX, VIX3M": JOINT,
    "and the surface": JOINT + SURFACE,
    "and futures (all of quant.md 3.4)": JOINT + SURFACE + CURVE,
    "and settlement prints": (*JOINT, *SURFACE, *CURVE, "spx_am", "vix_settlement"),
    "every series": None,
}
WIDTHS = (1, 8, 16)
ROUNDS = 9


def fastest(work: Callable[[int], None]) -> float:
    """Seconds of processor time of the fastest round; the first one, which compiles, does not count."""
    taken = []
    for turn in range(ROUNDS + 1):
        start = time.process_time()
        work(turn)
        taken.append(time.process_time() - start)
    return min(taken[1:])


def measure(lanes: int, wanted: tuple[str, ...] | None) -> float:
    """Nanoseconds a path-day."""
    filler = GeneratedMarket(442).filler(None, None, ("ad_line",), wanted=wanted, every_print=wanted is None, lanes=lanes)
    block, state = filler.new_block(), filler.new_state()
    return 1e9 * fastest(lambda turn: filler.fill(block, state, 442, turn * lanes)) / (filler.bars * lanes)


if __name__ == "__main__":
    print(f"{'wanted':36}" + "".join(f"{lanes:4} lanes" for lanes in WIDTHS))
    for name, wanted in WANTED.items():
        print(f"{name:36}" + "".join(f"{measure(lanes, wanted):10.1f}" for lanes in WIDTHS), flush=True)
