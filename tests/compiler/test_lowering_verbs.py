"""Futures, shares, written options, proxies, and the verbs beside open, close, roll and rebalance, as the program holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lowered import compile_text, lower, spell

from alvh.compiler.driver import compile_file
from alvh.compiler.ir import Expiry, Layer, Leg, Program, rules_of
from alvh.compiler.print_ir import print_ir

STRATEGIES = Path(__file__).parents[2] / "strategies"


def layer_of(program: Program, name: str) -> Layer:
    return next(layer for layer in program.layers if layer.name == name)


def index_of(program: Program, name: str) -> int:
    return next(index for index, layer in enumerate(program.layers) if layer.name == name)


@pytest.mark.parametrize("path", sorted(STRATEGIES.glob("*.alvh")), ids=lambda path: path.stem)
def test_every_target_program_checks_and_lowers(path: Path) -> None:
    compiled = compile_file(path)
    assert compiled.diagnostics == ()
    assert compiled.program is not None
    assert print_ir(compiled.program)


def test_legs_of_futures_and_shares() -> None:
    (layer,) = lower("hedge h { layer a { buy 2 VX futures, month 1  sell 4 VXM futures, 60 days  buy 2 VXX shares } }").layers
    assert layer.legs == (
        Leg("leg 1", "VX", "future", 1, None, Expiry("month", 1.0, 1.0, True)),
        Leg("leg 2", "VXM", "future", -2, None, Expiry("days", 60.0, 60.0)),
        Leg("leg 3", "VXX", "shares", 1, None, None),
    )
    assert layer.own_legs == layer.legs
    assert [leg.weight for leg in layer.legs] == [10.0, -2.0, 0.01]


def test_a_proxy_is_a_share_leg_after_the_layers_own() -> None:
    text = 'hedge h { layer a { buy 2 VIX calls at 0.30 delta, 30 days  proxy UVXY shares when vix > 30 as "thin" } }'
    program = lower(text)
    (layer,) = program.layers
    assert layer.primary == 1
    assert layer.legs[1] == Leg("proxy", "UVXY", "shares", 1, None, None)
    assert [leg.product for leg in layer.own_legs] == ["VIX"]
    (proxy,) = layer.proxies
    assert (proxy.verb, proxy.reason, spell(program, proxy.condition)) == ("proxy", "thin", "gt(vix, 30)")


def test_rolls_say_where_to_and_what_they_keep() -> None:
    text = """\
hedge h { layer a {
  buy VIX calls at 0.30 delta, 60 days
  sell VIX calls at 0.10 delta, same expiry
  roll to 90 days monthly keeping premium when dte <= 20 days
  roll calls when vix crosses above 40
  roll keeping delta every month
} }
"""
    first, second, third = lower(text).layers[0].rolls
    assert (first.to, first.keeping, first.side, first.into) == (Expiry("days", 90.0, 90.0, True), "premium", "", -1)
    assert (second.to, second.keeping, second.side) == (None, "", "call")
    assert (third.to, third.keeping, third.side) == (None, "delta", "")


def test_adds_are_contracts_money_or_another_layers_gains() -> None:
    text = """\
hedge h {
  layer far {
    buy VIX calls at 0.30 delta, 60 days
    at most 4 lots
    add 2 contracts when vix crosses above 30
    add 1% of equity on vix_expiry
    add from near.gains when near closes
  }
  layer near { buy VIX calls at 0.40 delta, 14 days }
}
"""
    program = lower(text)
    contracts, money, gains = layer_of(program, "h.far").adds
    assert contracts.amount is not None
    assert money.amount is not None
    assert (contracts.amount.manner, spell(program, contracts.amount.value)) == ("contracts", "2")
    assert (money.amount.manner, spell(program, money.amount.value)) == ("money", "mul(0.01, equity)")
    assert (gains.amount, gains.from_gains) == (None, index_of(program, "h.near"))
    assert spell(program, gains.condition) == "decided h.near.closes"
    assert layer_of(program, "h.near").level < layer_of(program, "h.far").level


def test_what_is_written_decides_after_its_cover() -> None:
    text = "hedge h { layer a { write VIX calls at 0.25 delta, 30 days against z } layer z { buy VIX calls at 0.15 delta, 90 days } }"
    program = lower(text)
    assert [layer.name for layer in program.layers] == ["h.z", "h.a"]
    assert (program.layers[0].cover, program.layers[1].cover) == (-1, 0)
    assert program.layers[1].legs[0].ratio == -1


def test_keep_puts_its_layers_in_turn() -> None:
    text = """\
hedge h {
  keep net_beta in 0.08 .. 0.12 using z, a
  layer a { buy VIX calls at 0.25 delta, 30 days }
  layer z { buy VIX calls at 0.15 delta, 90 days }
}
"""
    program = lower(text)
    (keep,) = program.groups[0].keeps
    assert [program.layers[layer].name for layer in keep.layers] == ["h.z", "h.a"]
    assert [program.layers[layer].level for layer in keep.layers] == [0, 1]
    assert (spell(program, keep.low), spell(program, keep.high)) == ("0.08", "0.12")
    assert (keep.rule.verb, keep.rule.condition, keep.rule.reason) == ("keep", -1, "net_beta in 0.08 .. 0.12 using z, a")
    assert [spell(program, node) for node in keep.rule.reads] == ["net_beta"]


def test_shift_moves_points_of_share() -> None:
    text = """\
