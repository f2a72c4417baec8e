"""The words of syntax findings: what was found, what may stand there, and what was probably meant."""

from __future__ import annotations

import re
from typing import NamedTuple

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
    UNEXPECTED_CHARACTER,
    UNEXPECTED_WORD,
    UNKNOWN_STATEMENT,
    UNKNOWN_WORD,
    finding,
)
from alvh.grammar.tokens import END, Token, shortened

_IN_FILE = ("strategy", "use", "capital", "costs", "fill", "contracts", "param", "let", "trigger", "input", "calendar", "structure", "book",
            "hedge", "change", "drop", "claim", "test")  # fmt: skip
_IN_BLOCK = ("buy", "sell", "write", "legs", "expiry", "size", "at", "open", "close", "roll", "rebalance", "add", "proxy", "hold")
_IN_HEDGE = ("unit", "budget", "limit", "first", "shift", "keep", "unwind")
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
"""That may stand at a place, before a message says what they are instead of listing them."""

_LONGEST_WORD = 24
"""Letters of a word that may be a misspelt one."""

_OTHER_WORDS = {
    "if": "when", "once": "when", "while": "when", "long": "buy", "short": "sell", "enter": "open", "exit": "close", "stop": "close",
    "over": "above", "under": "below", "set": "let", "var": "let", "def": "let", "import": "use", "include": "use", "signal": "trigger",
    "expiration": "expiry", "calender": "calendar", "flat": "closed",
}  # fmt: skip
"""What traders and other languages also say, and the word of this one."""

_OTHER_FORMS = {
    **dict.fromkeys(("rises", "jumps"), "Write `change(vix, 5 sessions) > 15%`, or `vix crosses above 30`."),
    **dict.fromkeys(("drops", "falls"), "Write `change(spx, 5 sessions) < -5%`, or `vix crosses below 20`."),
    **dict.fromkeys(("otm", "itm", "atm"), "A strike is written `at 0.30 delta` or `at 110% of forward`."),
    **dict.fromkeys(("usd", "dollars"), "Write `$` before the number, as in `$5_000`."),
    "between": "A range is written `vix in 15 .. 20`.",
    "daily": "Write `every day`.",
    "weekly": "Write `every week`.",
    "monthly": "Write `every month`.",
    "dte": "Write the days to expiry as `30 days`.",
    "max": "Write `at most 6 lots`.",
}
"""How to write what a word that does not fit probably meant."""

_FORMS = {
    "strategy": 'strategy "VXTH"  about "SPX with VIX calls"',
    "use": 'use "books/condor_16_delta.alvh"',
    "capital": "capital $1_000_000",
    "costs": "costs none",
    "fill": "fill this close",
    "contracts": "contracts whole",
    "param": "param inversion = 8%  in 4% .. 15%",
    "let": "let slope = vix / vix3m - 1",
    "trigger": "trigger fear = vix > 30",
    "input": "input ad_line : index",
    "calendar": "calendar cpi, fomc",
    "structure": "structure condor(short_delta : delta) { … }",
    "book": "book condors { … }",
    "hedge": "hedge alvh { … }",
    "layer": "layer front { … }",
    "change": "change call_delta = 0.30 delta",
    "drop": "drop alvh.far",
    "claim": "claim steady : max_drawdown < 20%",
    "test": 'test "calm" { … }',
    "buy": "buy 4 VIX calls at 0.50 delta, 30 days",
    "sell": "sell SPX put at 0.16 delta, 45 days",
    "write": "write VIX calls at 0.25 delta, 20..30 days against anchor",
    "legs": "legs condor(0.16 delta)",
    "expiry": "expiry 45..60 days",
    "size": "size 2% of equity",
    "at": "at most 6 lots",
    "open": "open every week when vix < 30",
    "close": 'close when dte <= 21 days  as "time stop"',
    "roll": "roll into medium when dte <= 10 days",
    "rebalance": "rebalance every month",
    "add": "add from near.gains when near closes",
    "proxy": "proxy VXX shares when vx_volume < 20_000",
    "hold": "hold to expiry",
    "share": "share 40%",
    "unit": "unit 1 per $1_000_000 of capital",
    "budget": "budget 1.5% of equity per year, paid monthly",
    "limit": "limit cost to 18% of condors.credit",
    "first": "first front, then medium, then far",
    "shift": "shift 10% from tail to fast when vix crosses above 25",
    "keep": "keep net_beta in 0.08 .. 0.12 using two, three",
    "unwind": "unwind when vix > 40 until vix < 25",
    "no": "no unwind",
    "calm": "calm 90 sessions at vix 14",
    "move": "move vix to 40, spx by -10% in 5 sessions",
    "expect": "expect alvh.front opens within 4 sessions",
    "by": "by vix { below 20 : 1%  from 20 : 2% }",
}
"""Each declaration and statement as a file writes it, by its first word; a table, too."""


