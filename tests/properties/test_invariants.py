"""What holds of every strategy on every market: the invariants of quant.md section 6 over written programs (the others stand with pricing,
the generator and metrics). The reference runs them; `tests/engine` holds the engine to the same bits.
"""

from __future__ import annotations

import re

import brokers
import numpy as np
import pytest
from attrs import evolve, fields
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import GroupText, ProgramText, Wish, compiled, conditions, events, programs
from replay import Replay, marks_of, replay, worst_loss
from sample_markets import WHOLE, column, cut_last, generated, market_names, replace_series, sample_market
from small_market import small_market

from alvh.compiler.ir import Program
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.metrics import drawdown_reduction, hedge_cost, measure
from alvh.runtime.pricing import costs as pricing_costs
from alvh.runtime.record import CLOSE, OPEN, REBALANCE, REFUSED, ROLL_IN, ROLL_OUT, SETTLE, JournalRows, RunRecord, same_bits
from alvh.runtime.reference import interpret
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_prices import Prices

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


# ---- money (14, 15, 18, 19, 25) --------------------------------------------------------------------------------------------


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

    assert (np.abs(np.cumsum(told.cost) - record.fees) <= near).all()
    if program.fill == "next open":
        # What is traded at the open gains or loses until the close, which no mark from close to close shows.
        return
    settled = settled_by_bar(told, arrays, len(record.equity))
    carried = marks[:-1, 1] + settled[1:] - marks[:-1, 0]
    change = carried + told.variation[1:] - told.cost[1:] + np.diff(record.interest)
    assert (np.abs(np.diff(record.equity) - change) <= near[1:]).all()


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


BLIND = (
    (r"\b(per \$1_000_000 of) (?:equity|capital)\b", r"\1 condors.notional"),
    (r"(?<!^)\b(?:equity|cash|capital)\b", "$1_000_000"),
    (r"\bquick_ratio\b|\bnet_beta\b", "zscore(spx, 5)"),
    (r"\bwacc\b", "rate"),
)
"""What stands in for each reading of the account, so that no size, rule or limit depends on the money there is."""


def blind_to_the_account(written: ProgramText) -> ProgramText:
    """The program on a billion, reading nothing of it."""

    def of(line: str) -> str:
        for pattern, instead in BLIND:
            line = re.sub(pattern, instead, line)
        return line

    def of_group(group: GroupText) -> GroupText:
        kept = [of(line) for line in group.statements if not line.startswith(("keep", "unit"))]
        return evolve(group, statements=tuple(kept), layers=tuple(map(of, group.layers)))

    declarations = ("capital $1_000_000_000" if line.startswith("capital") else of(line) for line in written.declarations)
    return ProgramText(tuple(declarations), tuple(map(of_group, written.groups)))


@examples(40)
@given(programs(Wish(hold=False)), market_names(), st.integers(1, 900))
def test_a_deposit_that_no_size_reads_only_earns_interest(written: ProgramText, market: str, millions: int) -> None:
    """More money in the account, and nothing reads how much there is: the same journal, and at every bar the deposit with its interest."""
    program, arrays, record = run(blind_to_the_account(written).text, market)
    more = interpret(evolve(program, capital=program.capital + millions * 1e6), arrays)
    assert len(more.equity) == len(record.equity)
    for name in COLUMNS:
        assert same_bits(getattr(record.journal, name), getattr(more.journal, name)), f"journal.{name}"
    for name in ("margin", "fees", "layer_profit", "layer_value", "layer_contracts"):
        assert same_bits(getattr(record, name), getattr(more, name)), name
    bars = len(record.equity)
    rates, days = column(arrays, "rate")[arrays.first :][: bars - 1], np.diff(arrays.sessions[arrays.first :][:bars])
    growth = np.concatenate([[1.0], np.cumprod(1.0 + np.nan_to_num(rates) * days / 360.0)])
    known = np.isfinite(record.equity)
    assert np.allclose((more.equity - record.equity)[known], (millions * 1e6 * growth)[known], rtol=0.0, atol=1e-9 * more.equity[0])


