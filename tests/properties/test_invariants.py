"""What holds of every strategy on every market: the invariants of quant.md section 6 over written programs (the others stand with pricing,
the generator and metrics). The reference runs them; `tests/engine` holds the engine to the same bits.
"""

from __future__ import annotations

import re

import numpy as np
from attrs import evolve, fields
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import GroupText, ProgramText, Wish, compiled, conditions, events, programs
from replay import Replay, Trade, marks_of, replay, worst_loss
from sample_markets import WHOLE, column, cut_last, generated, market_names, replace_series, sample_market

from alvh.compiler.ir import Program
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.record import CLOSE, OPEN, REBALANCE, REFUSED, ROLL_IN, ROLL_OUT, SETTLE, JournalRows, RunRecord, same_bits
from alvh.runtime.reference import interpret

BY_BAR = ("equity", "cash", "margin", "interest", "fees", "hold_profit", "layer_profit", "layer_value", "layer_contracts")
COLUMNS = tuple(field.name for field in fields(JournalRows))


def run(text: str, market: str, phase: int = 0) -> tuple[Program, MarketArrays, RunRecord]:
    program, arrays = compiled(text), sample_market(market)
    return program, arrays, interpret(program, arrays, phase=phase)


def rows_until(journal: JournalRows, bar: float) -> dict[str, Floats]:
    kept = journal.bar <= bar
    return {name: getattr(journal, name)[kept] for name in COLUMNS}


def assert_same_until(longer: RunRecord, shorter: RunRecord, bars: int, last: int) -> None:
    """The first `bars` bars of both runs, to bar `last`, are the same bit for bit, journal and all."""
    for name in BY_BAR:
        assert same_bits(getattr(longer, name)[:bars].copy(), getattr(shorter, name)[:bars].copy()), name
    expected, found = rows_until(longer.journal, last), rows_until(shorter.journal, last)
    for name in COLUMNS:
        assert same_bits(expected[name], found[name]), f"journal.{name}"


def scale_of(program: Program, record: RunRecord) -> Floats:
    """The larger of capital and equity, bar by bar."""
    return np.maximum(program.capital, np.abs(record.equity))


# ---- money (14, 15, 19) --------------------------------------------------------------------------------------------


@examples(60)
@given(programs(Wish(hold=False)), market_names(WHOLE), st.integers(0, 3))
def test_money_is_conserved_at_every_bar(written: ProgramText, market: str, phase: int) -> None:
    """Equity = cash + marks; its change = P&L of carried positions - costs + interest; cash is what the journal moved. All retold from
    the journal, with every position revalued by model prices."""
    program, arrays, record = run(written.text, market, phase)
    told = replay(program, arrays, record)
    near = 1e-9 * scale_of(program, record)
    marks = marks_of(program, arrays, told)

    cash = program.capital + np.cumsum(told.cash_moved) + record.interest
    assert (np.abs(cash - record.cash) <= near).all()
    assert (np.abs(record.cash + marks[:, 0] - record.equity) <= near).all()

    settled = settled_by_bar(told, arrays, len(record.equity))
    carried = marks[:-1, 1] + settled[1:] - marks[:-1, 0]
    change = carried + told.variation[1:] - told.cost[1:] + np.diff(record.interest)
    assert (np.abs(np.diff(record.equity) - change) <= near[1:]).all()
    assert (np.abs(np.cumsum(told.cost) - record.fees) <= near).all()


def settled_by_bar(told: Replay, arrays: MarketArrays, bars: int) -> Floats:
    """Money that settlements brought, by bar."""
    settled = np.zeros(bars)
    for trade in told.trades:
        if trade.action == SETTLE:
            settled[trade.bar - arrays.first] += trade.money
    return settled


@examples(60)
@given(programs(), market_names(), st.integers(0, 3))
def test_profits_of_layers_index_and_interest_add_up(written: ProgramText, market: str, phase: int) -> None:
    """On broken markets too, as long as the index is known."""
    program, _, record = run(written.text, market, phase)
    known = np.isfinite(record.equity)
    attributed = program.capital + record.interest + record.hold_profit + record.layer_profit.sum(axis=1)
    assert (np.abs(attributed - record.equity) <= 1e-9 * scale_of(program, record))[known].all()
    assert np.isfinite(record.layer_profit).all()
    if program.hold_index:
        assert (record.cash[known] == 0.0).all()