class Place(NamedTuple):
    """Where a token does not fit: what stands around it, and what would."""

    source: Source
    token: Token
    previous: Token | None
    following: Token
    expected: set[str]
    """Kinds of token."""
    statement: str
    """The first word of the unfinished declaration or statement; "" where one would start."""
    block: str
    """The word that opened the innermost block; "" outside every brace."""

    @property
    def at_line_end(self) -> bool:
        """Is something missing where a line ends, rather than wrong where the next one starts?"""
        return self.previous is not None and (self.token.first_on_line or self.token.kinds == (END,)) and not self.expected & _STARTS


def meant_word(token: Token, previous: Token | None, expected: set[str]) -> str | None:
    """The word of the language that fits here and is spelt like the token, or said for it; None when there is none."""
    if "NAME" not in token.kinds or (token.first_on_line and starts_something(token)):
        return None
    lowered = token.text.lower()
    other = _OTHER_WORDS.get(lowered)
    if other is not None and tables.KEYWORDS[other] in expected:
        return other
    leading = _leads(token, previous)
    words = [word for word, terminal in tables.KEYWORDS.items() if terminal in expected and (leading or word not in _PLACES)]
    if lowered in words:
        return lowered
    return _nearest(lowered, words) if len(lowered) <= _LONGEST_WORD else None


def _leads(token: Token, previous: Token | None) -> bool:
    """Does the token stand where a statement usually starts: first on its line, or after a brace?"""
    return token.first_on_line or previous is None or previous.text in {"{", "}"}


def _nearest(word: str, words: list[str]) -> str | None:
    from difflib import get_close_matches  # only where a mistake was made

    close = get_close_matches(word, words, n=1, cutoff=0.7)
    return close[0] if close else None


def starts_something(token: Token) -> bool:
    """Is this a word that starts a declaration or a statement of some block?"""
    return token.text in _PLACES


# ---- findings ------------------------------------------------------------------------------------


def misspelt(source: Source, token: Token, meant: str) -> Diagnostic:
    message = f"`{shortened(token.text)}` is no word of the language here."
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


def unexpected(place: Place) -> Diagnostic:
    """The finding for a token that does not fit and could not be mended, by what is known of the place."""
    token, previous = place.token, place.previous
    span = _span(place.source, previous if place.at_line_end and previous is not None else token)
    special = _sign(place) or _chain(place) or _yearly(place) or _dash(place) or _weeks(place)
    if special:
        code, message, hint = special
        return finding(code, message, span, hints=(hint,))
    if place.expected & _STARTS and "NAME" in token.kinds and _leads(token, previous):
        belongs = _PLACES.get(token.text)
        if belongs:
            return finding(STATEMENT_OUTSIDE_BLOCK, f"`{token.text}` belongs in {belongs}.", span, hints=(_known(place),))
        return finding(UNKNOWN_STATEMENT, f"There is no statement `{shortened(token.text)}` here.", span, hints=_hints(place))
    return finding(UNEXPECTED_WORD, _unfitting(place), span, hints=_hints(place))


def _unfitting(place: Place) -> str:
    """That a token does not fit, and what would."""
    before = f"`{shortened(place.previous.text)}`" if place.previous is not None and place.previous.text else ""
    wanted = _expectation(place.expected, place.previous)
    if place.at_line_end:
        return f"Something is missing after {before}: {wanted} follows it."
    found = _found(place.token)
    found = found[0].upper() + found[1:]
    if place.expected & _STARTS and before:
        return f"{found} cannot follow {before} here."
    return f"{found} cannot stand here" + (f": {wanted} follows {before}." if before else ".")


