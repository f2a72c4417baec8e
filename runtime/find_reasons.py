"""Finds the reasons of one session: runs the reference interpreter up to it and reads the very streams that it decided on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

import numpy as np
from attrs import evolve, frozen

from alvh.compiler.clauses import Clause, RuleClauses
from alvh.compiler.ir import Group, Rule, rules_of
from alvh.compiler.kinds import MONEY
from alvh.compiler.nearest_names import did_you_mean
from alvh.runtime import record as codes
from alvh.runtime.figures import in_words
from alvh.runtime.journal import ACTIONS, NOTES, calendar_date, journal_frame, place, rule_text
from alvh.runtime.market import Market, MarketArrays
from alvh.runtime.missing import Missing
from alvh.runtime.record import RunRecord
from alvh.runtime.reference_journal import journal_rows
from alvh.runtime.run import Runnable, RunOptions
from alvh.runtime.say_reasons import say_reasons
from alvh.runtime.watch_decisions import DecisionWatch
from alvh.runtime.why import Action, ClauseOutcome, ConditionOutcome, Figure, LayerReasons, QuestionError, RuleOutcome, Why

PRECEDENCE = ("unwind", "shift", "close", "roll", "rebalance", "keep", "add", "open", "proxy")
"""Verbs in the order in which a layer's day asks them; one that is not here comes last."""
OF_LOTS = ("close", "roll", "rebalance")


