"""No cent appears or vanishes under any verb: cash, gains, budgets and their shares, what covers and what is kept, each retold from the
journal; and each check seen to fail when a verb leaks one cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import define, evolve, field, frozen
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from programs import GroupText, ProgramText, Wish, compiled, programs
from replay import Place, Position, Replay, Trade, marks_of, replay
from sample_markets import WHOLE, column, market_names, sample_market
from scenarios import SETTINGS, market_of

from alvh.compiler.ir import Program, Rule, Shift, rules_of
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.record import ADD, CLOSE, KEEP, OPEN, REBALANCE, ROLL_IN, ROLL_OUT, SETTLE, SHIFT, TRIM, RunRecord
from alvh.runtime.reference import interpret
from alvh.runtime.reference_account import LayerState, lots_of
from alvh.runtime.reference_attributes import net_beta
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_ledger import Ledger
from alvh.runtime.reference_prices import Prices

CENT = 0.01


@define
class Accounts:
    """What the journal does not show, bar by bar: an observer of the reference."""

    shares: list[list[float]] = field(factory=list)
    balances: list[list[float]] = field(factory=list)
    gains: list[list[float]] = field(factory=list)
    yearly: list[dict[int, float]] = field(factory=list)
    """By group, what its budget is paid by."""
    betas: list[tuple[float, float]] = field(factory=list)
    """Dollars of the index that all lots stand for, before the decisions and after them."""
    program: Program | None = None
    prices: Prices | None = None
    before: float = 0.0

    def decisions_begin(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], prices: Prices) -> None:
        self.prices = prices
        self.before = net_beta(layers, 0.0, 1.0, prices)

    def lot_read(self, bar: int, layer: int, slot: int, values: Sequence[float]) -> None: ...

    def order_refused(self, bar: int, layer: int, slot: int, rule: Rule | None, code: int, asked: float) -> None: ...

    def order_decided(self, row: Row) -> None: ...

    def decisions_end(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], values: Sequence[float]) -> None:
        assert self.program is not None
        assert self.prices is not None
        self.shares.append([state.share for state in layers])
        self.balances.append([state.balance for state in layers])
        self.gains.append([state.gains for state in layers])
        budgets = enumerate(group.budget for group in self.program.groups)
        self.yearly.append({number: values[budget.yearly] for number, budget in budgets if budget is not None})
        self.betas.append((self.before, net_beta(layers, 0.0, 1.0, self.prices)))
        assert all(lot.structures > 0.0 for lot in lots_of(layers))


@frozen(eq=False)
class Case:
    """A run and what is told of it."""

    program: Program
    arrays: MarketArrays
    record: RunRecord
    told: Replay
    accounts: Accounts

    @property
    def near(self) -> Floats:
        return 1e-9 * np.maximum(self.program.capital, np.abs(self.record.equity))


def case_of(program: Program, arrays: MarketArrays, phase: int = 0) -> Case:
    accounts = Accounts(program=program)
    record = interpret(program, arrays, phase=phase, observer=accounts)
    return Case(program, arrays, record, replay(program, arrays, record), accounts)


# ---- what is conserved ---------------------------------------------------------------------------------------------


def check_cash(case: Case) -> None:
    """Cash is the capital, what the journal moved, what futures moved by their marks, and interest; with marks it is the equity."""
    program, record, told = case.program, case.record, case.told
    if program.hold_index:
        half = 0.0 if program.costs == "none" else 0.00005
        spx = column(case.arrays, "spx")[case.arrays.first :]
        moved = told.cash_moved + np.array([program.capital, *[0.0] * (len(spx) - 1)])
        held = np.cumsum(moved / (spx * np.where(moved > 0.0, 1.0 + half, 1.0 - half))) * spx
        assert not record.cash.any()
    else:
        held = program.capital + np.cumsum(told.cash_moved) + record.interest
        assert (np.abs(held - record.cash) <= case.near).all()
    marks = marks_of(program, case.arrays, told)[:, 0]
    assert (np.abs(held + marks - record.equity) <= case.near).all()


def check_gains(case: Case) -> None:
    """A layer's gains are what its lots that ended at a gain brought in all, less what was added from them."""
    rules, rows = rules_of(case.program), case.record.journal
    brought: dict[Place, float] = defaultdict(float)
    gains = np.zeros(len(case.program.layers))
    for bar, moves in enumerate(_by_bar(case), case.arrays.first):
        for place, money, trade in moves:
            brought[place] += money
            if trade is None:
                continue
            if trade.action == ADD and rules[int(rows.rule[trade.row])].from_gains >= 0:
                gains[rules[int(rows.rule[trade.row])].from_gains] -= max(-money, 0.0)
            if trade.after is None:
                gains[place[0]] += max(brought.pop(place), 0.0)
        number = bar - case.arrays.first
        assert (np.abs(gains - case.accounts.gains[number]) <= case.near[number]).all()


