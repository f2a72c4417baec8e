"""The words of syntax findings: what was found, what may stand there, and what was probably meant."""

from __future__ import annotations

from alvh.grammar import tables
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Source, Span
from alvh.grammar.syntax_rules import (
    CHAINED_COMPARISON,
    FILE_TOO_LARGE,
    MISPLACED_SIGN,
    MISSING_UNIT,
    NESTED_TOO_DEEP,
    STATEMENT_OUTSIDE_BLOCK,
    STRAY_BRACE,
    TOO_MANY_FINDINGS,
    UNCLOSED_BRACE,
    UNEXPECTED_WORD,
    UNKNOWN_STATEMENT,
    UNKNOWN_WORD,
    finding,
)
from alvh.grammar.tokens import END, Token

_IN_FILE = ("strategy", "use", "capital", "costs", "fill", "contracts", "param", "let", "trigger", "input", "calendar", "book", "hedge",
            "change", "drop", "claim", "test")  # fmt: skip
_IN_BLOCK = ("buy", "sell", "expiry", "size", "at", "open", "close", "roll", "rebalance", "hold")
_IN_HEDGE = ("unit", "budget", "limit", "first", "unwind")
_IN_TEST = ("calm", "move", "expect")

_PLACES: dict[str, str] = {
    **dict.fromkeys(_IN_FILE, "the file itself, outside every brace"),
    **dict.fromkeys(_IN_BLOCK, "a layer, or in a book"),
    **dict.fromkeys(_IN_HEDGE, "a hedge"),
    **dict.fromkeys(_IN_TEST, "a test"),
    "layer": "a hedge or a book",
    "share": "a layer",
    "no": "a `change PATH { … }`",
}
"""Where each word that starts something belongs."""

_VALUE = {"NUMBER", "NAME", "DOLLAR", "LPAR", "MINUS", "BY", "NOT", "WITHIN"}
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "COMPARE", "EQUAL", "IN", "CROSSES", "AND", "OR", "OF", "PER", "DOT", "FOR", "BEGINS",
              "ENDS", "IS", "OPENS", "CLOSES", "ROLLS", "CHANGES", "LPAR", "WHEN"}  # fmt: skip
_UNITS = {"PERCENT", "POINT", "DELTA", "DAY", "SESSION", "MONTH", "CONTRACT", "LOT"}
_STARTS = {"LET", "LABEL", "EXPECT"}
"""One of them is expected wherever a declaration, a statement or a step may start."""
_CONDITION_WORDS = {"when", "until", "and", "or", "not"}

_SHOWN = {terminal: text for text, terminal in {**tables.MARKS, **tables.KEYWORDS}.items()} | {
    "CALL": "calls",
    "PUT": "puts",
    "CONTRACTS_SETTING": "contracts",
    "IN_SCENARIO": "in",
}

_MOST_WORDS = 6


def meant_word(token: Token, previous: Token | None, expected: set[str]) -> str | None:
    """The word of the language that fits here and is spelt like the token; None when there is none, or it is no word."""
    if "NAME" not in token.kinds or (token.first_on_line and starts_something(token)):
        return None
    leading = _leads(token, previous)
    words = [word for word, terminal in tables.KEYWORDS.items() if terminal in expected and (leading or word not in _PLACES)]
    lowered = token.text.lower()
    if lowered in words:
        return lowered
    return _nearest(lowered, words)


def _leads(token: Token, previous: Token | None) -> bool:
    """Does the token stand where a statement usually starts: first on its line, or after a brace?"""
    return token.first_on_line or previous is None or previous.text in {"{", "}"}


def _nearest(word: str, words: list[str]) -> str | None:
    from difflib import get_close_matches  # only where a mistake was made

    if len(word) > 24:
        return None
    close = get_close_matches(word, words, n=1, cutoff=0.7)
    return close[0] if close else None


def starts_something(token: Token) -> bool:
    """Is this a word that starts a declaration or a statement of some block?"""
    return token.text in _PLACES