# ---- causality (26, 27, 29, 30) ----------------------------------------------------------------------------------------


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


LAGGED = """
capital $1_000_000_000
costs listed
contracts fractional
input ad_line : index
input signal : condition
input weight : ratio
calendar cpi
trigger seen = {condition}
hedge h {{
  layer a {{ {legs}
    size 1 contract
    open when {asks}
    at most 200 lots
    hold to expiry }}
}}
"""


@examples(40)
@given(
    conditions(),
    st.integers(1, 3),
    st.sampled_from(
        ("buy VIX call at 0.30 delta, 40 days", "sell VX future, month 2", "buy SPX put at 0.30 delta, 30 days", "buy VXX shares")
    ),
    market_names(("calm walk", "rough walk", "storm", "generated 11")),
)
def test_a_signal_is_filled_at_the_prices_of_its_bar_or_of_so_many_later(condition: str, lag: int, legs: str, market: str) -> None:
    """A signal of a bar's close buys at that bar's prices, and the signal of `lag` bars before at those of `lag` bars later; the rule's
    readings in the journal are those of the bar it asks on."""
    blind = blind_to_the_account(ProgramText((f"let said = {condition}",), ())).declarations[0].removeprefix("let said = ")
    at_once, later = (run(LAGGED.format(condition=blind, legs=legs, asks=asks), market) for asks in ("seen", f"prev(seen, {lag} sessions)"))
    arrays = at_once[1]
    asked = [
        set(np.unique(record.journal.bar[np.isin(record.journal.action, (OPEN, REFUSED))]).tolist()) for _, _, record in (at_once, later)
    ]
    first_known = arrays.first + lag
    assert {bar for bar in asked[1] if bar >= first_known} == {bar + lag for bar in asked[0] if bar + lag <= arrays.last}
    for program, _, record in (at_once, later):
        opened = np.flatnonzero(record.journal.action == OPEN).tolist()
        for row in opened:
            assert record.journal.price[row] == pytest.approx(traded_price(program, arrays, record, row), rel=1e-12)


def traded_price(program: Program, arrays: MarketArrays, record: RunRecord, row: int) -> float:
    """Of one structure of a row that opened, by the model prices of the row's own bar: bought at the ask, sold at the bid."""
    market = MarketPath(arrays, 0)
    prices = Prices(market, int(record.journal.bar[row]), program.costs)
    price = 0.0
    for number, leg in enumerate(program.layers[0].legs):
        expiry = None if leg.right == "shares" else market.expiries(leg.product)[int(record.journal.expiry[row, number])]
        contract = Contract(leg.product, leg.right, expiry, float(record.journal.strike[row, number]))
        quote = prices.quote(contract)
        price += leg.weight * (quote.mid + quote.half if leg.ratio > 0 else quote.mid - quote.half)
    return price


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


MARGINED = """
capital $100_000_000
costs {costs}
contracts {contracts}
hedge h {{
  at most 4 lots
  layer futures {{ {side} {count} VX futures, month {month}
    open every 3 sessions
    close when age >= {age} sessions }}
  layer small {{ {side} {count} VXM futures, month {month}
    buy 1 VX future, month 3
    open every 4 sessions
    hold to expiry }}
  layer both {{ buy {count} {product} calls at 0.{delta} delta, 90 days
    buy {count} {product} puts at 0.{delta} delta, 90 days
    open every week
    close when age >= 30 sessions }}
  layer written {{ write {product} {right} at 0.{further} delta, {days} days against both
    size {count} contracts
    open every 2 sessions
    close when age >= {age} sessions }}
}}
"""


