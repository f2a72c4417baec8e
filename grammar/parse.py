"""Text to syntax tree, with every mistake found on the way: the way in is `parse`."""

from __future__ import annotations

from attrs import evolve, frozen

from alvh.grammar import explain_syntax as explain
from alvh.grammar import syntax, tables
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.machine import DEEPEST, Machine, Memory, TooDeepError
from alvh.grammar.source import Source, Span
from alvh.grammar.tokens import END, MOST_FINDINGS, Token, Tokens, cut_tokens

LARGEST = 1_000_000
"""Characters of a file; a strategy has a few thousand."""

# A token of one of these kinds fits where a declaration, a statement or a step of a test may start, and nowhere else.
_BOUNDARIES = ("LET", "LABEL", "EXPECT")

# What may have been left out, in the order tried: the one that makes the next word fit.
_OMISSIONS = ("LBRACE", "EQUAL", "COLON", "RPAR", "COMMA")

_DEEPEST_BLOCKS = 3


@frozen
class ParseResult:
    file: syntax.File
    """What could be read; a part with a mistake in it is missing."""
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> ParseResult:
    """The tree of a file and its mistakes of syntax, in the order of the text. Never fails, whatever the text."""
    if len(source.text) > LARGEST:
        return ParseResult(_empty(source), (explain.file_too_large(source, LARGEST),))
    parser = _Parser(source, cut_tokens(source), "file")
    file = parser.run()
    if not isinstance(file, syntax.File):
        file = _empty(source)
    return ParseResult(evolve(file, span=Span(source, 0, len(source.text)), comments=parser.tokens.comments), parser.findings())


def parse_expression(source: Source) -> tuple[syntax.Expression | None, tuple[Diagnostic, ...]]:
    """The expression that is the whole text, as `--set NAME=VALUE` gives it; None when it cannot be read."""
    if len(source.text) > LARGEST:
        return None, (explain.file_too_large(source, LARGEST),)
    parser = _Parser(source, cut_tokens(source), "lone_expression")
    expression = parser.run()
    return (expression if isinstance(expression, syntax.Expression) else None), parser.findings()


def _empty(source: Source) -> syntax.File:
    return syntax.File((), span=Span(source, 0, len(source.text)))