@examples(25)
@given(programs(Wish(hold=True)), market_names(WHOLE), st.integers(0, 3))
def test_the_index_holds_what_the_journal_did_not_use(written: ProgramText, market: str, phase: int) -> None:
    """`hold SPX`: units retold from the journal's money and the index alone."""
    program, arrays, record = run(written.text, market, phase)
    assume(record.stopped < 0)
    told = replay(program, arrays, record)
    half = 0.0 if program.costs == "none" else 0.00005
    spx = column(arrays, "spx")[arrays.first :]
    moved = told.cash_moved + np.array([program.capital, *[0.0] * (len(spx) - 1)])
    units = np.cumsum(moved / (spx * np.where(moved > 0.0, 1.0 + half, 1.0 - half)))
    assert np.allclose(units * spx + record.layer_value.sum(axis=1), record.equity, rtol=1e-9, atol=1e-6)


@examples(10)
@given(st.sampled_from(("listed", "none")), market_names())
def test_an_account_that_never_trades_grows_at_the_bill_rate(costs: str, market: str) -> None:
    text = (
        f"capital $1_000_000\ncosts {costs}\nbook idle {{ buy VIX call at 0.30 delta, 30 days\n open when vix > 900\n hold to expiry }}\n"
    )
    program, arrays, record = run(text, market)
    rates, days = column(arrays, "rate")[arrays.first : -1], np.diff(arrays.sessions[arrays.first : arrays.last + 1])
    growth = np.cumprod(1.0 + np.nan_to_num(rates) * days / 360.0)
    assert np.allclose(record.equity[1:], program.capital * growth, rtol=1e-12)
    assert record.unknown_rates == np.isnan(rates).sum()


# ---- causality (26, 27, 30) ----------------------------------------------------------------------------------------


@examples(40)
@given(programs(), market_names(), st.data())
def test_a_shorter_history_gives_the_beginning_of_the_longer_run(written: ProgramText, market: str, data: st.DataObject) -> None:
    program, arrays, record = run(written.text, market)
    cuts = data.draw(st.lists(st.integers(1, len(record.equity) - 1), min_size=3, max_size=3), label="cuts")
    for bars in cuts:
        last = arrays.first + bars - 1
        assert_same_until(record, interpret(program, cut_last(arrays, last)), bars, last)


@examples(40)
@given(programs(), market_names(), st.data())
def test_nothing_later_changes_what_was_decided(written: ProgramText, market: str, data: st.DataObject) -> None:
    """Every datum after a bar is moved, or every third made unknown: bars up to it stay as they were."""
    program, arrays, record = run(written.text, market)
    bars = data.draw(st.integers(1, len(record.equity) - 1), label="bars kept")
    last = arrays.first + bars - 1
    values = arrays.values.copy()
    values[last + 1 :] *= data.draw(st.sampled_from((0.5, 1.03, 1.9)), label="factor")
    if data.draw(st.booleans(), label="unknown"):
        values[last + 1 :: 3] = np.nan
    assert_same_until(record, interpret(program, evolve(arrays, values=values)), bars, last)


@examples(8)
@given(programs(), st.integers(0, 2**32))
def test_a_path_is_the_same_however_many_there_are(written: ProgramText, seed: int) -> None:
    program = compiled(written.text)
    many, few, again = generated(seed, 40, 5), generated(seed, 40, 2), generated(seed, 40, 5)
    assert same_bits(many.values, again.values)
    records, those, once_more = simulate(program, many, lanes=8), simulate(program, few, lanes=8), simulate(program, again)
    for path in range(2):
        assert_same_until(records[path], those[path], 40, few.last)
    for path in range(5):
        assert_same_until(records[path], once_more[path], 40, many.last)


# ---- structure (17, 23, 32, 33) ------------------------------------------------------------------------------------


@examples(40)
@given(programs(), market_names(), st.integers(0, 2**16))
def test_the_order_of_declarations_changes_no_bit(written: ProgramText, market: str, order: int) -> None:
    _, arrays, record = run(written.text, market)
    other = interpret(compiled(written.shuffled(order)), arrays)
    assert_same_until(record, other, len(record.equity), arrays.last)
    assert same_bits(record.unknown, other.unknown)
    assert (record.verbs, record.stopped, record.stale_marks) == (other.verbs, other.stopped, other.stale_marks)