@examples(30)
@given(
    st.fixed_dictionaries(
        {
            "side": st.sampled_from(("buy", "sell")),
            "count": st.integers(1, 4),
            "month": st.integers(1, 5),
            "age": st.integers(2, 12),
            "product": st.sampled_from(("VIX", "SPX", "VXX", "UVXY")),
            "right": st.sampled_from(("call", "put")),
            "delta": st.integers(20, 50),
            "further": st.integers(15, 60),
            "days": st.integers(9, 40),
            "costs": st.sampled_from(("none", "listed")),
            "contracts": st.sampled_from(("whole", "fractional")),
        }
    ),
    market_names(WHOLE),
)
def test_futures_and_written_options_bind_what_a_broker_asks(words: dict[str, object], market: str) -> None:
    assert_margin_is_a_brokers(*run(MARGINED.format(**words), market), at_least={"h.futures", "h.small", "h.written"})


@examples(40)
@given(programs(), market_names(WHOLE), st.integers(0, 3))
def test_every_program_binds_what_a_broker_asks(written: ProgramText, market: str, phase: int) -> None:
    assert_margin_is_a_brokers(*run(written.text, market, phase), at_least=set())


def assert_margin_is_a_brokers(program: Program, arrays: MarketArrays, record: RunRecord, at_least: set[str]) -> None:
    """Bar by bar, what is held after its orders at its prices; `at_least` are layers that must bind something on the way."""
    told, path = replay(program, arrays, record), MarketPath(arrays, 0)
    binding: set[str] = set()
    for number, held in enumerate(told.held):
        prices = Prices(path, arrays.first + number, program.costs)
        total = 0.0
        for (place, _), position in held.items():
            layer = program.layers[place]
            margin = brokers.margin_of_structure(position.legs, prices.mid, layer.cover >= 0) * position.units
            total += margin
            binding |= {layer.name} if margin > 0.0 else set()
        assert record.margin[number] == pytest.approx(total, rel=1e-9, abs=1e-6), number
    assert at_least <= binding


@examples(40)
@given(st.integers(15, 24), st.integers(0, 5), st.data(), market_names(WHOLE))
def test_an_unwound_hedge_is_flat_until_armed_again(above: int, below: int, data: st.DataObject, market: str) -> None:
    says = f"unwind when vix > {above} and equity > $1 until vix < {above - below}"
    written = data.draw(programs(Wish(hedge_says=(says,), fill="this close")))
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
  layer futures {{ sell {count} VX futures, month 2
    buy {count} VXM futures, month 3
    roll when dte <= {least} days }}
  layer fund {{ buy {count} VXX puts at 0.{delta} delta, {days} days
    buy 100 VXX shares
    size {count} contracts
    roll puts every {every} sessions
    close when age >= {age} sessions }}
  layer written {{ write VIX call at 0.20 delta, 9 days against calls
    size {count} contracts
    close when age >= 3 sessions }}
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
    """The same trades with costs of three sorts: without interest the difference is what the run says it paid, and it never shrinks;
    crowded costs are no less than listed ones, bar by bar."""
    arrays = replace_series(sample_market(market), rate=np.zeros(sample_market(market).last + 1))
    free, paid, crowded = (interpret(compiled(FIXED.format(costs=costs, **numbers)), arrays) for costs in ("none", "listed", "crowded"))
    for record in (paid, crowded):
        for name in ("bar", "layer", "action", "filled", "expiry", "strike"):
            assert same_bits(getattr(free.journal, name), getattr(record.journal, name)), name
        assert (np.diff(record.fees) >= 0.0).all()
        assert record.fees[-1] > 0.0
        assert np.allclose(free.equity - record.equity, record.fees, rtol=0.0, atol=1e-9 * 1_000_000.0)
    assert (crowded.fees >= paid.fees - 1e-9).all()
    assert (crowded.equity <= paid.equity + 1e-6).all()
    assert not free.fees.any()