# ---- findings ------------------------------------------------------------------------------------


def misspelt(source: Source, token: Token, meant: str) -> Diagnostic:
    message = f"`{_short(token.text)}` is no word of the language here."
    return finding(UNKNOWN_WORD, message, _span(source, token), hints=(f"Did you mean `{meant}`?",))


def left_out(source: Source, kind: str, place: int, token: Token) -> Diagnostic:
    mark = _SHOWN[kind]
    return finding(
        UNEXPECTED_WORD, f"A `{mark}` is missing before {_found(token)}.", Span(source, place, place), hints=(f"Write `{mark}` here.",)
    )


def unclosed(source: Source, opening: Token, token: Token) -> Diagnostic:
    related = () if token.kinds == (END,) else (Related(_span(source, token), f"{_found(token)} cannot stand inside it"),)
    return finding(UNCLOSED_BRACE, "This brace is never closed.", _span(source, opening), related=related, hints=("Add the missing `}`.",))


def stray_brace(source: Source, token: Token) -> Diagnostic:
    return finding(STRAY_BRACE, "This brace closes nothing.", _span(source, token), hints=("Take it out, or add the `{` that it closes.",))


def too_deep(source: Source, start: int, deepest: int) -> Diagnostic:
    message = f"This expression is more than {deepest} levels deep."
    return finding(NESTED_TOO_DEEP, message, Span(source, start, start + 1), hints=("Give a part of it a name with `let`.",))


def file_too_large(source: Source, largest: int) -> Diagnostic:
    message = f"This file has {len(source.text):,} characters; a strategy has at most {largest:,}."
    return finding(FILE_TOO_LARGE, message, Span(source, 0, 0), hints=("Check that it is the file you meant.",))


def too_many(span: Span, most: int) -> Diagnostic:
    return finding(TOO_MANY_FINDINGS, f"There are more than {most} mistakes of syntax: the rest of the file was not read.", span)


def unexpected(source: Source, token: Token, previous: Token | None, following: Token, expected: set[str]) -> Diagnostic:
    """The finding for a token that does not fit and could not be mended, by what is known of the place."""
    span = _span(source, token)
    if previous is not None and (token.first_on_line or token.kinds == (END,)) and not expected & _STARTS:
        span = _span(source, previous)  # something is missing where the line ends, not where the next one starts
    special = _sign(token, previous, following, expected) or _chain(token, expected) or _late_schedule(token, expected) or _yearly(expected)
    if special:
        code, message, hint = special
        return finding(code, message, span, hints=(hint,))
    at_start = bool(expected & _STARTS)
    if at_start and "NAME" in token.kinds:
        place = _PLACES.get(token.text)
        if place and _leads(token, previous):
            return finding(STATEMENT_OUTSIDE_BLOCK, f"`{token.text}` belongs in {place}.", span, hints=(_known(expected),))
        meant = meant_word(token, previous, expected)
        if _leads(token, previous):
            hint = f"Did you mean `{meant}`?" if meant else _known(expected)
            return finding(UNKNOWN_STATEMENT, f"`{_short(token.text)}` is no statement that is known here.", span, hints=(hint,))
    meant = meant_word(token, previous, expected)
    hints = (f"Did you mean `{meant}`?",) if meant else ()
    after = f" after `{_short(previous.text)}`" if previous and previous.text else ""
    return finding(UNEXPECTED_WORD, f"Expected {_expectation(expected, previous)}{after}, found {_found(token)}.", span, hints=hints)