@examples(40)
@given(programs(Wish(apart=True, hedge_size="0 contracts")), market_names())
def test_a_hedge_of_size_zero_changes_no_bit_of_the_book(written: ProgramText, market: str) -> None:
    _, _, hedged = run(written.text, market)
    books = evolve(written, groups=tuple(group for group in written.groups if group.head.startswith("book")))
    program, _, alone = run(books.text, market)
    for name in ("equity", "cash", "margin", "interest", "fees", "hold_profit"):
        assert same_bits(getattr(hedged, name), getattr(alone, name)), name
    count = len(program.layers)
    assert same_bits(hedged.layer_profit[:, :count].copy(), alone.layer_profit)
    assert not hedged.layer_contracts[:, count:].any()
    of_books = hedged.journal.layer < count
    for name in COLUMNS:
        assert same_bits(getattr(hedged.journal, name)[of_books], getattr(alone.journal, name)), name


@examples(40)
@given(programs(Wish(fractional=True)), market_names())
def test_twice_the_money_and_sizes_is_twice_the_equity(written: ProgramText, market: str) -> None:
    """A factor of 2 is exact in binary: not a bit of the mantissas may change."""
    _, _, record = run(written.text, market)
    _, _, twice = run(doubled(written).text, market)
    for name in BY_BAR:
        assert same_bits(2.0 * getattr(record, name), getattr(twice, name)), name
    for name in ("bar", "layer", "slot", "action", "rule", "cut", "price", "expiry", "strike"):
        assert same_bits(getattr(record.journal, name), getattr(twice.journal, name)), name


def doubled(written: ProgramText) -> ProgramText:
    """Money, contracts and the counts of legs twice over. Legs without a count in a layer with a share have no size of their own."""

    def of_money(text: str) -> str:
        text = re.sub(r"\$([\d_]+)", lambda found: f"${2 * int(found[1].replace('_', ''))}", text)
        return re.sub(r"(\d+) contract", lambda found: f"{2 * int(found[1])} contract", text)

    def of_layer(text: str) -> str:
        if re.search(r"\bshare \d", text) and not re.search(r"(buy|sell|write) \d", text):
            return of_money(text)
        return of_money(re.sub(r"(buy|sell|write) (\d* ?)([A-Z])", lambda found: f"{found[1]} {2 * int(found[2] or 1)} {found[3]}", text))

    def of_group(group: GroupText) -> GroupText:
        alone = of_layer("\n".join(group.statements))
        return evolve(group, statements=(alone,), layers=tuple(of_layer(layer) for layer in group.layers))

    return ProgramText(tuple(of_money(line) for line in written.declarations), tuple(of_group(group) for group in written.groups))


LAYERS = """
capital $1_000_000
costs {costs}
contracts fractional
hedge h {{ {layers} }}
"""


@examples(30)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(15, 60), st.integers(2, 12), st.sampled_from(("listed", "none")), market_names(WHOLE)
)
def test_two_layers_are_one_of_both_sizes(first: int, second: int, delta: int, age: int, costs: str, market: str) -> None:
    def layer(name: str, size: int) -> str:
        says = f"open every week\n close when age >= {age} sessions"
        return f"layer {name} {{ buy VIX call at 0.{delta} delta, 40 days\n size {size} contracts\n {says} }}\n"

    _, _, apart = run(LAYERS.format(costs=costs, layers=layer("a", first) + layer("b", second)), market)
    _, _, together = run(LAYERS.format(costs=costs, layers=layer("c", first + second)), market)
    assert np.allclose(apart.equity, together.equity, rtol=1e-12)


# ---- conditions (35, 36) -------------------------------------------------------------------------------------------

PROBE = """
capital $1_000_000_000
costs none
contracts fractional
input ad_line : index
input signal : condition
input weight : ratio
input nothing : condition
calendar cpi
{triggers}
hedge probe {{
  at most 3 lots
  size 0.001 contracts
  close when age >= 1 sessions
{layers}
}}
"""