class _Parser:
    """Feeds tokens to the machine; where one does not fit, says so, and goes on at the nearest place that makes sense."""

    def __init__(self, source: Source, tokens: Tokens, start: str) -> None:
        self.source = source
        self.tokens = tokens
        self.machine = Machine(source, start)
        self.found: list[Diagnostic] = []
        self.next = 0
        self.doubtful_braces: list[Token] = []
        self.opened: list[Token] = []
        self.hopeless = False
        """Nothing to go on from: the text is one expression, and broken."""
        self.doubtful_name: tuple[int, list[Token], Memory] | None = None

    def findings(self) -> tuple[Diagnostic, ...]:
        every = sorted([*self.tokens.findings, *self.found, *self.machine.builder.findings], key=lambda one: one.span.start)
        if len(every) > MOST_FINDINGS:
            return (*every[:MOST_FINDINGS], explain.too_many(every[MOST_FINDINGS - 1].span, MOST_FINDINGS))
        return tuple(every)

    def run(self) -> object:
        tokens = self.tokens.tokens
        machine = self.machine
        while not self.hopeless:
            token = tokens[self.next]
            if len(self.found) > MOST_FINDINGS:
                return self.give_up()
            kind = self.kind(token)
            if kind is None:
                self.recover(token)
                continue
            self.doubt_name(token, kind)
            if self.take(token._replace(kind=kind)):
                self.next += 1
                if kind == END:
                    return machine.values[-1]
        return None

    def give_up(self) -> object:
        """Ends the file here, keeping what was read."""
        end = self.tokens.tokens[-1]
        self.resynchronize(end)
        while not self.hopeless:
            kind = END if self.machine.accepts(END) else "RBRACE"
            if self.take(end._replace(kind=kind)) and kind == END:
                return self.machine.values[-1]
        return None

    def kind(self, token: Token, after: list[int] | None = None) -> str | None:
        """What the token is here: the first of the kinds it may be that fits."""
        for kind in token.kinds:
            if self.machine.accepts(kind, after):
                return kind
        return None

    def doubt_name(self, token: Token, kind: str) -> None:
        """Remembers the first word of a statement that was read as a name, yet starts its line and could start a statement: when
        what follows does not fit, the statement before it was unfinished."""
        if explain.starts_something(token):
            if kind != "NAME":
                self.doubtful_name = None
            elif token.first_on_line and self.doubtful_name is None:
                self.doubtful_name = self.next, list(self.opened), self.machine.remember()

    def take(self, token: Token) -> bool:
        """Takes a token that fits. False when that would make the tree too deep: the statement is given up then."""
        try:
            self.machine.take(token)
        except TooDeepError:
            self.found.append(explain.too_deep(self.source, self.machine.extents[-1][0], DEEPEST))
            self.resynchronize(token, lost=self.machine.unfinished())
            return False
        if token.kind == "LBRACE":
            self.opened.append(token)
        elif token.kind == "RBRACE":
            self.closed(token)
        return True

    def closed(self, token: Token) -> None:
        """Remembers a block whose closing brace stands further left than the block starts: the brace may be another block's."""
        opening = self.opened.pop()
        if token.first_on_line and self.indentation(token.start) < self.indentation(opening.start):
            self.doubtful_braces.append(opening)

    def indentation(self, offset: int) -> int:
        line = self.source.line(self.source.position(offset)[0])
        return len(line) - len(line.lstrip())

    # ---- mistakes --------------------------------------------------------------------------------

    def recover(self, token: Token) -> None:
        """Reports a token that does not fit and finds a way on."""
        if self.doubtful_name is not None:
            self.next, self.opened, memory = self.doubtful_name
            self.doubtful_name = None
            self.machine.restore(memory)
            self.step_over(self.tokens.tokens[self.next])
        elif not (self.correct(token) or self.supply(token) or self.close_blocks(token)):
            self.step_over(token)

    def correct(self, token: Token) -> bool:
        """A misspelt word of the language: reads on as if it were spelt right, when that leads on."""
        meant = explain.meant_word(token, self.previous(), self.machine.expected())
        if meant is None:
            return False
        kind = tables.KEYWORDS[meant]
        after = self.machine.follow(kind)
        if after is None or self.kind(self.following(), after) is None:
            return False
        self.found.append(explain.misspelt(self.source, token, meant))
        if self.take(token._replace(kind=kind, text=meant)):
            self.next += 1
        return True

    def supply(self, token: Token) -> bool:
        """A sign left out: reads on as if it stood there."""
        if explain.has_dash(token, self.previous(), self.following()):
            return False
        for kind in _OMISSIONS:
            if kind == "EQUAL" and self.machine.accepts("PLUS"):
                continue  # after a value, a comparison is only one of many things that may follow
            if kind == "COMMA" and token.first_on_line:
                continue  # more likely a statement of its own
            if self.leads_on(kind, token):
                place = self.previous_end()
                if not self.explained(token):
                    self.found.append(explain.left_out(self.source, kind, place, token))
                self.take(Token((kind,), "", place, place, False, kind))
                return True
        return False

    def leads_on(self, kind: str, token: Token) -> bool:
        """Would a token of this kind make this token fit, and the one after it?"""
        after = self.machine.follow(kind)
        taken = None if after is None else self.kind(token, after)
        after = None if taken is None else self.machine.follow(taken, after)
        return after is not None and (token.kinds == (END,) or self.kind(self.following(), after) is not None)

    def close_blocks(self, token: Token) -> bool:
        """A closing brace left out before the end of the file, or before what cannot stand in this block."""
        if not self.opened or self.closing_braces_ahead() >= len(self.opened):
            return False
        for count in range(1, min(len(self.opened), _DEEPEST_BLOCKS) + 1):
            after: list[int] | None = self.machine.states
            for _ in range(count):
                after = after and self.machine.follow("RBRACE", after)
            if after and self.kind(token, after) is not None:
                for _ in range(count):
                    opening = self.doubtful_braces.pop() if self.doubtful_braces else self.opened[-1]
                    self.found.append(explain.unclosed(self.source, opening, token))
                    if not self.take(Token(("RBRACE",), "", self.previous_end(), self.previous_end(), False, "RBRACE")):
                        break
                return True
        return False

    def step_over(self, token: Token) -> None:
        """Reports what cannot be mended, gives up the statement it stands in, and goes on with the next one."""
        if token.kinds == ("RBRACE",) and not self.opened and self.at_boundary(self.machine.states):
            self.found.append(explain.stray_brace(self.source, token))
            self.next += 1
            return
        if not self.explained(token):
            self.found.append(explain.unexpected(self.place(token)))
        # A statement that goes on with a word that does not fit is given up whole: its first part alone would say something else.
        goes_on = not token.first_on_line and self.tokens.tokens[self.next - 1].kinds != ("RBRACE",)
        self.resynchronize(token, lost=self.machine.unfinished() if goes_on else 0)

    def resynchronize(self, token: Token, lost: int = 0) -> None:
        """Gives up the last `lost` things read, and as many more as the unfinished statement has; then skips to where the next one
        starts."""
        machine = self.machine
        self.doubtful_name = None
        while lost < len(machine.values) and not self.at_boundary(machine.states[: len(machine.states) - lost]):
            lost += 1
        if not self.at_boundary(machine.states[: len(machine.states) - lost]):
            self.hopeless = True
            return
        statement_start = machine.extents[-lost][0] if lost else token.start
        column = self.source.position(statement_start)[1]
        dropped = machine.forget(lost)
        depth = sum(isinstance(value, Token) and value.kind == "LBRACE" for value in dropped)
        if depth:
            del self.opened[-depth:]
        self.next = self.next_start(column, depth)

    def next_start(self, column: int, depth: int) -> int:
        """Where to go on after a lost statement that started at `column` with `depth` braces of its own still open: at a
        closing brace that is not its own, or at a line that starts with a statement or is indented no deeper than it."""
        tokens = self.tokens.tokens
        own_braces = depth
        for index in range(self.next, len(tokens)):
            token = tokens[index]
            if token.kinds == (END,):
                return index
            if token.kinds == ("LBRACE",):
                depth += 1
            elif token.kinds == ("RBRACE",):
                if not depth:
                    return index
                depth -= 1
                own_braces = min(own_braces, depth)
            elif token.first_on_line and "NAME" in token.kinds and (index > self.next or self.kind(token)):
                starts = "LABEL" in token.kinds or explain.starts_something(token)
                if depth == 0 and (starts or self.source.position(token.start)[1] <= column):
                    return index
                if depth == own_braces and starts:
                    return index
        return len(tokens) - 1

    # ---- where the parser stands -----------------------------------------------------------------

    def at_boundary(self, states: list[int]) -> bool:
        return any(self.machine.accepts(kind, states) for kind in _BOUNDARIES)

    def place(self, token: Token) -> explain.Place:
        """Where a token does not fit, for the finding about it."""
        unfinished = self.machine.unfinished()
        statement = self.word_at(self.machine.extents[-unfinished][0]) if unfinished else ""
        return explain.Place(self.source, token, self.previous(), self.following(), self.machine.expected(), statement, self.block())

    def word_at(self, start: int) -> str:
        """The first word of the statement that starts at an offset, its label left out."""
        index = next(index for index, token in enumerate(self.tokens.tokens) if token.start >= start)
        word = self.tokens.tokens[index]
        return self.tokens.tokens[index + 2].text if "LABEL" in word.kinds else word.text

    def block(self) -> str:
        """The word that opened the innermost block: `layer`, `by` of a table; "" outside every brace."""
        if not self.opened:
            return ""
        words = (token.text for token in reversed(self.tokens.tokens[: self.next]) if token.start < self.opened[-1].start)
        return next((word for word in words if word in {"book", "hedge", "layer", "structure", "change", "test", "by"}), "")

    def previous(self) -> Token | None:
        return self.tokens.tokens[self.next - 1] if self.next else None

    def previous_end(self) -> int:
        return self.tokens.tokens[self.next - 1].end if self.next else 0

    def following(self) -> Token:
        tokens = self.tokens.tokens
        return tokens[min(self.next + 1, len(tokens) - 1)]

    def explained(self, token: Token) -> bool:
        """Was a sign without meaning found right before the token? Then one finding about the place is enough."""
        return any(self.previous_end() <= one.span.start < token.start for one in self.tokens.findings)

    def closing_braces_ahead(self) -> int:
        """How many closing braces from here on have no opening brace from here on."""
        depth = unmatched = 0
        for token in self.tokens.tokens[self.next :]:
            if token.kinds == ("LBRACE",):
                depth += 1
            elif token.kinds == ("RBRACE",):
                if depth:
                    depth -= 1
                else:
                    unmatched += 1
        return unmatched
