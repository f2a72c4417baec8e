"""Which known names a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest_names(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The known names within a third of the name's length in edits, and at most one edit further than the nearest; nearest
    first. Case does not count: a name that differs in nothing else is the only one."""
    written = name.lower()
    allowed = max(1, len(written) // 3)
    ranked = sorted(
        (distance, candidate)
        for candidate in set(known)
        if candidate != name
        and abs(len(candidate) - len(written)) <= allowed
        and (distance := edit_distance(written, candidate.lower())) <= allowed
    )
    furthest = ranked[0][0] + 1 if ranked and ranked[0][0] else 0
    return tuple(candidate for distance, candidate in ranked[:limit] if distance <= furthest)


def edit_distance(first: str, second: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment)."""
    before_previous: list[int] = []
    previous = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        current = [row]
        for column, other in enumerate(second, start=1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before_previous[column - 2] + 1)
            current.append(cost)
        before_previous, previous = previous, current
    return previous[-1]


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """A hint that names the nearest known names; none where nothing is near."""
    near = nearest_names(name, known)
    if not near:
        return ()
    quoted = [f"`{candidate}`" for candidate in near]
    choices = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
    return (f"Did you mean {choices}?",)