def _by_bar(case: Case) -> Iterator[list[tuple[Place, float, Trade | None]]]:
    """What moved money of a lot, as it happened. Side rolls and partial sales leave the lot there."""
    moves: dict[int, list[tuple[Place, float, Trade | None]]] = defaultdict(list)
    for bar, place, money, trade in case.told.moves:
        moves[bar].append((place, money, trade))
    for number in range(len(case.record.equity)):
        yield moves[case.arrays.first + number]


def check_shares(case: Case) -> None:
    """Shifts move shares of a budget; their sum stays, and each stands where the journal leaves it."""
    shares = np.array([layer.share for layer in case.program.layers])
    groups = np.array([layer.group for layer in case.program.layers])
    totals = [shares[groups == group].sum() for group in range(len(case.program.groups))]
    rows = case.record.journal
    shifts = _shifts(case.program)
    for number, found in enumerate(case.accounts.shares):
        for row in np.flatnonzero((rows.bar == case.arrays.first + number) & (rows.action == SHIFT)).tolist():
            shift = shifts[int(rows.rule[row])]
            shares[[shift.source, shift.target]] += np.array([-1.0, 1.0]) * rows.filled[row]
        assert np.allclose(shares, found, rtol=0.0, atol=1e-12)
        assert (np.array(found) >= 0.0).all()
        assert np.allclose([np.array(found)[groups == group].sum() for group in range(len(totals))], totals, rtol=0.0, atol=1e-12)


def _shifts(program: Program) -> dict[int, Shift]:
    """By number of their rule."""
    rules = rules_of(program)
    return {number: shift for number, rule in enumerate(rules) for group in program.groups for shift in group.shifts if shift.rule is rule}


def check_balances(case: Case) -> None:
    """Each layer's right to spend: monthly payments by the share of the moment, capped; purchases; what sales return, at most what that
    part had cost; what shifts move. Never below 0. Lots of futures, and those of which a part settled or was struck anew, are passed over:
    what was paid for a part of a lot is in no journal."""
    told = _Balances(case)
    for number, found in enumerate(case.accounts.balances):
        told.follow(case.arrays.first + number)
        exact = told.exact & told.budgeted
        assert (np.abs(told.balance - found)[exact] <= 1e-9 * case.program.capital).all()
        assert (np.array(found)[told.budgeted] >= -1e-6).all()
        told.balance = np.where(exact, told.balance, found)


class _Balances:
    def __init__(self, case: Case) -> None:
        self.case = case
        layers = case.program.layers
        self.shifts = _shifts(case.program)
        named = {number for shift in self.shifts.values() for number in (shift.source, shift.target)}
        self.budgeted = np.array(
            [
                case.program.groups[layer.group].budget is not None and (layer.share > 0.0 or number in named)
                for number, layer in enumerate(layers)
            ]
        )
        self.share = np.array([layer.share for layer in layers])
        self.balance = np.zeros(len(layers))
        self.exact = np.ones(len(layers), dtype=bool)
        self.paid: dict[Place, float] = {}
        self.trades = {trade.row: trade for trade in case.told.trades}

    def follow(self, bar: int) -> None:
        rows = self.case.record.journal
        today = np.flatnonzero(rows.bar == bar).tolist()
        settlements = [row for row in today if rows.action[row] == SETTLE]
        for row in settlements:
            self.book(self.trades[row])
        # What fills a session later does so before the day's payment and shifts.
        fills_later = self.case.program.fill != "this close"
        if not fills_later:
            self.pay(bar)
        for row in today:
            if row in self.trades and row not in settlements:
                self.book(self.trades[row])
            elif rows.action[row] == SHIFT and not fills_later:
                self.shift(self.shifts[int(rows.rule[row])], float(rows.filled[row]))
        if fills_later:
            self.pay(bar)
            for row in today:
                if rows.action[row] == SHIFT:
                    self.shift(self.shifts[int(rows.rule[row])], float(rows.filled[row]))

    def pay(self, bar: int) -> None:
        arrays = self.case.arrays
        is_first = bar == arrays.first
        if not is_first and arrays.month_start[bar] != 1:
            return
        for group, yearly in self.case.accounts.yearly[bar - arrays.first].items():
            budget = self.case.program.groups[group].budget
            if budget is None or not yearly >= 0.0:
                continue
            for number, layer in enumerate(self.case.program.layers):
                if layer.group != group or not self.budgeted[number]:
                    continue
                full = yearly / 12.0
                self.balance[number] += self.share[number] * full * (arrays.month_part[bar] if is_first else 1.0)
                if budget.kept_months > 0.0:
                    self.balance[number] = min(self.balance[number], self.share[number] * budget.kept_months * full)

    def shift(self, shift: Shift, moved: float) -> None:
        money = moved / self.share[shift.source] * self.balance[shift.source]
        for number, sign in ((shift.source, -1.0), (shift.target, 1.0)):
            self.share[number] += sign * moved
            self.balance[number] += sign * money
        self.exact[shift.target] &= self.exact[shift.source]

    def book(self, trade: Trade) -> None:
        layer = trade.place[0]
        position = trade.before or trade.after
        assert position is not None
        partly = trade.after is not None and trade.before is not None and trade.after.legs != trade.before.legs
        side = trade.action in (ROLL_OUT, ROLL_IN) and trade.before is not None and trade.after is not None
        if partly or side or any(contract.right == "future" for _, contract in position.legs):
            self.exact[layer] = False
        paid = self.paid.pop(trade.place, 0.0)
        if trade.before is None or (trade.after is not None and trade.after.structures > trade.before.structures):
            self.balance[layer] -= max(-trade.money, 0.0)
            self.paid[trade.place] = paid - trade.money
            return
        rest = 0.0 if trade.after is None else trade.after.structures / trade.before.structures
        self.balance[layer] += max(min(trade.money, paid * (1.0 - rest)), 0.0)
        if trade.after is not None:
            self.paid[trade.place] = paid * rest


