"""A strategy file as a value: loaded, compiled, with its params and the texts it was made of. Needs no NumPy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from alvh.compiler.constants import lags_of
from alvh.compiler.dependencies import Dependencies
from alvh.compiler.driver import Compiled, Files, check_file, compile_file
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import Diagnostic, InternalError, Severity
from alvh.grammar.render import render_text
from alvh.grammar.syntax import Input
from alvh.mistakes import UserError

PathLike = str | os.PathLike[str]
Settings = Mapping[str, object]
"""Settings and params by name, in the words of a strategy file: `{"costs": "none", "call_delta": "0.20 delta"}`."""

SETTING_NAMES = frozenset({"capital", "costs", "fill", "contracts"})


class StrategyError(UserError):
    """A strategy file has errors: `diagnostics` holds every finding, the message shows them as `alvh check` does."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(render_text(diagnostics).rstrip("\n"))
        self.diagnostics = diagnostics


@frozen
class Strategy:
    """A strategy file that compiles."""

    path: str
    compiled: Compiled = field(repr=False)

    @property
    def program(self) -> Program:
        """The lowered strategy."""
        if self.compiled.program is None:
            raise InternalError(f"{self.path} was loaded without a program")
        return self.compiled.program

    @property
    def dependencies(self) -> Dependencies:
        """What depends on what in it."""
        if self.compiled.dependencies is None:
            raise InternalError(f"{self.path} was loaded without its dependencies")
        return self.compiled.dependencies

    @property
    def title(self) -> str:
        """The title that the file states, else its name."""
        return self.program.title or os.path.basename(self.path)

    @property
    def params(self) -> dict[str, float]:
        """The params in force, ratios as fractions."""
        return {parameter.name: parameter.value for parameter in self.program.parameters}

    @property
    def names(self) -> frozenset[str]:
        """The params, lets and triggers that can be given another value."""
        module = self.compiled.module
        if module is None:
            raise InternalError(f"{self.path} was loaded without a module")
        return frozenset(
            [entry.name.name for entry in module.params]
            + [entry.name.name for entry in module.lets]
            + [entry.name.name for entry in module.triggers]
        )

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(finding for finding in self.compiled.diagnostics if finding.severity is Severity.WARNING)

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Name and text of every file that the strategy is made of, the names relative to its own folder."""
        folder = os.path.dirname(os.path.abspath(self.path))
        sources = {os.path.relpath(source.path, folder).replace(os.sep, "/"): source.text for source in self.compiled.sources}
        return tuple(sorted(sources.items()))

    @property
    def declared_inputs(self) -> tuple[Input, ...]:
        """Every input that the file or one that it uses declares, read or not."""
        module = self.compiled.module
        if module is None:
            raise InternalError(f"{self.path} was loaded without a module")
        return module.inputs

    @property
    def lags(self) -> dict[str, int]:
        """Calendar days by which the file says that an input is published late, by input."""
        if self.compiled.meaning is None:
            raise InternalError(f"{self.path} was loaded without its meaning")
        return lags_of(self.compiled.meaning)


def check(path: PathLike) -> tuple[Diagnostic, ...]:
    """Every finding of `alvh check` in the file at `path`; a file that cannot be read is a finding too."""
    return check_file(path).diagnostics


def load(path: PathLike, *, settings: Settings | None = None, files: Files | None = None) -> Strategy:
    """The strategy in the file at `path`, with `settings` in place of its own. StrategyError when it does not compile.

    `files`: what earlier calls for the same path have read."""
    words = {name: str(value) for name, value in (settings or {}).items()}
    compiled = compile_file(path, words, files=files)
    if compiled.program is None:
        raise StrategyError(compiled.diagnostics)
    return Strategy(os.fspath(path), compiled)


def load_all(strategies: Sequence[Strategy | PathLike], *, settings: Settings | None = None) -> list[Strategy]:
    """Each strategy with those of `settings` that it knows; StrategyError when one does not compile, or a setting is
    known to none of them."""
    loaded = [strategy if isinstance(strategy, Strategy) else load(strategy) for strategy in strategies]
    if not settings:
        return loaded
    known = [SETTING_NAMES | strategy.names for strategy in loaded]
    strangers = {name: value for name, value in settings.items() if not any(name in names for names in known)}
    if strangers:
        load(loaded[0].path, settings=strangers)  # its findings name the choices
    return [
        load(strategy.path, settings={name: value for name, value in settings.items() if name in names})
        for strategy, names in zip(loaded, known, strict=True)
    ]