hedge h {
  budget 1% of equity per year, paid monthly
  shift 10% from a to b when vix crosses above 30 as "fear"
  layer a { share 100%  buy VIX calls at 0.25 delta, 30 days }
  layer b { share 0%  buy VIX calls at 0.15 delta, 90 days }
}
"""
    program = lower(text)
    (shift,) = program.groups[0].shifts
    assert (shift.amount, shift.source, shift.target, shift.rule.reason) == (0.1, 0, 1, "fear")
    assert [layer.size.manner for layer in program.layers] == ["budget", "budget"]
    assert [rule.verb for rule in rules_of(program)] == ["shift"]


def test_a_book_in_beta_is_its_capital_and_what_it_earned() -> None:
    text = """\
capital $500_000
book b { sell SPX put at 0.16 delta, 45 days  close when beta(b, spx, 60 sessions) > 1 }
"""
    program = lower(text)
    assert spell(program, program.layers[0].closes[0].condition) == "gt(beta[60](add(500000, mark b.earned), spx), 1)"


def test_a_hedge_in_beta_is_all_its_layers() -> None:
    text = """\
capital $500_000
book b { layer x { sell SPX put at 0.16 delta, 45 days } layer y { sell SPX put at 0.10 delta, 45 days } }
hedge h { layer a { buy VIX calls at 0.25 delta, 30 days  open when corr(b, vix, 20) > 0 } }
"""
    program = lower(text)
    condition = layer_of(program, "h.a").opens[0].condition
    assert spell(program, condition) == "gt(corr[20](add(500000, add(mark b.x.earned, mark b.y.earned)), vix), 0)"


def test_the_break_even_of_tiers_is_the_one_nearest_to_the_index() -> None:
    text = """\
book b {
  layer x { sell SPX put at 0.16 delta, 45 days }
  layer y { sell SPX put at 0.10 delta, 45 days }
  layer z { buy SPX put at 0.10 delta, 9 days }
}
hedge h { layer a { buy VIX calls at 0.25 delta, 30 days  open when spx < b.lower_break_even } }
"""
    program = lower(text)
    said = spell(program, layer_of(program, "h.a").opens[0].condition)
    assert "max(mark b.x.lower_break_even, mark b.y.lower_break_even)" in said
    assert "b.z" not in said


def test_costs_crowded() -> None:
    assert lower("costs crowded\nbook b { sell SPX put at 0.16 delta, 45 days }").costs == "crowded"


@pytest.mark.parametrize("verb", ["add", "proxy", "write", "legs"])
def test_no_verb_removes_it_from_a_layer(verb: str, tmp_path: Path) -> None:
    said = {
        "add": "at most 3 lots  add 1 contract when vix crosses above 30",
        "proxy": "proxy VXX shares when vix > 30",
        "write": "",
        "legs": "",
    }
    leg = "buy VIX calls at 0.10 delta, 30 days"
    anchor = "layer z { buy VIX calls at 0.15 delta, 90 days }"
    if verb == "write":
        leg = "write VIX calls at 0.25 delta, 30 days against z"
    used = f"hedge h {{ layer a {{ {leg}  {said[verb]} }} {anchor} }}"
    (tmp_path / "used.alvh").write_text(used)
    instead = "buy VIX calls at 0.20 delta, 60 days" if verb in ("write", "legs") else ""
    main = tmp_path / "main.alvh"
    main.write_text(f'use "used.alvh"\nchange h.a {{ no {verb} {instead} }}\n')
    compiled = compile_file(main)
    assert compiled.diagnostics == ()
    assert compiled.program is not None
    layer = layer_of(compiled.program, "h.a")
    assert (layer.adds, layer.proxies, layer.cover) == ((), (), -1)


@pytest.mark.parametrize("verb", ["shift", "keep"])
def test_no_verb_removes_it_from_a_hedge(verb: str, tmp_path: Path) -> None:
    used = """\
hedge h {
  budget 1% of equity per year, paid monthly
  shift 10% from a to b when vix crosses above 30
  keep net_beta in 0.08 .. 0.12 using a, b
  layer a { share 100%  buy VIX calls at 0.25 delta, 30 days }
  layer b { share 0%  buy VIX calls at 0.15 delta, 90 days }
}
"""
    (tmp_path / "used.alvh").write_text(used)
    main = tmp_path / "main.alvh"
    main.write_text(f'use "used.alvh"\nchange h {{ no {verb} }}\n')
    program = compile_file(main).program
    assert program is not None
    left = {"shift": program.groups[0].shifts, "keep": program.groups[0].keeps}
    assert [name for name, found in left.items() if found] == [name for name in left if name != verb]


def test_mistakes_of_a_layer_that_keep_fills_are_not_that_it_never_opens() -> None:
    text = """\
hedge h {
  keep net_beta in 0.08 .. 0.12 using a
  layer a { buy VIX calls at 0.25 delta, 30 days  open when a is open }
}
"""
    assert compile_text(text).diagnostics == ()