def check_cover(case: Case) -> None:
    """Contracts sold against a layer never pass those of it that last as long. Where orders fill later, what covers may be cut by then."""
    if case.program.fill != "this close":
        return
    for held in case.told.held:
        for number, layer in enumerate(case.program.layers):
            if layer.cover < 0:
                continue
            written = [position for (of, _), position in held.items() if of == number]
            for day in {_nearest(position) for position in written}:
                reaching = sum(position.structures for position in written if _nearest(position) >= day)
                covering = sum(q.structures for (of, _), q in held.items() if of == layer.cover and _nearest(q) >= day)
                assert reaching <= covering * (1.0 + 1e-9) + 1e-9


def _nearest(position: Position) -> float:
    return min((contract.expiry.settle_day for _, contract in position.legs if contract.expiry is not None), default=np.inf)


def check_band(case: Case) -> None:
    """A keep acts outside its band only, and where nothing else is traded it never brings the account past the bound. More of a lot that
    is held is bought by the beta of what would be bought today, and may pass it."""
    program, rows, rules = case.program, case.record.journal, rules_of(case.program)
    for group in program.groups:
        for keep in group.keeps:
            low, high = program.nodes[keep.low], program.nodes[keep.high]
            if (low.operation, high.operation) != ("constant", "constant"):
                continue
            of_keep = (rows.action == KEEP) & (rows.rule == next(number for number, rule in enumerate(rules) if rule is keep.rule))
            assert not ((rows.reads[of_keep, 0] >= low.value) & (rows.reads[of_keep, 0] <= high.value)).any()
            if program.fill != "this close":
                # The account moves between the order and its fill.
                continue
            for bar in set(rows.bar[of_keep].tolist()):
                trades = [trade for trade in case.told.trades if trade.bar == bar and trade.action != SETTLE]
                grown = any(trade.before is not None and rows.asked[trade.row] > 0.0 for trade in trades)
                if grown or any(not of_keep[trade.row] for trade in trades):
                    continue
                before, after = case.accounts.betas[int(bar) - case.arrays.first]
                level = rows.reads[of_keep & (rows.bar == bar), 0][0]
                equity = before / level if level != 0.0 and not program.hold_index else np.nan
                bound = (low.value if level < low.value else high.value) * equity
                if np.isfinite(bound):
                    assert min(before, bound) - 1e-6 * abs(equity) <= after <= max(before, bound) + 1e-6 * abs(equity)


CHECKS: tuple[Callable[[Case], None], ...] = (check_cash, check_gains, check_shares, check_balances, check_cover, check_band)


@pytest.mark.parametrize("part", range(3))
def test_nothing_appears_or_vanishes_under_any_verb(part: int) -> None:
    @examples(40, part)
    @given(programs(), market_names(WHOLE), st.integers(0, 3))
    def conserve(written: ProgramText, market: str, phase: int) -> None:
        case = case_of(compiled(written.text), sample_market(market), phase)
        for check in CHECKS:
            check(case)

    conserve()


@examples(40)
@given(st.integers(2, 30), st.integers(0, 6), st.integers(0, 9), st.data(), market_names(WHOLE))
def test_a_budget_pays_all_that_its_layers_buy(percent: int, kept: int, every: int, data: st.DataObject, market: str) -> None:
    """Each hedge with a budget, its shares shifted to and fro."""
    kept_text = f", kept {kept} months" if kept else ""
    budget = f"budget {percent}% of capital per year, paid monthly{kept_text}"
    written = data.draw(programs(Wish(hedge_says=(budget,), options_only=True)))
    case = case_of(compiled(_with_shifts(written, every).text), sample_market(market))
    check_shares(case)
    check_balances(case)