def truths(triggers: dict[str, str], market: str) -> dict[str, Floats]:
    """By name, bar by bar: 1, 0 or NaN. Each trigger opens a layer of its own whenever it is true, its negation another."""
    named = {name: f"trigger {name} = {text}" for name, text in triggers.items()}
    named |= {f"not_{name}": f"trigger not_{name} = not {name}" for name in triggers}
    layers = [f"  layer of_{name} {{ buy SPX put at 0.30 delta, 30 days\n open when {name} }}" for name in named]
    program, arrays, record = run(PROBE.format(triggers="\n".join(named.values()), layers="\n".join(layers)), market)
    bars = len(record.equity)
    assert record.stopped < 0
    opened = {name: np.zeros(bars) for name in named}
    for row in np.flatnonzero(record.journal.action == OPEN).tolist():
        name = program.layers[int(record.journal.layer[row])].name.removeprefix("probe.of_")
        opened[name][int(record.journal.bar[row]) - arrays.first] = 1.0
    unknown = {
        layer.name.removeprefix("probe.of_"): count for layer, count in zip(program.layers, _unknown_opens(program, record), strict=True)
    }
    found = {}
    for name in triggers:
        yes, no = opened[name], opened[f"not_{name}"]
        assert not (yes * no).any(), "a condition and its negation are both true"
        found[name] = np.where(yes == 1.0, 1.0, np.where(no == 1.0, 0.0, np.nan))
        # Unknown means not fired, and counted, for the condition as for its negation.
        assert unknown[name] == unknown[f"not_{name}"] == np.isnan(found[name]).sum()
    return found


def _unknown_opens(program: Program, record: RunRecord) -> list[float]:
    """The count of each layer's one open rule."""
    counts, rule = [], 0
    for layer in program.layers:
        counts.append(float(record.unknown[rule]))
        rule += len(layer.opens) + len(layer.closes) + len(layer.rolls) + len(layer.rebalances)
    return counts


@examples(30)
@given(conditions(), conditions(), market_names(("calm walk", "storm", "rough walk", "generated 11")))
def test_logic_is_three_valued(first: str, second: str, market: str) -> None:
    found = truths(
        {
            "a": first,
            "b": second,
            "both": "a and b",
            "one": "a or b",
            "with_unknown": "a and nothing",
            "or_unknown": "a or nothing",
            "nothing_but": "nothing",
        },
        market,
    )
    a, b = found["a"], found["b"]
    assert same_bits(found["both"], np.where((a == 0.0) | (b == 0.0), 0.0, a * b))
    assert same_bits(found["one"], np.where((a == 1.0) | (b == 1.0), 1.0, a + b))
    assert same_bits(found["with_unknown"], np.where(a == 0.0, 0.0, np.nan))
    assert same_bits(found["or_unknown"], np.where(a == 1.0, 1.0, np.nan))
    assert np.isnan(found["nothing_but"]).all()


@examples(30)
@given(conditions(), st.integers(1, 5), market_names(("calm walk", "storm", "rough walk", "generated 11")))
def test_time_looks_back_over_known_bars(condition: str, sessions: int, market: str) -> None:
    """`begins`, `ends`, `for`, `within .. after` and `prev`, each retold from the condition's own truths."""
    found = truths(
        {
            "c": condition,
            "starts": "c begins",
            "stops": "c ends",
            "lasting": f"c for {sessions} sessions",
            "recent": f"within {sessions} sessions after (c begins)",
            "earlier": f"prev(c, {sessions} sessions)",
        },
        market,
    )
    c, starts = found["c"], found["starts"]
    for bar in range(sessions + 1, len(c)):
        assert same(starts[bar], both(c[bar], 1.0 - c[bar - 1]))
        assert same(found["stops"][bar], both(1.0 - c[bar], c[bar - 1]))
        window = c[bar - sessions + 1 : bar + 1]
        assert same(found["lasting"][bar], 0.0 if (window == 0.0).any() else np.nan if np.isnan(window).any() else 1.0)
        events_seen = starts[bar - sessions : bar + 1]
        assert same(found["recent"][bar], 1.0 if (events_seen == 1.0).any() else np.nan if np.isnan(events_seen).any() else 0.0)
        assert same(found["earlier"][bar], c[bar - sessions])


def both(left: float, right: float) -> float:
    """Kleene's `and`."""
    return 0.0 if 0.0 in (left, right) else left * right


def same(left: float, right: float) -> bool:
    return left == right or (left != left and right != right)


@examples(25)
@given(
    st.sampled_from(("vix", "vx(1)", "sma(vix, 3)", "vix3m")), st.integers(12, 26), market_names(("rough walk", "storm", "generated 12"))
)
def test_a_cross_fires_once_a_crossing(value: str, level: int, market: str) -> None:
    found = truths(
        {
            "up": f"{value} crosses above {level}",
            "down": f"{value} crosses below {level}",
            "above": f"{value} > {level}",
            "below": f"{value} < {level}",
        },
        market,
    )
    above, below = found["above"], found["below"]
    assert same_bits(found["up"][1:], np.where((above[1:] == 1.0) & (above[:-1] == 0.0), 1.0, 0.0))
    assert same_bits(found["down"][1:], np.where((below[1:] == 1.0) & (below[:-1] == 0.0), 1.0, 0.0))