def _sign(token: Token, previous: Token | None, following: Token, expected: set[str]) -> tuple[str, str, str] | None:
    """`%`, `$` and the comma of thousands where they cannot stand."""
    if token.text == "%":
        return MISPLACED_SIGN, "`%` stands right after a number.", "Write `8%`."
    if token.text == "$":
        amount = previous.text if previous is not None and previous.kinds == ("NUMBER",) else "50_000"
        return MISPLACED_SIGN, "`$` stands before its number.", f"Write `${amount}`."
    digits = previous is not None and previous.kinds == ("NUMBER",) and previous.end == token.start
    if token.text == "," and digits and following.kinds == ("NUMBER",) and following.start == token.end and len(following.text) == 3:
        return MISPLACED_SIGN, "A comma does not group the digits of a number.", "Write `1_000_000`."
    if token.text == "." and following.kinds == ("NUMBER",) and "NUMBER" in expected:
        return MISPLACED_SIGN, "A number starts with a digit.", f"Write `0.{following.text}`."
    return None


def _chain(token: Token, expected: set[str]) -> tuple[str, str, str] | None:
    if token.kinds[0] in {"COMPARE", "EQUAL", "IN"} and "AND" in expected and "PLUS" in expected:
        return (
            CHAINED_COMPARISON,
            f"A comparison has two sides, and `{token.text}` would give it a third.",
            "Join two comparisons with `and`.",
        )
    return None


def _late_schedule(token: Token, expected: set[str]) -> tuple[str, str, str] | None:
    if token.text in {"every", "on"} and {"AS", "AND"} <= expected:
        return UNEXPECTED_WORD, f"`{token.text}` comes too late here.", "Write the schedule before `when`, as in `open every week when C`."
    return None


def _yearly(expected: set[str]) -> tuple[str, str, str] | None:
    if "PER" in expected and not expected & {*_STARTS, "COMPARE", "RPAR"}:
        return MISSING_UNIT, "A budget says per what it is paid.", "Write `per year, paid monthly` after the amount."
    return None


def _known(expected: set[str]) -> str:
    """The words that may start something here. A layer takes a hedge's statements too, as far as the grammar goes, but not in meaning."""
    group = "LAYER" in expected
    words = [
        {"at": "at most", "limit": "limit cost"}.get(word, word)
        for word in _PLACES
        if ("LET" in expected if word == "contracts" else tables.KEYWORDS[word] in expected) and (group or word not in _IN_HEDGE)
    ]
    return "Known here: " + ", ".join(f"`{word}`" for word in words) + "."


def _expectation(expected: set[str], previous: Token | None) -> str:
    """The kinds of token that fit, in the reader's words."""
    rest = set(expected)
    phrases = []
    if {"NUMBER", "NAME", "LPAR"} <= rest:
        phrases.append("a condition" if previous is not None and previous.text in _CONDITION_WORDS else "a value")
        rest -= _VALUE
    for kind, phrase in {"NAME": "a name", "NUMBER": "a number", "TEXT": "a text in double quotes"}.items():
        if kind in rest:
            phrases.append(phrase)
    starts = {"LABEL": "another statement", "LET": "another declaration", "EXPECT": "another step"}
    for kind, phrase in starts.items():
        if kind in rest:
            phrases.append(phrase)
    if rest & set(starts):
        rest -= {tables.KEYWORDS[word] for word in _PLACES} | {"LABEL", "CONTRACTS_SETTING"}
    if {"PLUS", "STAR"} & rest:
        rest -= _OPERATORS | _UNITS
        phrases.append("an operator")
    if END in rest:
        phrases.append("the end of the file")
    rest -= {"NAME", "NUMBER", "TEXT", "LABEL", END}
    words = [f"`{_SHOWN[kind]}`" for kind in sorted(rest, key=lambda kind: (kind == "RBRACE", kind))]
    phrases = words + phrases if len(words) <= _MOST_WORDS else phrases or words[:_MOST_WORDS]
    return " or ".join(filter(None, [", ".join(phrases[:-1]), phrases[-1]]))


def _found(token: Token) -> str:
    if token.kinds == (END,):
        return "the end of the file"
    if token.kinds == ("NUMBER",):
        return f"the number `{_short(token.text)}`"
    if token.kinds == ("TEXT",):
        return f"the text `{_short(token.text)}`"
    return f"`{_short(token.text)}`"


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:20] + "…"


def _span(source: Source, token: Token) -> Span:
    return Span(source, token.start, token.end)