@examples(40)
@given(programs(Wish(costs="none", hold=False)), market_names(WHOLE), st.integers(0, 3))
def test_without_costs_no_trade_moves_the_equity(written: ProgramText, market: str, phase: int) -> None:
    """Whatever a rule does (rolls to the same contract or another tenor, trims, keeps): the equity after it is that before it."""
    program, arrays, record = run(written.text, market, phase)
    # What is traded at the open moves until the close.
    assume(program.fill != "next open")
    told = replay(program, arrays, record)
    marks = marks_of(program, arrays, told)
    before = record.cash[:-1] + marks[:-1, 1] + np.diff(record.interest) + settled_by_bar(told, arrays, len(record.equity))[1:]
    before += told.variation[1:]
    assert (np.abs(before - record.equity[1:]) <= 1e-9 * scale_of(program, record)[1:]).all()
    assert record.equity[0] == pytest.approx(program.capital, rel=1e-12)
    assert not told.cost.any()


KEEPING = """
capital $1_000_000_000
costs none
contracts fractional
hedge h {{
  layer a {{ {legs}
    size {count} contracts
    at most 4 lots
    open every 3 sessions
    roll {to} keeping {what} when age >= {age} sessions }}
}}
"""


@examples(40)
@given(
    st.sampled_from(("contracts", "premium", "delta")),
    st.sampled_from(("", "to 80 days", "to month 4")),
    st.sampled_from(
        (
            "buy 2 VIX calls at 0.30 delta, 40 days",
            "buy VIX call at 0.50 delta, 40 days\n sell VIX call at 0.20 delta, same expiry",
            "buy SPX put at 0.30 delta, 40 days",
            "buy VXX put at 0.40 delta, 40 days",
        )
    ),
    st.integers(1, 9),
    st.integers(1, 6),
    market_names(WHOLE),
)
def test_a_roll_keeps_what_it_says(what: str, to: str, legs: str, count: int, age: int, market: str) -> None:
    """Without costs, cuts and rounding: as many contracts, as much money or as much delta as was sold."""
    program, arrays, record = run(KEEPING.format(what=what, to=to, legs=legs, count=count, age=age), market)
    rows = record.journal
    sales, purchases = (
        {(rows.bar[row], rows.slot[row]): row for row in np.flatnonzero(rows.action == action).tolist()} for action in (ROLL_OUT, ROLL_IN)
    )
    assume(purchases)
    for place, bought in purchases.items():
        sold = sales[place]
        match what:
            case "contracts":
                assert rows.filled[bought] == rows.filled[sold]
            case "premium":
                assert np.isclose(rows.price[bought] * rows.filled[bought], rows.price[sold] * rows.filled[sold], rtol=1e-9)
            case "delta":
                before, after = (abs(delta_of(program, arrays, record, row)) * rows.filled[row] for row in (sold, bought))
                assert np.isclose(after, before, rtol=1e-9)


def delta_of(program: Program, arrays: MarketArrays, record: RunRecord, row: int) -> float:
    """Of one structure of a row, in points."""
    market = MarketPath(arrays, 0)
    prices = Prices(market, int(record.journal.bar[row]), program.costs)
    delta = 0.0
    for number, leg in enumerate(program.layers[0].legs):
        expiry = market.expiries(leg.product)[int(record.journal.expiry[row, number])]
        delta += leg.weight * prices.signed_delta(Contract(leg.product, leg.right, expiry, float(record.journal.strike[row, number])))
    return delta


ROUND_TRIP = """
capital $100_000_000
costs {costs}
hedge h {{
  layer a {{ {side} {count} {product} futures, month {month}
    open every 5 sessions
    close when age >= {age} sessions }}
}}
"""