@examples(15)
@given(events(), market_names(("calm walk", "storm", "generated 11")))
def test_a_level_out_of_reach_never_fires_and_the_other_always(event: str, market: str) -> None:
    found = truths({"never": f"({event}) and vix > 100_000", "always": "vix < 100_000", "crossing": "vix crosses above 100_000"}, market)
    assert not (found["never"] == 1.0).any()
    assert (found["always"] == 1.0).all()
    assert (found["crossing"] == 0.0).all()


# ---- positions (22, 34, 37, 38, 39) --------------------------------------------------------------------------------


@examples(60)
@given(programs(), market_names(), st.integers(0, 3))
def test_what_is_held_is_listed_and_ends_by_its_expiry(written: ProgramText, market: str, phase: int) -> None:
    program, arrays, record = run(written.text, market, phase)
    told = replay(program, arrays, record)
    for number, held in enumerate(told.held):
        by_layer = np.zeros(len(program.layers))
        for (layer, _), position in held.items():
            by_layer[layer] += position.structures
            expiries = [contract.expiry for _, contract in position.legs if contract.expiry is not None]
            assert all(expiry.settle_bar > arrays.first + number for expiry in expiries), "held past its settlement"
        assert np.allclose(by_layer, record.layer_contracts[number], rtol=1e-9, atol=1e-12)
        for place, layer_rules in enumerate(program.layers):
            if layer_rules.states_at_most:
                assert sum(1 for layer, _ in held if layer == place) <= layer_rules.at_most
        if program.whole_contracts:
            assert all(position.structures == round(position.structures) for position in held.values())


@examples(60)
@given(programs(Wish(options_only=True)), market_names(WHOLE), st.integers(0, 3))
def test_no_structure_loses_more_than_was_said(written: ProgramText, market: str, phase: int) -> None:
    """Bought options are worth nothing at least; a structure of one expiry settles within its worst loss, which is its margin; a vertical
    or condor within its wider wing."""
    program, arrays, record = run(written.text, market, phase)
    told = replay(program, arrays, record)
    for trade in told.trades:
        if trade.before is None:
            continue
        legs = trade.before.legs
        if all(ratio > 0 for ratio, _ in legs):
            assert trade.action not in (CLOSE, ROLL_OUT, SETTLE) or trade.price >= 0.0
        if trade.action == SETTLE and trade.after is None:
            assert trade.price >= -worst_loss(legs) - 1e-9
            calls_and_puts = [[contract.strike for ratio, contract in legs if contract.is_call == is_call] for is_call in (True, False)]
            balanced = all(sum(ratio for ratio, contract in legs if contract.is_call == is_call) == 0 for is_call in (True, False))
            if balanced:
                widest = max(max(strikes) - min(strikes) for strikes in calls_and_puts if strikes)
                assert trade.price >= -widest - 1e-9
    for number, held in enumerate(told.held):
        margin = sum(worst_loss(position.legs) * position.structures * 100.0 for position in held.values())
        assert abs(margin - record.margin[number]) <= 1e-9 * max(margin, 1.0)


@examples(40)
@given(st.integers(2, 30), st.integers(0, 6), st.data(), market_names(WHOLE))
def test_a_budget_pays_all_that_its_layers_buy(percent: int, kept: int, data: st.DataObject, market: str) -> None:
    """Each layer's account, retold: monthly payments, the first pro rata, capped; sales return at most what was paid. It never falls
    below 0, so that purchases never pass what was paid in and returned."""
    kept_text = f", kept {kept} months" if kept else ""
    budget = f"budget {percent}% of capital per year, paid monthly{kept_text}"
    written = data.draw(programs(Wish(hedge_says=(budget,))))
    program, arrays, record = run(written.text, market)
    told = replay(program, arrays, record)
    shares = [layer.share for layer in program.layers]
    full = percent / 100.0 * program.capital / 12.0
    balance = np.zeros(len(shares))
    outlay: dict[tuple[int, int], float] = {}
    trades = iter(sorted(told.trades, key=lambda trade: trade.bar))
    trade = next(trades, None)
    for bar in range(arrays.first, arrays.first + len(record.equity)):
        # Settlements come before the month's payment, decisions after it.
        while trade is not None and trade.bar == bar and trade.action == SETTLE:
            _book(trade, shares, balance, outlay)
            trade = next(trades, None)
        if bar == arrays.first or arrays.month_start[bar] == 1:
            payment = full * arrays.month_part[bar] if bar == arrays.first else full
            balance += np.array(shares) * payment
            if kept:
                balance = np.minimum(balance, np.array(shares) * kept * full)
        while trade is not None and trade.bar == bar:
            _book(trade, shares, balance, outlay)
            trade = next(trades, None)
        assert (balance[np.array(shares) > 0.0] >= -1e-6).all()


