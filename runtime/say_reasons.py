"""What a session came to for a layer, in short sentences: what it traded, or what kept it from trading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alvh.compiler.ir import Layer
from alvh.runtime.figures import dollars
from alvh.runtime.why import Action, ClauseOutcome, HeldLot, Outcome, RuleOutcome
from alvh.runtime.why_text import LOT_VERBS, truth_text, values_text

DONE = {
    "open": "It opened",
    "close": "It closed",
    "roll out": "It rolled out of",
    "roll in": "It rolled into",
    "settle": "It settled",
    "rebalance": "It rebalanced by",
    "add": "It added",
    "trim": "It trimmed",
    "keep": "It traded, to keep in band,",
}

ENLARGING = ("open", "add", "keep")
"""Actions beside which a layer asks for no opening."""

NOTHING = {
    "roll": "it would have bought the same contracts again",
    "rebalance": "its size is what it should be, or cannot be told today",
}
"""Why a rule that was true for a lot made no order, which no journal says."""


def say_reasons(
    layer: Layer, held: Sequence[HeldLot], rules: Sequence[RuleOutcome], actions: Sequence[Action], earlier: Sequence[Action] = ()
) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome and its sentences, the most telling first. `earlier`: orders of the session before, filled or void on this one."""
    before = [f"Ordered the session before: {_refused(action) if action.action == 'refused' else _done(action)}" for action in earlier]
    done = [*before, *(_done(action) for action in actions if action.action != "refused")]
    refused = [_refused(action) for action in actions if action.action == "refused"]
    orders = {action.lot for action in actions if action.action != "settle"}
    opened = any(action.action in ENLARGING or (action.action == "refused" and action.lot is None) for action in actions)
    outcomes: list[Outcome] = []
    sentences: list[str] = []
    for outcome, sentence in (*_of_lots(held, rules, orders), *(() if opened else _of_opening(layer, held, rules))):
        outcomes.append(outcome)
        sentences.append(sentence)
    if any(action.action not in ("refused", "settle") for action in actions):
        return "traded", (*done, *refused, *sentences)
    if refused:
        return "refused", (*done, *refused, *sentences)
    ranked: tuple[Outcome, ...] = ("unwinding", "nothing", "unknown", "full", "false")
    said = "It traded nothing." if not done else "It traded nothing else."
    return next((outcome for outcome in ranked if outcome in outcomes), "false"), (*done, said, *sentences)


def _done(action: Action) -> str:
    """`It opened 4 of VIX call 2033-02-02 16 at 1.307, cost $32.60: holds none of its own. It asked for 6.4: cut by the cost limit.`"""
    if action.filled is None:
        what = f": {action.instrument}" if action.instrument else ""
        return f"It ordered to {action.action}{what}, to be filled on the next session: {action.reason} ({action.rule})."
    filled = f" {action.filled:g}"
    instrument = f" of {action.instrument}" if action.instrument else ""
    price = "" if action.price is None else f" at {action.price:.4g}"
    cost = "" if not action.cost else f", cost {dollars(action.cost)}"
    told = f"{DONE.get(action.action, f'{action.action}:')}{filled}{instrument}{price}{cost}: {action.reason} ({action.rule})."
    if action.asked is not None and action.filled is not None and abs(abs(action.asked) - action.filled) >= 1.0:
        return f"{told} It asked for {_number(action.asked)}{f': {action.note}' if action.note else ''}."
    return f"{told} Note: {action.note}." if action.note else told


def _refused(action: Action) -> str:
    what = f"An order for lot {action.lot}" if action.lot is not None else "An order"
    asked = "" if action.asked is None else f" for {_number(action.asked)}"
    since = "" if action.since is None else f" So it has been since {action.since}."
    return f"{what}{asked} ({action.reason}, {action.rule}) was refused: {action.note}.{since}"


def _number(value: float) -> str:
    return f"{value:.4g}"


# What kept a lot, or an opening, from being traded