@examples(40)
@given(
    st.sampled_from(("buy", "sell")),
    st.integers(1, 20),
    st.sampled_from((("VX", 1000.0, 2.0), ("VXM", 100.0, 1.0))),
    st.integers(2, 5),
    st.integers(1, 4),
    st.sampled_from(("none", "listed", "crowded")),
    st.floats(10.0, 60.0),
)
def test_a_future_bought_and_sold_at_one_price_costs_fees_and_spread(
    side: str, count: int, product: tuple[str, float, float], month: int, age: int, costs: str, vix: float
) -> None:
    """Entering is worth nothing and moves no cash but the costs; so does leaving."""
    name, multiplier, fee = product
    arrays = small_market(25, vix=vix, **{f"vx{rank}": 21.5 for rank in range(1, 10)})
    text = ROUND_TRIP.format(side=side, count=count, product=name, month=month, age=age, costs=costs)
    record = interpret(compiled(text), arrays)
    trades = np.isin(record.journal.action, (OPEN, CLOSE)).sum()
    assert trades >= 6
    crowd = pricing_costs.crowd_factor(vix, vix) if costs == "crowded" else 1.0
    each = 0.0 if costs == "none" else count * (fee + multiplier * crowd * pricing_costs.future_half_spread(vix))
    contracts_change = np.isin(np.arange(25), record.journal.bar).astype(float) * each
    assert np.allclose(record.equity, 100_000_000.0 - np.cumsum(contracts_change), rtol=0.0, atol=1e-5)
    assert np.allclose(record.equity, record.cash, rtol=0.0, atol=1e-9)


@examples(30)
@given(st.sampled_from(("buy", "sell")), st.integers(1, 9), st.integers(1, 4), st.sampled_from(("VX", "VXM")), market_names(WHOLE))
def test_a_future_pays_its_moves_day_by_day(side: str, count: int, month: int, product: str, market: str) -> None:
    """Until it settles cash moves by the future's price times its dollars, and by nothing else."""
    text = (
        f"capital $100_000_000\ncosts none\nhedge h {{ layer a {{ {side} {count} {product} futures, month {month}\n hold to expiry }} }}\n"
    )
    _, arrays, record = run(text, market)
    arrays_rate = np.diff(record.interest)
    opened = record.journal.action == OPEN
    held_from = int(record.journal.bar[opened][0])
    settled = record.journal.bar[record.journal.action == SETTLE]
    held_to = int(settled[0]) if len(settled) else arrays.last + 1
    rank_at_start = month
    sign = (1.0 if side == "buy" else -1.0) * count * (1000.0 if product == "VX" else 100.0)
    index = int(arrays.vx_front[held_from]) + rank_at_start
    for bar in range(held_from + 1, held_to):
        now, before = (column(arrays, f"vx{index - int(arrays.vx_front[day])}")[day] for day in (bar, bar - 1))
        number = bar - arrays.first
        assert np.isclose(
            record.cash[number] - record.cash[number - 1], sign * (now - before) + arrays_rate[number - 1], rtol=1e-9, atol=1e-6
        )


@examples(20)
@given(st.integers(20, 70), st.sampled_from(("VIX call", "SPX put", "VXX call", "UVXY put")), market_names(WHOLE))
def test_days_pick_the_nearest_listed_expiry(days: int, what: str, market: str) -> None:
    """Of two alike the earlier; nothing before it is listed."""
    says = f"buy {what} at 0.40 delta, {days} days\n open every 5 sessions\n close when age >= 4 sessions"
    text = f"capital $1_000_000\nhedge h {{ at most 9 lots\n layer a {{ {says} }} }}\n"
    _, arrays, record = run(text, market)
    expiries = arrays.expiries_of(what.split()[0])
    opened = np.flatnonzero(record.journal.action == OPEN)
    assert len(opened)
    for row in opened.tolist():
        bar = int(record.journal.bar[row])
        chosen = int(record.journal.expiry[row, 0])
        listed = np.flatnonzero((expiries.listed_bar <= bar) & (bar < expiries.settle_bar))
        away = np.abs(expiries.settle_day[listed] - arrays.sessions[bar] - days)
        assert chosen == listed[np.flatnonzero(away == away.min())[0]]


DOMINANCE = """
capital $10_000_000
costs none
book condors {{
  short_put : sell SPX put at 0.25 delta, 30 days
  long_put : buy SPX put 50 points below short_put, same expiry
  size 5 contracts
  open every 7 sessions
  at most 3 lots
  close when age >= 12 sessions
}}
{hedge}
"""