def _hints(place: Place) -> tuple[str, ...]:
    """What to write instead, as far as it can be told."""
    token, previous = place.token, place.previous
    meant = meant_word(token, previous, place.expected)
    if meant:
        return (f"Did you mean `{meant}`?",)
    if previous is not None and previous.text == "is":
        return ("Write `vix > 30`, or `vix crosses above 30` for the day on which it happens.",)
    if token.text.lower() in _OTHER_FORMS and not place.at_line_end:
        return (_OTHER_FORMS[token.text.lower()],)
    at_start = bool(place.expected & _STARTS) and _leads(token, previous)
    if at_start and place.following.text == "=":
        return (f"To name a value, write `let {shortened(token.text)} = …`; to name a condition, `trigger {shortened(token.text)} = …`.",)
    if previous is not None and previous.text in {"and", "or"} and token.kinds == ("COMPARE",):
        return ("Say again what is compared, as in `vix > 15 and vix < 20`.",)
    if token.text == ")":
        return ("Take it out, or add the `(` that it closes.",)
    if "ELSE" in place.expected:
        return ("Join two conditions with `and`; a value that depends on one is written `A when C else B`.",)
    form = None if at_start else _FORMS.get("by" if place.block == "by" else place.statement)
    return (f"Write it like `{form}`.",) if form else (_known(place),)


def _sign(place: Place) -> tuple[str, str, str] | None:
    """`%`, `$` and the comma of thousands where they cannot stand."""
    token, previous, following = place.token, place.previous, place.following
    before = previous.text if previous is not None else ""
    if token.text == "%":
        return MISPLACED_SIGN, "`%` stands right after a number.", "Write `8%`."
    if token.text == "$":
        amount = before if previous is not None and previous.kinds == ("NUMBER",) else "50_000"
        return MISPLACED_SIGN, "`$` stands before its number.", f"Write `${amount}`."
    if token.text == "delta" and before == "%":
        return MISPLACED_SIGN, "A delta is no per cent: it runs from 0 to 1.", "Write it like `0.16 delta`."
    digits = previous is not None and previous.kinds == ("NUMBER",) and previous.end == token.start
    if token.text == "," and digits and following.kinds == ("NUMBER",) and following.start == token.end and len(following.text) == 3:
        number = re.compile(r"[0-9,]*[0-9]").match(place.source.text, token.start - len(before))
        assert number is not None, "a digit stands before the comma"
        return MISPLACED_SIGN, "A comma does not group the digits of a number.", f"Write `{number[0].replace(',', '_')}`."
    if token.text == "." and following.kinds == ("NUMBER",) and "NUMBER" in place.expected:
        return MISPLACED_SIGN, "A number starts with a digit.", f"Write `0.{following.text}`."
    return None


def _chain(place: Place) -> tuple[str, str, str] | None:
    if place.token.kinds[0] in {"COMPARE", "EQUAL", "IN"} and {"AND", "PLUS"} <= place.expected:
        message = f"A comparison has two sides, and `{place.token.text}` would give it a third."
        return CHAINED_COMPARISON, message, "Join two comparisons with `and`, or write `vix in 15 .. 20`."
    return None


def _yearly(place: Place) -> tuple[str, str, str] | None:
    if place.statement == "budget" and "PER" in place.expected:
        return MISSING_UNIT, "A budget says per what it is paid.", "Write `per year, paid monthly` after the amount."
    return None


def has_dash(token: Token, previous: Token | None, following: Token) -> bool:
    """Is this a `-` between two words, with no space around it, as in `high-vol`?"""
    glued = previous is not None and previous.end == token.start and token.end == following.start
    return token.text == "-" and glued and previous is not None and "NAME" in previous.kinds and "NAME" in following.kinds


def _dash(place: Place) -> tuple[str, str, str] | None:
    if place.previous is None or not has_dash(place.token, place.previous, place.following):
        return None
    return UNEXPECTED_CHARACTER, "A name has no `-` in it.", f"Write `{shortened(place.previous.text)}_{shortened(place.following.text)}`."


def _weeks(place: Place) -> tuple[str, str, str] | None:
    token, previous = place.token, place.previous
    if token.text not in {"week", "weeks"} or "DAY" not in place.expected or previous is None or not previous.text.isdigit():
        return None
    count = int(previous.text)
    return MISSING_UNIT, "Lengths are in days or sessions, not weeks.", f"Write `{7 * count} days`, or `{5 * count} sessions` of trading."


def _known(place: Place) -> str:
    """The words that may start something here: those of the block, which the grammar knows less narrowly."""
    words = [
        {"at": "at most", "limit": "limit cost"}.get(word, word)
        for word in _PLACES
        if ("LET" in place.expected if word == "contracts" else tables.KEYWORDS[word] in place.expected)
        and not (word in _IN_HEDGE and place.block in {"book", "layer"})
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
        return f"the number `{shortened(token.text)}`"
    if token.kinds == ("TEXT",):
        return f"the text `{shortened(token.text)}`"
    return f"`{shortened(token.text)}`"


def _span(source: Source, token: Token) -> Span:
    return Span(source, token.start, token.end)
