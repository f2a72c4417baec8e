"""The strategies on which the tests of mutations and of leaks run: small, and together of every verb, instrument and attribute."""

from __future__ import annotations

from functools import cache

from attrs import evolve, frozen
from pencilled import runs_by_pencil
from programs import compiled
from random_program import random_program
from sample_markets import cut_last, sample_market

from alvh.compiler.ir import Program
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret


@frozen
class Setting:
    """A strategy on the bars `skipped .. skipped + bars` of a sample market."""

    market: str
    skipped: int
    bars: int
    text: str
    sensitivities: bool = False
    """Whether theta and net beta of every bar are recorded."""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "storm",
        28,
        32,
        """
strategy "Condors, hedged and rolled onward, under a limit and short of cash"
capital $90_000
costs listed
book condors {
  expiry 20..45 days
  short_put : sell SPX put at 0.25 delta
  long_put : buy SPX put 50 points below short_put
  short_call : sell SPX call at 0.25 delta
  long_call : buy SPX call 50 points above short_call
  size max_loss 12% of equity
  at most 3 lots
  open every 4 sessions when condors.cost + condors.credit > -$1_000_000_000
  close when profit >= 30% of credit
  close when loss >= 150% of credit
  roll when dte <= 12 days
}
hedge alvh {
  limit cost to 60% of condors.credit
  unwind when vx(1) / vx(2) - 1 > 4% until vix < 30
  layer front {
    buy 4 VIX calls at 0.40 delta, 15 days
    roll into far when dte <= 9 days
    rebalance every 3 sessions
  }
  layer far {
    buy 2 VIX calls at 0.45 delta, 45 days
    roll when dte <= 38 days
    close when option_delta > 0.8 delta
  }
}
hedge side {
  limit cost to $2_500
  layer one { buy VIX call at 0.60 delta, 20 days
    size 10 contracts
    close when age >= 3 sessions }
  layer two { buy SPX put at 0.20 delta, 20 days
    size 3 contracts
    open when condors.short_delta > 0 delta and condors.age > -1 sessions and condors.dte > -1 days and prev(alvh.far rolls) or vix > 1
    close when age >= 4 sessions }
}
""",
    ),
    Setting(
        "generated 12",
        5,
        40,
        """
strategy "Budgets, shares, sizes in money, and what can be read of a layer"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 12% of equity per year, paid monthly, kept 1 months
  layer near {
    share 50%
    buy VIX call at 0.50 delta, 20 days
    sell VIX call at 0.15 delta, same expiry
    at most 2 lots
    open every 3 sessions
    close when age >= 7 sessions
    close when highest(profit, 3) - profit > $2_000
    rebalance every week
  }
  layer puts {
    share 30%
    buy SPX put at 0.30 delta, 15..30 days
    size 0.2% of equity
    roll when dte <= 9 days
    rebalance every 4 sessions
  }
  layer both {
    share 20%
    size 3 contracts
    buy VIX call at 110% of forward, 12 days
    buy 2 VIX puts at 0.40 delta, 40 days
    at most 3 lots
    open every 6 sessions
    close when profit > $500_000
    hold to expiry
    roll into rest when age >= 9 sessions
  }
  layer rest {
    buy VIX call at strike vx(1), 60 days
    at most 2 lots
    open when vix > 500
    rebalance every 5 sessions
    close when age >= 12 sessions
  }
  layer unlisted { buy VIX call at 0.50 delta, month 23 }
  layer watch {
    buy VIX call at 0.20 delta, 50 days
    size 1 contracts
    at most 4 lots
    open every 2 sessions when near.realized + near.gains + puts.realized + both.realized + both.gains + rest.realized > -$1_000_000_000
    open every day when near.count + near.contracts / 1 contract + rest.contracts / 1 contract > -1
    close every 2 sessions when near.value + near.profit + near.loss + near.margin > -$1_000_000_000 and near.delta + puts.delta > 0
    close when near.credit + near.cost + near.notional + near.width_notional > -$1_000_000_000
  }
}
""",
    ),
    Setting(
        "holes in prices",
        8,
        50,
        """
strategy "The index held, prices missing"
capital $900_000
costs listed
contracts fractional
book market { hold SPX }
book puts {
  sell SPX put at 0.45 delta, 10 days
  size 2 contracts
  at most 3 lots
  open every day when quick_ratio > -1 or net_beta > 0
  close when option_delta > 0.9 delta
}
hedge alvh {
  unit 2 per $1_000_000 of equity
  unwind when vix > 30
  unwind when quick_ratio < 0.02
  layer calls {
    buy 2 VIX calls at 0.35 delta, 25 days
    rebalance every 2 sessions when vix < 60
    roll when dte <= 12 days
  }
  layer spread {
    sell 1 VIX call at 0.50 delta, 30 days
    buy 2 VIX calls at 0.20 delta, same expiry
    size by vix { below 19 : 2 contracts  from 19 : 5 contracts }
    roll when age >= 6 sessions
    rebalance every 3 sessions
  }
}
""",
        sensitivities=True,
    ),
    Setting(
        "missing prints",
        0,
        45,
        """
strategy "Everything to expiry, prints missing"
capital $120_000
costs listed
book verticals {
  short_call : sell SPX call at 0.30 delta, 14 days
  long_call : buy SPX call 25 points above short_call, same expiry
  size 12 contracts
  at most 4 lots
  open every 3 sessions
  hold to expiry
}
book puts {
  high : buy SPX put at 0.45 delta, 18 days
  sell SPX put 100 points below high, same expiry
  size $9_000
  at most 2 lots
  open every 2 sessions when verticals is open
  rebalance every week
  hold to expiry
}
hedge alvh {
  first near, then far
  layer near { buy 3 VIX calls at 0.30 delta, 10 days
    open when (verticals opens or puts closes) and verticals.realized + verticals.gains + puts.realized + puts.gains > -$1_000_000_000
    hold to expiry }
  layer far { buy VIX puts at 0.40 delta, 20 days
    size 40% of near.contracts
    rebalance every day
    close when profit > $400 }
}
""",
    ),
    Setting(
        "rough walk",
        5,
        32,
        """
strategy "Several lots roll on one bar, out of one budget, into a layer with little room"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 4% of capital per year, paid monthly
  layer many {
    share 50%
    size 9 contracts
    buy VIX call at 0.40 delta, 30 days
    at most 4 lots
    open every 2 sessions
    roll every 9 sessions
    roll into few every 7 sessions
  }
  layer lasting {
    share 10%
    buy SPX put at 0.60 delta, 6 days
    at most 4 lots
    open every day
    hold to expiry
  }
  layer after {
    buy VIX call at 0.50 delta, 40 days
    open when many closes or few closes or lasting closes
    close every 2 sessions
  }
  layer rising {
    share 20%
    buy SPX call at 0.60 delta, 6 days
    at most 4 lots
    open every 3 sessions
    hold to expiry
  }
  layer few {
    share 20%
    buy VIX call at 0.30 delta, 60 days
    at most 2 lots
    open every day
    close when age >= 5 sessions
    rebalance every 3 sessions
  }
  layer spread {
    buy VIX call at 0.60 delta, 15 days
    sell VIX call at 0.05 delta, same expiry
    size $20_000
    rebalance every day
    hold to expiry
  }
}
""",
    ),
    Setting(
        "storm",
        30,
        26,
        """
strategy "Sizes that grow while lots roll"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 30% of capital per year, paid monthly
  layer steps {
    buy VIX call at 0.40 delta, 30 days
    size by vix { below 24 : 1 contracts  from 24 : 30 contracts }
    at most 4 lots
    open every 2 sessions when vix < 24
    roll every 6 sessions
  }
  layer paid {
    share 60%
    buy VIX call at 0.40 delta, 30 days
    size by vix { below 24 : 1 contracts  from 24 : 90 contracts }
    at most 4 lots
    open every 2 sessions when vix < 24
    roll every 6 sessions
  }
  layer spent {
    share 40%
    buy VIX put at 0.40 delta, 30 days
    at most 4 lots
    open every 2 sessions
    roll every 6 sessions
    rebalance every 5 sessions
  }
  layer source {
    buy VIX call at 0.30 delta, 20 days
    at most 1 lots
    roll into target when age >= 2 sessions
  }
  layer target {
    buy VIX call at 0.30 delta, 50 days
    at most 2 lots
    open every day
    close when age >= 3 sessions
  }
}
""",
    ),
    Setting(
        "prices end",
        40,
        30,
        """
strategy "A run that stops"
capital $1_000_000
hedge alvh {
  layer calls { buy VIX call at 0.40 delta, 60 days
    close when age >= 50 sessions }
  layer brief { buy VIX call at 0.50 delta, 40 days
    close when age >= 6 sessions }
}
""",
    ),
    Setting(
        "storm",
        25,
        34,
        """
strategy "Futures bought, sold in spreads and rolled by month; a band kept by minis and puts; crowded costs"
capital $400_000
costs crowded
book carry {
  sell 1 VX future, month 1
  buy 2 VXM futures, month 3
  size 2 contracts
  at most 3 lots
  open every 4 sessions
  close when age >= 9 sessions
  roll to month 4 keeping contracts when dte <= 9 days
}
hedge alvh {
  keep net_beta in -0.02 .. 0.01 using minis, puts
  limit cost to $6_000
  layer minis {
    buy 2 VXM futures, 45 days
    size 2 contracts
    at most 4 lots
    open every 5 sessions when brief.realized + beside.realized + carry.realized > -$900_000_000
    rebalance every 3 sessions
    roll when dte <= 30 days
    close when profit > $2_500
  }
  layer puts {
    buy SPX put at 0.30 delta, 30 days
    size 1 contract
    roll puts every 4 sessions
  }
}
hedge tail {
  layer beside {
    sell 1 VXM future, month 2
    buy 2 VIX calls at 0.40 delta, same expiry
    size 4% of equity
    roll calls every 3 sessions
    rebalance every 5 sessions
    hold to expiry
  }
  layer brief { buy 1 VX future, 9 days
    size 1 contract
    open every 8 sessions
    hold to expiry }
}
""",
    ),
    Setting(
        "storm",
        26,
        36,
        """
strategy "Calls written against others, trimmed when these shrink; shares and options of funds"
capital $300_000
costs listed
book shares {
  buy 100 VXX shares
  buy 1 VXX put at 0.40 delta, 25 days
  size 6 contracts
  at most 2 lots
  open every 6 sessions
  roll when dte <= 14 days
  close when age >= 12 sessions
}
hedge alvh {
  layer anchor {
    buy VIX calls at 0.30 delta, 60 days
    size by vix { below 20 : 9 contracts  from 20 : 4 contracts }
    at most 3 lots
    open every 3 sessions
    rebalance every 4 sessions
    close when age >= 11 sessions
  }
  layer press {
    write VIX calls at 0.25 delta, 20..30 days  against anchor
    size 80% of anchor.contracts
    at most 4 lots
    open every 2 sessions
    close when profit >= 40% of credit
    roll keeping contracts when dte <= 17 days
    rebalance every 7 sessions
  }
  layer floor {
    buy VIX puts at 0.40 delta, 50 days
    size 4 contracts
    at most 2 lots
    open every 5 sessions
    close when age >= 13 sessions
  }
  layer under {
    write VIX puts at 0.25 delta, 20 days  against floor
    size 70% of floor.contracts
    at most 2 lots
    open every 4 sessions
    roll puts every 3 sessions
    close when age >= 9 sessions
  }
  layer more {
    write VIX calls at 120% of forward, 15 days  against anchor
    size 20 contracts
    open when vix > 1
    add 2 contracts every 3 sessions
    at most 3 lots
    hold to expiry
  }
}
hedge funds {
  layer geared {
    buy UVXY call at 0.60 delta, 20 days
    sell UVXY call at 0.20 delta, same expiry
    size 3 contracts
    roll calls every 5 sessions
    close when age >= 8 sessions
  }
  layer settled { buy 2 VXX calls at 95% of forward, 6 days
    at most 3 lots
    open every 4 sessions
    hold to expiry }
  layer index { buy 3 SPX shares
    size 1% of equity
    rebalance every 6 sessions
    close when age >= 17 sessions }
}
""",
    ),
    Setting(
        "generated 13",
        10,
        36,
        """
strategy "Shares of a budget shifted; gains added; rolls that keep premium, delta or contracts, or go further out"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 20% of equity per year, paid monthly, kept 2 months
  shift 10% from near to far every 4 sessions
  shift 60% from far to near every 9 sessions
  layer near {
    share 60%
    buy VIX call at 0.45 delta, 15 days
    at most 3 lots
    open every 2 sessions
    close when profit > $150
    close when age >= 8 sessions
    roll keeping premium when dte <= 10 days
  }
  layer far {
    share 20%
    buy VIX calls at 0.30 delta, 50 days
    at most 5 lots
    open every 5 sessions
    add from near.gains when near closes
    add 1 contract every 3 sessions
    roll to 80 days keeping delta when dte <= 46 days
    roll to month 14 every 6 sessions
    close when age >= 14 sessions
  }
  layer idle {
    share 0%
    buy VIX put at 0.40 delta, 30 days
    sell VIX put at 0.20 delta, same expiry
    size $3_000
    roll to 60 days keeping delta when age >= 5 sessions
  }
}
hedge other {
  limit cost to $30_000
  layer added {
    buy SPX put at 0.30 delta, 30 days
    size 1 contract
    at most 4 lots
    add from near.gains every 3 sessions
    add 0.4% of equity every 4 sessions
    close when age >= 13 sessions
  }
  layer sides {
    buy VIX call at 0.40 delta, 40 days
    buy VIX put at 0.30 delta, same expiry
    size 6 contracts
    roll calls every 3 sessions
    roll puts every 2 sessions
  }
}
""",
    ),
    Setting(
        "late storm",
        58,
        32,
        """
strategy "Shares that stand in for calls and futures, rolled, added and rebalanced, kept in a band from above"
capital $500_000
costs listed
contracts fractional
book condors {
  short_put : sell SPX put at 0.20 delta, 30 days
  long_put : buy SPX put 50 points below short_put, same expiry
  size 3 contracts
  roll puts every 5 sessions
  close when age >= 12 sessions
}
hedge alvh {
  keep net_beta in -0.60 .. -0.30 using futures, calls
  budget 30% of equity per year, paid monthly
  layer calls {
    share 50%
    buy 3 VIX calls at 0.40 delta, 40 days
    size 9 contracts
    at most 3 lots
    open every 4 sessions
    roll when age >= 3 sessions
    rebalance every 5 sessions
    add 2 contracts every 6 sessions
    proxy VXX shares when vix > 17
  }
  layer futures {
    buy 1 VX future, month 2
    size 1 contract
    at most 2 lots
    open every 7 sessions
    rebalance every 4 sessions
    roll into late when age >= 6 sessions
    proxy UVXY shares when vix < 16
  }
  layer late {
    buy 1 VX future, month 4
    size 8% of equity
    at most 3 lots
    open when vix > 900
    close when age >= 5 sessions
  }
}
hedge spent {
  budget 3% of capital per year, paid monthly
  layer whole_share { share 100%
    buy VIX call at 0.30 delta, 30 days
    at most 2 lots
    open every 3 sessions
    roll when age >= 4 sessions
    proxy VXX shares when vix > 15 }
}
""",
    ),
    Setting(
        "holes in prices",
        12,
        52,
        """
strategy "The same without prices on some days"
capital $700_000
costs crowded
hedge stood {
  layer deep {
    buy VIX calls at 0.30 delta, 110 days
    size 6 contracts
    at most 3 lots
    open every day
    close every 3 sessions
  }
  layer above {
    write VIX calls at 0.25 delta, 40 days  against deep
    size 16 contracts
    close when age >= 9 sessions
  }
}
book shares { buy 20 UVXY shares
  size 2% of equity
  at most 2 lots
  open every 9 sessions
  close when age >= 14 sessions }
hedge alvh {
  keep net_beta in -0.20 .. -0.05 using futures, calls
  layer futures {
    buy 1 VX future, month 2
    size 1 contract
    at most 3 lots
    open every 6 sessions
    roll when dte <= 25 days
    proxy VXX shares when vix > 22
  }
  layer calls {
    buy VIX calls at 0.30 delta, 60 days
    size 5 contracts
    at most 3 lots
    open every 4 sessions
    roll calls every 3 sessions
    rebalance every 5 sessions
  }
  layer press {
    write VIX calls at 0.20 delta, 20 days  against calls
    size 60% of calls.contracts
    at most 2 lots
    open every 3 sessions
    roll keeping delta when dte <= 15 days
  }
}
""",
    ),
    Setting(
        "rough walk",
        30,
        34,
        """
strategy "All that can be read of layers and of the account"
capital $8_000_000
costs listed
book condors {
  short_put : sell SPX put at 0.25 delta, 35 days
  long_put : buy SPX put 50 points below short_put, same expiry
  short_call : sell SPX call at 0.25 delta, 35 days
  long_call : buy SPX call 50 points above short_call, same expiry
  size 3 contracts
  at most 2 lots
  open every 7 sessions
  roll calls every 6 sessions
  close when age >= 13 sessions
}
hedge alvh {
  layer calls { buy VIX calls at 0.40 delta, 40 days
    size 9 contracts
    at most 2 lots
    open every 8 sessions
    close when age >= 12 sessions }
  layer fund { buy VXX put at 0.40 delta, 30 days
    size 8 contracts
    close when age >= 9 sessions }
  layer future { buy 1 VX future, month 2
    size 1 contract
    at most 2 lots
    open every 10 sessions
    close when age >= 12 sessions }
  layer geared { buy 100 UVXY shares
    size 2 contracts
    close when age >= 10 sessions }
  layer stood { buy VIX call at 0.40 delta, 40 days
    size 5 contracts
    at most 2 lots
    open every 4 sessions
    close when age >= 9 sessions
    proxy VXX shares when vix > 1 }
  layer mixed_too { buy UVXY call at 0.80 delta, 30 days
    buy VXX call at 0.50 delta, same expiry
    buy VXX call at 0.30 delta, same expiry
    close when age >= 8 sessions }
  layer mixed { buy UVXY call at 0.50 delta, 30 days
    buy VXX call at 0.50 delta, same expiry
    buy UVXY call at 0.80 delta, same expiry
    close when age >= 8 sessions }
}
book twice_put {
  sell SPX put at 0.20 delta, 40 days
  sell SPX put at 0.30 delta, same expiry
  size 1 contract
  close when age >= 11 sessions
}
book pulled {
  sell SPX put at 0.30 delta, 40 days
  sell SPX put at 0.20 delta, same expiry
  size 1 contract
  close when age >= 9 sessions
}
book twice_call {
  sell 1 SPX call at 0.30 delta, 40 days
  sell 1 SPX call at 0.20 delta, same expiry
  buy 2 SPX calls at 0.10 delta, same expiry
  size 1 contract
  close when age >= 10 sessions
}
book called {
  sell 1 SPX call at 0.20 delta, 40 days
  sell 1 SPX call at 0.30 delta, same expiry
  buy 2 SPX calls at 0.10 delta, same expiry
  size 1 contract
  close when age >= 10 sessions
}
hedge watch {
  at most 4 lots
  size 1 contract
  layer watch_7 {
    buy VIX call at 0.20 delta, 50 days
    open every day when twice_put.lower_break_even > 1 points or called.upper_break_even > 1 points or mixed.width_notional > $0 or vix > 1
    close every 2 sessions when condors.width_notional > $0 or pulled.lower_break_even > 1 points
      or twice_call.upper_break_even > 1 points or vix > 1
  }
  layer watch_8 {
    buy VIX call at 0.20 delta, 50 days
    open every day when mixed_too.width_notional > $0 or vix > 1
    close every 2 sessions
  }
  layer watch_1 {
    buy VIX call at 0.20 delta, 50 days
    open every day when condors.irr > 0% or condors.lower_break_even > 1 points or condors.upper_break_even > 1 points or vix > 1
    close every 2 sessions when calls.vega > 0 or calls.theta > 0 or calls.irr > 0% or vix > 1
  }
  layer watch_2 {
    buy VIX call at 0.20 delta, 50 days
    open every day when calls.carry > 1 or condors.vega > 0 or condors.theta > 0 or vix > 1
    close every 2 sessions when fund.vega > 0 or fund.theta > 0 or fund.irr > 0% or vix > 1
  }
  layer watch_3 {
    buy VIX call at 0.20 delta, 50 days
    open every day when future.profit > $0 or future.irr > 0% or future.margin > $0 or vix > 1
    close every 2 sessions when geared.irr > 0% or geared.delta > 0 or geared.loss > $0 or vix > 1
  }
  layer watch_4 {
    buy VIX call at 0.20 delta, 50 days
    open every day when net_beta > 0 or wacc > 0% or quick_ratio > 1 or vix > 1
    close every 2 sessions when beta(condors, spx, 5) > 0 or corr(calls, vix, 5) > 0 or condors.margin > $0 or vix > 1
  }
  layer watch_5 {
    buy VIX call at 0.20 delta, 50 days
    open every day when fund.option_delta > 0.5 delta or condors.short_delta > 0.5 delta or future.dte > 3 days or vix > 1
    close every 2 sessions when future.value > $0 or fund.cost > $0 or future.delta > 0 or vix > 1
  }
  layer watch_9 {
    buy VIX call at 0.20 delta, 50 days
    open every day when twice_put.hedged_lower_break_even > 1 points or called.hedged_upper_break_even > 1 points or vix > 1
    close every 2 sessions when pulled.hedged_lower_break_even > 1 points or twice_call.hedged_upper_break_even > 1 points or vix > 1
  }
  layer watch_6 {
    buy VIX call at 0.20 delta, 50 days
    open every day when stood.irr > 0% or stood.vega > 0 or stood.delta > 0 or vix > 1
    close every 2 sessions when stood.carry > 1 or condors.carry > 1 or fund.carry > 1 or vix > 1
  }
}
""",
        sensitivities=True,
    ),
    Setting(
        "storm",
        28,
        30,
        """
strategy "One side rolled out of a small budget, beside rolls that reserve it"
capital $300_000
costs listed
hedge alvh {
  budget 6.5% of equity per year, paid monthly
  layer sides {
    share 50%
    buy 1 VIX call at 0.40 delta, 40 days
    buy 1 VIX put at 0.30 delta, same expiry
    size 2 contracts
    at most 3 lots
    open every 2 sessions
    roll keeping contracts when age >= 5 sessions
    roll calls every 2 sessions
    roll puts every 3 sessions
  }
  layer spreads {
    share 30%
    buy 1 SPX put at 0.30 delta, 40 days
    sell 1 SPX put at 0.15 delta, same expiry
    size 1 contract
    at most 2 lots
    open every 3 sessions
    roll puts every day
  }
  layer alone {
    share 20%
    buy 2 VIX calls at 0.30 delta, 40 days
    roll calls every day
    close when age >= 8 sessions
  }
  layer calm {
    share 0%
    sell 1 SPX call at 0.30 delta, 40 days
    buy 1 SPX call at 0.10 delta, same expiry
    size 1 contract
    at most 2 lots
    open every 4 sessions
    roll calls every 2 sessions
  }
}
hedge watch {
  layer one {
    buy VIX call at 0.20 delta, 50 days
    size 1 contract
    at most 3 lots
    open every day when sides.realized > -$900_000_000 or spreads.realized > $0 or calm.gains > $0 or vix > 1
    close every 2 sessions when alone.realized > -$900_000_000 or spreads.gains > $0 or calm.realized > $0 or vix > 1
  }
}
""",
    ),
    Setting(
        "storm",
        30,
        22,
        """
strategy "Hardly any cash: one side rolled only as far as that goes"
capital $9_000
costs listed
contracts fractional
hedge alvh {
  layer sides {
    buy 1 VIX call at 0.30 delta, 40 days
    size 75.4% of equity
    roll calls every day
    close when age >= 9 sessions
  }
}
""",
    ),
    Setting(
        "late storm",
        62,
        26,
        """
strategy "Written puts: one side rolled while the margin moves"
capital $31_000
costs crowded
hedge alvh {
  layer floor {
    buy VIX puts at 0.50 delta, 60 days
    size 12 contracts
    close when age >= 15 sessions
  }
  layer under {
    write VIX puts at 0.30 delta, 25 days  against floor
    size 12 contracts
    at most 2 lots
    open every 2 sessions
    roll puts every day
    close when age >= 9 sessions
  }
}
""",
    ),
    Setting(
        "late storm",
        60,
        32,
        """
strategy "Two bands kept with parts of contracts; deltas of several legs kept; sizes by loss brought back"
capital $600_000
costs listed
contracts fractional
hedge alvh {
  keep net_beta in -0.40 .. -0.15 using puts, calls
  layer puts {
    buy SPX put at 0.30 delta, 40 days
    size 0.3 contracts
    at most 3 lots
    open every 5 sessions
  }
  layer calls {
    buy VIX calls at 0.30 delta, 40 days
    size 1 contract
    at most 2 lots
    open every 6 sessions
    roll calls every 4 sessions
  }
}
hedge other {
  keep net_beta in -0.22 .. -0.20 using minis
  layer minis {
    buy 1 VXM future, month 2
    size 1 contract
    at most 3 lots
    open every 7 sessions
  }
  layer straddle {
    buy VIX call at 0.40 delta, 30 days
    buy 3 VIX puts at 0.30 delta, same expiry
    size 4 contracts
    at most 3 lots
    open every 4 sessions
    roll to 70 days keeping delta when age >= 4 sessions
  }
  layer leaning {
    buy SPX put at 0.40 delta, 30 days
    sell SPX put at 0.10 delta, same expiry
    size max_loss 2% of equity
    at most 2 lots
    open every 6 sessions
    rebalance every 2 sessions
    roll to 60 days keeping delta when age >= 7 sessions
  }
}
""",
    ),
    Setting(
        "storm",
        10,
        60,
        """
strategy "A proxy: prolonged by a roll to the same shares, and sold at its end"
capital $1_000_000
contracts fractional
hedge calls {
  layer rolled {
    buy VIX call at 0.40 delta, 20 days
    size 10 contracts
    roll every 6 sessions
    proxy UVXY shares when vix > 1
  }
  layer held {
    buy VIX call at 0.40 delta, 12 days
    size 5 contracts
    hold to expiry
    proxy UVXY shares when vix > 1
  }
  layer own {
    buy VIX call at 0.30 delta, 16 days
    size 5 contracts
    hold to expiry
    proxy VXX shares when vix < 1
  }
}
""",
    ),
)


@frozen(eq=False)
class Scenario:
    program: Program
    arrays: MarketArrays
    record: RunRecord

    @property
    def sensitivities(self) -> bool:
        return self.record.net_beta is not None


def market_of(setting: Setting) -> MarketArrays:
    whole = sample_market(setting.market)
    first = whole.first + setting.skipped
    return evolve(cut_last(whole, min(first + setting.bars, whole.last)), first=first)


DRAWN = range(6)
"""Programs of tests/runtime/random_program.py."""


@cache
def scenarios() -> tuple[Scenario, ...]:
    found = []
    for setting in SETTINGS:
        program, arrays = compiled(setting.text), market_of(setting)
        found.append(Scenario(program, arrays, interpret(program, arrays, record_sensitivities=setting.sensitivities)))
    for seed in DRAWN:
        small, series = random_program(seed)
        found.append(Scenario(small.program, small.market(**series), small.run(**series)))
    found.extend(Scenario(*run) for run in runs_by_pencil(("instruments", "verbs", "proxies", "attributes", "fills")))
    return tuple(found)