def find_reasons(
    strategy: Runnable,
    market: Market,
    day: date,
    layer: str | None = None,
    options: RunOptions | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Why:
    """Why each layer (or `layer`, or those of a book or hedge of that name) traded on `day`, or why it did not.

    Of `options` the start and the phase count. QuestionError, and MarketError as of a run."""
    from alvh.runtime.reference import interpret

    chosen = options or RunOptions()
    program = strategy.program
    numbers = _layers_asked(strategy, layer)
    report("reading the market")
    start = None if chosen.start is None else np.datetime64(chosen.start, "D")
    whole = market.arrays(start, None, program.inputs, program.calendars, lags=strategy.lags)
    arrays = _up_to(whole, _bar_of(whole, day))
    report("interpreting")
    watch = DecisionWatch(program, arrays, arrays.last)
    record = interpret(program, arrays, phase=chosen.phase, observer=watch)
    if record.stopped >= 0:
        stopped = calendar_date(arrays.sessions[record.stopped])
        raise QuestionError(f"the run stopped before {stopped}: a position held had no price for more than five sessions")
    finder = _Finder(strategy, arrays, record, watch)
    return Why(
        strategy=program.title or strategy.file,
        file=strategy.file,
        market=market.name if getattr(market, "seed", None) is None else f"{market.name} (seed {getattr(market, 'seed', None)})",
        start=calendar_date(arrays.sessions[arrays.first]),
        day=day,
        layers=tuple(finder.layer(number) for number in numbers),
    )


def _layers_asked(strategy: Runnable, name: str | None) -> list[int]:
    program = strategy.program
    paths = [layer.name for layer in program.layers]
    if name is None:
        return list(range(len(paths)))
    groups = [group.name for group in program.groups]
    found = [
        number
        for number, layer in enumerate(program.layers)
        if name in (layer.name, layer.name.rpartition(".")[2], program.groups[layer.group].name)
    ]
    exact = [number for number in found if paths[number] == name]
    if not found:
        hints = did_you_mean(name, [*paths, *groups, *(path.rpartition(".")[2] for path in paths)])
        known = f"It has {', '.join(f'`{path}`' for path in paths)}." if paths else "It has no layer that trades."
        raise QuestionError(f"{strategy.file} has no layer `{name}`. {' '.join(hints) or known}")
    return exact or found


def _bar_of(arrays: MarketArrays, day: date) -> int:
    """The bar of a session of the run."""
    number = (day - date(1970, 1, 1)).days
    traded = arrays.sessions[arrays.first : arrays.last + 1]
    first, last = calendar_date(traded[0]), calendar_date(traded[-1])
    if not first <= day <= last:
        nearest = first if day < first else last
        raise QuestionError(f"{day} lies outside the run, which goes from {first} to {last}. Did you mean {nearest}?")
    bar = int(np.searchsorted(traded, number))
    if traded[bar] != number:
        before, after = calendar_date(traded[bar - 1]), calendar_date(traded[bar])
        raise QuestionError(f"{day} is a {day:%A} without a session. Did you mean {before} or {after}?")
    return arrays.first + bar


def _up_to(arrays: MarketArrays, bar: int) -> MarketArrays:
    """The same market with nothing after `bar`."""
    end = bar + 1
    return evolve(
        arrays, last=bar, values=arrays.values[:end], provenance=arrays.provenance[:end], vx_front=arrays.vx_front[:end]
    )  # fmt: skip


@frozen
class _Finder:
    strategy: Runnable
    arrays: MarketArrays
    record: RunRecord
    watch: DecisionWatch

    def layer(self, number: int) -> LayerReasons:
        program = self.strategy.program
        layer = program.layers[number]
        group = program.groups[layer.group]
        entries = [entry for entry in self.strategy.clauses if entry.owner is layer or entry.owner is group]
        entries.sort(key=lambda entry: PRECEDENCE.index(entry.rule.verb) if entry.rule.verb in PRECEDENCE else len(PRECEDENCE))
        actions, earlier = tuple(self._actions(number)), tuple(self._filled_from_before(number))
        acted_on = self._acted_on(number)
        by_lot = self._first_of_lots(number, entries)
        rules = tuple(self._rule(entry, number, acted_on, by_lot) for entry in entries)
        held = self.watch.held[number]
        outcome, sentences = say_reasons(layer, held, rules, actions, earlier)
        return LayerReasons(layer.name, outcome, sentences, held, rules, self._limit(group), (*earlier, *actions))

    def _limit(self, group: Group) -> Figure | None:
        if group.limit_cost < 0:
            return None
        limit = self.watch.values[group.limit_cost]
        label = self.strategy.program.nodes[group.limit_cost].label
        return Figure(f"limit cost to {label}" if label else "limit cost", _finite(limit), in_words(limit, MONEY))

    # Conditions

    def _rule(self, entry: RuleClauses, number: int, acted_on: set[int], by_lot: dict[int, int]) -> RuleOutcome:
        rule = entry.rule
        lots = tuple(lot for lot, deciding in by_lot.items() if deciding == id(rule))
        since = self._on_since(entry)
        is_of_lots = rule.verb in OF_LOTS or rule.verb == "unwind"
        return RuleOutcome(
            verb=rule.verb,
            rule=place(rule.span),
            text=entry.text,
            decided=bool(lots) if is_of_lots else id(rule) in acted_on,
            lots=lots,
            in_force_since=since,
            conditions=() if entry.condition is None else tuple(self._conditions(entry.condition, rule, number)),
            until=None if entry.until is None else self._condition(entry.until, None, self.watch.values, 0),
        )

    def _conditions(self, clause: Clause, rule: Rule, number: int) -> Iterator[ConditionOutcome]:
        if not self.strategy.program.nodes[rule.condition].per_lot:
            yield self._condition(clause, None, self.watch.values, 0)
            return
        for lot in self.watch.held[number]:
            values = self.watch.of_lots.get((number, lot.lot - 1))
            if values is not None:
                yield self._condition(clause, lot.lot, values, int(lot.age))

    def _condition(self, clause: Clause, lot: int | None, values: Sequence[float], age: int) -> ConditionOutcome:
        empty = {number for number, held in self.watch.held.items() if not held}
        missing = Missing(self.strategy.program, self.arrays, self.arrays.last, values, empty, age)
        counted = {id(part) for part in _counted(clause, values)}
        clauses = tuple(_clauses(clause, values, missing, counted, None))
        value = _at(clause, values)
        return ConditionOutcome(lot, _truth(value), missing.why(clause.node) if math.isnan(value) else None, clauses)

    # Decisions

    def _on_since(self, entry: RuleClauses) -> date | None:
        if not isinstance(entry.owner, Group) or entry.rule.verb != "unwind":
            return None
        program = self.strategy.program
        number = next(number for number, group in enumerate(program.groups) if group is entry.owner)
        slot = next(slot for slot, unwind in enumerate(entry.owner.unwinds) if unwind.rule is entry.rule)
        bar = self.watch.on_since.get((number, slot))
        return None if bar is None else calendar_date(self.arrays.sessions[bar])

    def _first_of_lots(self, number: int, entries: Sequence[RuleClauses]) -> dict[int, int]:
        """By lot, the rule (its id) that it acts on: the first unwind that is on, else the first rule on lots that is true."""
        first: dict[int, int] = {}
        for lot in self.watch.held[number]:
            values = self.watch.of_lots.get((number, lot.lot - 1))
            if values is None or not lot.priced:
                continue
            for entry in entries:
                rule = entry.rule
                is_on = self._on_since(entry) is not None
                if is_on or (rule.verb in OF_LOTS and (rule.condition < 0 or values[rule.condition] == 1.0)):
                    first[lot.lot] = id(rule)
                    break
        return first

    def _acted_on(self, number: int) -> set[int]:
        """Ids of the rules that an order of the layer was made by on that bar, filled or refused."""
        rules, rows = rules_of(self.strategy.program), self.record.journal
        found = {id(refusal.rule) for refusal in self.watch.refusals if refusal.layer == number and refusal.rule is not None}
        for row in self._rows(number):
            if not math.isnan(rows.rule[row]) and rows.rule[row] >= 0:
                found.add(id(rules[int(rows.rule[row])]))
        found |= {id(rules[row.rule]) for row in self.watch.waiting if row.layer == number and row.rule >= 0}
        return found

    # Actions

    def _rows(self, number: int, *, of_evening_before: bool = False) -> list[int]:
        """Rows of the session that its own decisions wrote, or those of orders that were decided on the one before."""
        rows = self.record.journal
        refused_today = {(refusal.slot, refusal.code) for refusal in self.watch.refusals if refusal.layer == number}
        found = []
        for row in np.flatnonzero((rows.bar == self.arrays.last) & (rows.layer == number)).tolist():
            own = self.strategy.program.fill == "this close" or rows.action[row] in (codes.SETTLE, codes.SHIFT)
            own = own or (rows.action[row] == codes.REFUSED and (int(rows.slot[row]), int(rows.cut[row])) in refused_today)
            if own != of_evening_before:
                found.append(row)
        return found

    def _of_rows(self, record: RunRecord, rows: Iterable[int], *, waiting: bool = False) -> Iterator[Action]:
        frame = journal_frame(self.strategy.program, self.arrays, record, self.strategy.clauses)
        for row in rows:
            said, slot = frame.row(row, named=True), int(record.journal.slot[row])
            yield Action(
                action=said["action"], lot=slot + 1 if slot >= 0 else None, rule=said["rule"], reason=said["reason"],
                instrument=said["instrument"], asked=said["asked"], filled=None if waiting else said["filled"],
                price=None if waiting else said["price"], cost=None if waiting else said["cost"], note=said["note"], since=None,
            )  # fmt: skip

    def _filled_from_before(self, number: int) -> Iterator[Action]:
        return self._of_rows(self.record, self._rows(number, of_evening_before=True))

    def _actions(self, number: int) -> Iterator[Action]:
        rows, own = self.record.journal, self._rows(number)
        told = {(int(rows.slot[row]), int(rows.cut[row])) for row in own if rows.action[row] == codes.REFUSED}
        yield from self._of_rows(self.record, own)
        waiting = [row for row in self.watch.waiting if row.layer == number]
        yield from self._of_rows(evolve(self.record, journal=journal_rows(waiting)), range(len(waiting)), waiting=True)
        layer = self.strategy.program.layers[number]
        for refusal in self.watch.refusals:
            if refusal.layer != number or (refusal.slot, refusal.code) in told:
                continue
            earlier = np.flatnonzero((rows.layer == number) & (rows.action == codes.REFUSED) & (rows.cut == refusal.code))
            yield Action(
                action=ACTIONS[codes.REFUSED],
                lot=refusal.slot + 1 if refusal.slot >= 0 else None,
                rule=place((refusal.rule or layer).span),
                reason="holds none of its own" if refusal.rule is None else rule_text(refusal.rule),
                instrument="",
                asked=None if math.isnan(refusal.asked) else refusal.asked,
                filled=0.0,
                price=None,
                cost=None,
                note=NOTES.get(refusal.code),
                since=calendar_date(self.arrays.sessions[int(rows.bar[earlier[-1]])]) if earlier.size else None,
            )


def _at(clause: Clause, values: Sequence[float]) -> float:
    return values[clause.node] if clause.node >= 0 else math.nan


def _truth(value: float) -> bool | None:
    return None if math.isnan(value) else value == 1.0


def _counted(clause: Clause, values: Sequence[float]) -> Iterator[Clause]:
    """The clauses without parts that made a condition what it is."""
    if not clause.parts:
        yield clause
        return
    value = _at(clause, values)
    for part in clause.parts:
        same = math.isnan(_at(part, values)) if math.isnan(value) else _at(part, values) == value
        if same or clause.joint == "not":
            yield from _counted(part, values)


def _clauses(clause: Clause, values: Sequence[float], missing: Missing, counted: set[int], part_of: str | None) -> Iterator[ClauseOutcome]:
    """A condition's clauses in the order of the text; a trigger before its own."""
    value = _at(clause, values)
    if clause.joint in ("", "name"):
        figures = tuple(
            Figure(reading.text, _finite(values[reading.node]), in_words(values[reading.node], reading.kind)) for reading in clause.reads
        )
        why = missing.why(clause.node) if math.isnan(value) and clause.node >= 0 else None
        yield ClauseOutcome(clause.text, part_of, _truth(value), why, id(clause) in counted, figures)
    for part in clause.parts:
        yield from _clauses(part, values, missing, counted, clause.text if clause.joint == "name" else part_of)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