def _of_lots(held: Sequence[HeldLot], rules: Sequence[RuleOutcome], orders: set[int | None]) -> Iterator[tuple[Outcome, str]]:
    asked = [rule for rule in rules if rule.verb in LOT_VERBS]
    quiet: list[HeldLot] = []
    for lot in held:
        if lot.lot in orders:
            continue
        deciding = next((rule for rule in rules if lot.lot in rule.lots), None)
        if not lot.priced:
            yield "nothing", f"Lot {lot.lot} has no price today, so nothing trades it."
        elif deciding is not None:
            why = NOTHING.get(deciding.verb, "there was nothing to trade")
            yield "nothing", f"`{deciding.text}` was true for lot {lot.lot}, but {why}."
        else:
            quiet.append(lot)
    if not quiet or not asked:
        return
    unknown = [
        (lot, rule, condition)
        for lot in quiet
        for rule in asked
        for condition in rule.conditions
        if condition.lot in (None, lot.lot) and condition.truth is None
    ]
    *first, last = (str(lot.lot) for lot in quiet)
    kept = f"Lots {', '.join(first)} and {last} stayed" if first else f"Lot {last} stayed"
    verbs = " or ".join(dict.fromkeys(rule.verb for rule in asked))
    yield "false", f"{kept}: no rule to {verbs} was true."
    told: set[str] = set()
    for _, rule, condition in unknown:
        if rule.text not in told:
            told.add(rule.text)
            yield "unknown", f"Whether to {rule.verb} was unknown: {condition.missing} (`{rule.text}`)."


def _of_opening(layer: Layer, held: Sequence[HeldLot], rules: Sequence[RuleOutcome]) -> Iterator[tuple[Outcome, str]]:
    for rule in rules:
        if rule.verb == "unwind" and rule.in_force_since is None:
            for condition in rule.conditions:
                if condition.truth is None:
                    yield "false", f"Whether to unwind was unknown: {condition.missing} (`{rule.text}`)."
    unwinding = next((rule for rule in rules if rule.in_force_since is not None), None)
    if unwinding is not None:
        yield "unwinding", f"It may not open: the hedge has been unwinding since {unwinding.in_force_since} (`{unwinding.text}`)."
        return
    adds, opens = ([rule for rule in rules if rule.verb == verb] for verb in ("add", "open"))
    if held and adds:
        yield from _of_buying(adds, layer, held)
    true = next((rule for rule in opens if _is_true(rule)), None)
    if opens and true is None:
        yield from _of_buying(opens, layer, held)
    else:
        yield from _of_room(true, layer, held)


def _of_buying(rules: Sequence[RuleOutcome], layer: Layer, held: Sequence[HeldLot]) -> Iterator[tuple[Outcome, str]]:
    """Which clauses of the rules to open, or to add, were false or unknown."""
    true = next((rule for rule in rules if _is_true(rule)), None)
    if true is not None:
        yield from _of_room(true, layer, held)
        return
    for rule in rules:
        for condition in rule.conditions:
            counted = "; ".join(_clause(clause) for clause in condition.clauses if clause.counted)
            if condition.truth is None:
                yield "unknown", f"Whether to {rule.verb} was unknown: {condition.missing} ({counted})."
            else:
                yield "false", f"It did not {rule.verb}: {counted}."


def _of_room(true: RuleOutcome | None, layer: Layer, held: Sequence[HeldLot]) -> Iterator[tuple[Outcome, str]]:
    """Nothing was asked for by a rule that was true, or where none is needed: for want of room."""
    wanted = f"`{true.text}` was true, but it" if true is not None else "It"
    count = f"{len(held)} lot{'' if len(held) == 1 else 's'}"
    if layer.states_at_most and len(held) >= layer.at_most:
        yield "full", f"{wanted} is full: it held {count}, and at most {layer.at_most} are allowed."
    elif layer.states_at_most:
        yield "full", f"{wanted} had no room for another lot: it held {count}, others came in, and at most {layer.at_most} are allowed."
    elif any(not lot.rolled_in for lot in held):
        yield "full", f"{wanted} held a lot of its own, and opens no second one."


def _is_true(rule: RuleOutcome) -> bool:
    return not rule.conditions or any(condition.truth for condition in rule.conditions)


def _clause(clause: ClauseOutcome) -> str:
    """`vix > 20` is false (vix = 18.3)."""
    return f"`{clause.text}` is {truth_text(clause)}{values_text(clause)}"