@examples(30)
@given(
    st.sampled_from(("VIX call", "VIX put", "SPX put", "VXX call", "UVXY put")),
    st.integers(1, 9),
    st.integers(15, 50),
    st.integers(10, 60),
    market_names(WHOLE),
)
def test_what_is_bought_loses_its_premium_at_most(what: str, count: int, delta: int, days: int, market: str) -> None:
    """A free long option never lowers what is left at the end: with the premiums given back, the hedged account is never below the other.
    So dearer premiums only lower it."""
    hedge = (
        f"hedge h {{ at most 6 lots\n layer a {{ buy {count} {what}s at 0.{delta} delta, {days} days\n"
        " open every 4 sessions\n hold to expiry } }"
    )
    arrays = replace_series(sample_market(market), rate=np.zeros(sample_market(market).last + 1))
    alone, hedged = (interpret(compiled(DOMINANCE.format(hedge=text)), arrays) for text in ("", hedge))
    rows = hedged.journal
    bought = (rows.layer == 1.0) & (rows.action == OPEN)
    assert bought.any()
    premiums = np.zeros(len(hedged.equity))
    np.add.at(premiums, rows.bar[bought].astype(int) - arrays.first, rows.price[bought] * rows.filled[bought] * 100.0)
    assert (hedged.equity + np.cumsum(premiums) >= alone.equity - 1e-6).all()


WHOLE_AND_PARTS = """
capital ${capital}
costs listed
contracts {contracts}
book puts {{ sell SPX put at 0.20 delta, 30 days
  size 30% of equity
  close when age >= 9 sessions }}
hedge h {{
  layer calls {{ buy VIX call at 0.30 delta, 40 days
    size 1% of equity
    roll keeping premium when age >= 6 sessions }}
  layer futures {{ buy 1 VX future, month 2
    size 3% of equity
    rebalance every 5 sessions
    hold to expiry }}
  layer shares {{ buy 1 VXX share
    size 1% of equity
    close when age >= 5 sessions }}
}}
"""


@examples(12)
@given(market_names(WHOLE))
def test_whole_contracts_come_near_to_parts_of_them_as_money_grows(market: str) -> None:
    def gap(capital: int) -> float:
        both = (run(WHOLE_AND_PARTS.format(capital=capital, contracts=contracts), market)[2] for contracts in ("whole", "fractional"))
        left, right = both
        return float(np.max(np.abs(left.equity - right.equity))) / capital

    assert gap(1_000_000_000_000) <= 1e-6
    assert gap(1_000_000_000) <= max(gap(3_000_000), 1e-6)


@examples(60)
@given(st.lists(st.floats(1e5, 1e6), min_size=20, max_size=60), st.floats(1e-3, 1e3))
def test_figures_of_a_run_against_itself(equity: list[float], factor: float) -> None:
    """MDD does not depend on scale and is 0 of what only rises; against itself nothing is reduced and nothing costs."""
    values = np.array(equity)
    figures, scaled = (measure(factor_of * values, factor_of * values[0], 0, None) for factor_of in (1.0, factor))
    assert figures.max_drawdown is not None
    assert scaled.max_drawdown == pytest.approx(figures.max_drawdown, rel=1e-9, abs=1e-12)
    rising = np.maximum.accumulate(values)
    assert measure(rising, rising[0], 0, None).max_drawdown == 0.0
    assert drawdown_reduction(figures.max_drawdown, figures.max_drawdown) in (0.0, None)
    smaller = drawdown_reduction(0.5 * figures.max_drawdown, figures.max_drawdown)
    assert smaller is None or smaller <= 1.0
    assert hedge_cost(0.0, values) == 0.0


def test_refused_rows_move_nothing() -> None:
    """What the properties above lean on: a refusal is a row without a fill or a cost."""
    _, _, record = run("capital $60_000\nbook b { sell SPX put at 0.30 delta, 30 days\n size 5 contracts\n hold to expiry }\n", "storm")
    refused = record.journal.action == REFUSED
    assert refused.any()
    assert not record.journal.filled[refused].any()
    assert not record.journal.cost[refused].any()