def _book(trade: Trade, shares: list[float], balance: Floats, outlay: dict[tuple[int, int], float]) -> None:
    """A purchase is paid from the account; a sale returns what it brings, at most what that part had cost."""
    layer = trade.place[0]
    if shares[layer] <= 0.0:
        return
    paid = outlay.pop(trade.place, 0.0)
    if trade.before is None or (trade.after is not None and trade.after.structures > trade.before.structures):
        balance[layer] -= max(-trade.money, 0.0)
        outlay[trade.place] = paid - trade.money
        return
    rest = 0.0 if trade.after is None else trade.after.structures / trade.before.structures
    if trade.action == SETTLE and trade.after is not None:
        # A leg settled and others live on: what the settled one had cost is not in the journal's net price.
        balance[layer] += max(trade.money, 0.0)
        outlay[trade.place] = paid
        return
    balance[layer] += max(min(trade.money, paid * (1.0 - rest)), 0.0)
    if trade.after is not None:
        outlay[trade.place] = paid * rest


@examples(40)
@given(st.integers(15, 24), st.integers(0, 5), st.data(), market_names(WHOLE))
def test_an_unwound_hedge_is_flat_until_armed_again(above: int, below: int, data: st.DataObject, market: str) -> None:
    says = f"unwind when vix > {above} and equity > $1 until vix < {above - below}"
    written = data.draw(programs(Wish(hedge_says=(says,))))
    program, arrays, record = run(written.text, market)
    vix = column(arrays, "vix")[arrays.first :]
    of_hedge = [number for number, layer in enumerate(program.layers) if program.groups[layer.group].kind == "hedge"]
    unwinding = False
    for number in range(len(record.equity)):
        unwinding = vix[number] > above or (unwinding and not vix[number] < above - below)
        if unwinding:
            assert not record.layer_contracts[number, of_hedge].any()
            today = (record.journal.bar == arrays.first + number) & np.isin(record.journal.layer, of_hedge)
            assert not np.isin(record.journal.action[today], (OPEN, ROLL_IN, REBALANCE)).any()


FIXED = """
capital $1_000_000
costs {costs}
contracts whole
hedge h {{
  layer calls {{ buy {count} VIX calls at 0.{delta} delta, {days} days
    open every {every} sessions
    at most 3 lots
    close when age >= {age} sessions }}
  layer puts {{ buy SPX put at 0.{delta} delta, {days} days
    size {count} contracts
    roll when dte <= {least} days
    close every month }}
}}
"""


@examples(30)
@given(
    st.fixed_dictionaries(
        {
            "count": st.integers(1, 5),
            "delta": st.integers(15, 60),
            "days": st.integers(20, 60),
            "every": st.integers(1, 9),
            "age": st.integers(2, 15),
            "least": st.integers(2, 15),
        }
    ),
    market_names(WHOLE),
)
def test_costs_only_cost(numbers: dict[str, int], market: str) -> None:
    """The same trades with and without costs: without interest the difference is what the run says it paid, and it never shrinks."""
    arrays = replace_series(sample_market(market), rate=np.zeros(sample_market(market).last + 1))
    free, paid = (interpret(compiled(FIXED.format(costs=costs, **numbers)), arrays) for costs in ("none", "listed"))
    for name in ("bar", "layer", "action", "filled", "expiry", "strike"):
        assert same_bits(getattr(free.journal, name), getattr(paid.journal, name)), name
    assert (np.diff(paid.fees) >= 0.0).all()
    assert paid.fees[-1] > 0.0
    assert np.allclose(free.equity - paid.equity, paid.fees, rtol=0.0, atol=1e-9 * 1_000_000.0)
    assert not free.fees.any()


def test_refused_rows_move_nothing() -> None:
    """What the properties above lean on: a refusal is a row without a fill or a cost."""
    _, _, record = run("capital $60_000\nbook b { sell SPX put at 0.30 delta, 30 days\n size 5 contracts\n hold to expiry }\n", "storm")
    refused = record.journal.action == REFUSED
    assert refused.any()
    assert not record.journal.filled[refused].any()
    assert not record.journal.cost[refused].any()