def _with_shifts(written: ProgramText, every: int) -> ProgramText:
    """With shifts between the first two layers that have a share."""

    def shifted(group: GroupText) -> GroupText:
        names = [layer.split()[1] for layer in group.layers if "\n    share " in layer]
        if every == 0 or len(names) < 2:
            return group
        there, back = (f"shift {part}% from {one} to {other} every {days} sessions" for part, one, other, days in (
            (10, names[0], names[1], every),
            (70, names[1], names[0], every + 3),
        ))  # fmt: skip
        return evolve(group, statements=(*group.statements, there, back))

    return ProgramText(written.declarations, tuple(shifted(group) for group in written.groups))


# ---- the checks themselves: a leak of one cent is seen ------------------------------------------------------------


def _cash(ledger: Ledger) -> None:
    ledger.cash += CENT


def _leak(method: str, when: Callable[..., bool], drop: Callable[..., None]) -> Callable[[pytest.MonkeyPatch], None]:
    """After `method` of the ledger, where `when` holds of its arguments, `drop` loses a cent."""
    original = getattr(Ledger, method)

    def leaking(self: Ledger, *arguments: Any, **named: Any) -> Any:
        result = original(self, *arguments, **named)
        if when(*arguments):
            drop(self, *arguments)
        return result

    return lambda monkeypatch: monkeypatch.setattr(Ledger, method, leaking)


def _of_action(action: int) -> Callable[..., bool]:
    return lambda state, order, sold, done, *rest: done == action


def _of_kind(kind: str) -> Callable[..., bool]:
    return lambda ask, q, code: ask.kind == kind


def _always(*arguments: Any) -> bool:
    return True


def _to_cash(ledger: Ledger, *arguments: Any) -> None:
    _cash(ledger)


def _to_balance(ledger: Ledger, state: LayerState, *rest: Any) -> None:
    state.balance += CENT


def _to_gains(ledger: Ledger, state: LayerState, *rest: Any) -> None:
    state.gains += CENT


def _to_target(ledger: Ledger, source: LayerState, target: LayerState, *rest: Any) -> None:
    target.balance += CENT


def _to_share(ledger: Ledger, source: LayerState, target: LayerState, *rest: Any) -> None:
    target.share += CENT


def _to_source_of_gains(ledger: Ledger, ask: Any, q: float, code: int) -> None:
    ledger.layers[ask.draws_on].gains += CENT


SALES = {"close": CLOSE, "roll out": ROLL_OUT, "rebalance": REBALANCE, "trim": TRIM, "keep": KEEP}
PURCHASES = ("open", "roll", "incoming", "rebalance", "add", "keep")
LEAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{f"cash of a {name} that sells": _leak("sell", _of_action(action), _to_cash) for name, action in SALES.items()},
    **{f"cash of a {kind} that buys": _leak("fill", _of_kind(kind), _to_cash) for kind in PURCHASES},
    "cash of one side rolled": _leak("strike_anew", _always, _to_cash),
    "cash of a settlement": _leak("settle_legs", _always, _to_cash),
    "cash of a future's variation": _leak("pay_variation", _always, _to_cash),
    "interest": _leak("publish", _always, _to_cash),
    "balance of a purchase": _leak("take_from_balance", lambda state, spent: state.budgeted, _to_balance),
    "balance of a sale": _leak("return_to_balance", lambda state, *rest: state.budgeted, _to_balance),
    "balance of a shift": _leak("shift", _always, _to_target),
    "share of a shift": _leak("shift", _always, _to_share),
    "gains of a lot that ends": _leak("end_lot", _always, _to_gains),
    "gains that an add draws": _leak("fill", lambda ask, q, code: ask.draws_on >= 0, _to_source_of_gains),
}


@cache
def whole_settings() -> tuple[tuple[Program, MarketArrays], ...]:
    return tuple((compiled(setting.text), market_of(setting)) for setting in SETTINGS if setting.market in WHOLE)


def test_every_setting_conserves() -> None:
    done = set()
    for program, arrays in whole_settings():
        case = case_of(program, arrays)
        for check in CHECKS:
            check(case)
        done |= set(case.record.journal.action.tolist())
    assert done >= {OPEN, CLOSE, ROLL_OUT, ROLL_IN, REBALANCE, SETTLE, ADD, TRIM, SHIFT, KEEP}


@contextmanager
def leaking(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        LEAKS[name](monkeypatch)
        yield


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_of_one_cent_is_seen(name: str) -> None:
    with leaking(name):
        assert any(_is_seen(program, arrays) for program, arrays in whole_settings())


def _is_seen(program: Program, arrays: MarketArrays) -> bool:
    case = case_of(program, arrays)
    for check in CHECKS:
        try:
            check(case)
        except AssertionError:
            return True
    return False
