"""The other readings that ship: what every file says of itself, and the vendor's other tenors, which no numbered rule gives."""

from __future__ import annotations

import re

import pytest
from seed_runs import STRATEGIES, Story, legs_of, run_seed, steps

READINGS = sorted(path.stem for path in STRATEGIES.glob("alvh_*.alvh") if re.match(r"# Source:", path.read_text("utf-8")))
BASES = {"alvh_442_notional", "alvh_442_contracts", "alvh_40_40_20", "alvh_timed_layers", "alvh_anchor_ratio_press"}
FEAR = {"expansion": "vix crosses above 25", "macro": "vix > 0", "curve_up": "vix crosses above 28"}


@pytest.mark.parametrize("name", [name for name in READINGS if name not in BASES])
def test_another_reading_says_where_it_comes_from_and_what_differs_and_is_short(name: str) -> None:
    text = (STRATEGIES / f"{name}.alvh").read_text("utf-8")
    assert re.search(r'^  about ".{30,}\."$', text, re.MULTILINE)
    assert re.search(r'^use "alvh_\w+\.alvh"$', text, re.MULTILINE)
    said = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(said) <= 30


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_trades_its_hedge_in_a_small_storm(name: str) -> None:
    story = storm(name)
    hedges = [layer.name for layer in story.program.layers if story.program.groups[layer.group].kind == "hedge"]
    assert any(story.of(layer, "open") for layer in hedges)


def storm(name: str) -> Story:
    """Sixty quiet sessions, then VIX at 26, 29 and 34 while SPX falls; inputs of one's own are missing."""
    vix, spx = steps((62, 20.0), (1, 26.0), (1, 29.0), (9, 34.0)), steps((62, 4000.0), (1, 3960.0), (9, 3900.0))
    return run_seed(name, 72, first=40, vix=vix, spx=spx)


def test_the_vendors_longer_tenors_of_4_4_2() -> None:
    name = "alvh_442_notional_long"
    assert [leg for layer in ("near", "medium", "tail") for leg in legs_of(name, f"alvh.{layer}")] == [
        "+1 VIX call 0.4 delta, 30..45 days",
        "+1 VIX call 0.5 delta, 60..90 days",
        "-1 VIX call 0.2 delta, same",
        "+1 VIX call 0.15 delta, 120..200 days",
    ]
    story = run_seed(name, 68, first=40, settings=FEAR, vix=[*steps((62, 20.0)), 26.0, 29.0, 36.0])
    days = [story.of(f"alvh.{layer}", "open")[0].days[0] for layer in ("near", "medium", "tail")]
    assert days[0] <= 45 < 60 <= days[1] <= 90 < 120 <= days[2]


def test_the_vendors_shorter_tenors_of_40_40_20() -> None:
    # Futures at 20 in a market that is afraid: 15 % above them is 23, 25 % is 25.
    story = run_seed("alvh_40_40_20_short", 46, first=40, vix=20.0)
    fast, tail = story.of("alvh.fast", "open")[0], story.of("alvh.tail", "open")[0]
    assert (fast.strikes, tail.strikes) == ((23.0,), (25.0,))
    assert 4 <= fast.days[0] <= 7
    assert 60 <= tail.days[0] <= 120
