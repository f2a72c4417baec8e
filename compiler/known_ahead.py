"""Which events are known before they come: the dates of calendars, and of nothing else."""

from __future__ import annotations

from alvh.compiler.meaning import Meaning
from alvh.grammar import syntax


def is_known_ahead(event: syntax.Expression, meaning: Meaning) -> bool:
    """Can the dates of an event be known ahead: is it a calendar, `or` of calendars, or a trigger that says so?"""
    triggers = {trigger.name.name: trigger.condition for trigger in meaning.module.triggers}
    waiting, seen = [event], set[str]()
    while waiting:
        current = waiting.pop()
        reference = meaning.references.get(id(current))
        if isinstance(current, syntax.Logic) and current.operator == "or":
            waiting += [current.left, current.right]
        elif reference is not None and reference.sort == "trigger" and reference.name in triggers and reference.name not in seen:
            seen.add(reference.name)
            waiting.append(triggers[reference.name])
        elif reference is None or reference.sort != "calendar":
            return False
    return True
