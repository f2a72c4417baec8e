"""From files to one flat module: `use` brought in, `change` and `drop` applied, statements handed down to layers.

Assumes nothing about the files. Guarantees a module whose names are unique and whose layers each hold the statements in
force for them; where a file says what cannot be merged, there is a diagnostic and the part is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from alvh.compiler.expand_structures import StructureExpansion
from alvh.compiler.module import GroupDeclaration, LayerDeclaration, Module, ReplacedValue
from alvh.compiler.read_override import OVERRIDES, read_override
from alvh.compiler.rules.circular_use import circular_use
from alvh.compiler.rules.duplicate_name import conflicting_setting, conflicting_uses, duplicate_name, repeated_change, said_twice
from alvh.compiler.rules.file_outside_project import absolute_path, file_outside_project
from alvh.compiler.rules.missing_file import missing_file
from alvh.compiler.rules.nothing_to_remove import nothing_to_remove
from alvh.compiler.rules.program_too_large import too_many_files, too_much_text
from alvh.compiler.rules.statement_in_wrong_block import misplaced_statement
from alvh.compiler.rules.unknown_override import unknown_override
from alvh.compiler.rules.unknown_target import no_body_to_change, no_value_to_change, own_declaration, unknown_target
from alvh.compiler.verbs import BOOK_VERBS, HEDGE_VERBS, LAYER_VERBS, removes, verb_of
from alvh.compiler.vocabulary import SETTINGS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Source, Span

if TYPE_CHECKING:
    from alvh.grammar.parse import ParseResult

Reader: TypeAlias = Callable[[str], "ParseResult"]
"""Reads and parses the file at a path; what is wrong with the file is in the result's diagnostics."""

MOST_FILES = 64
MOST_CHARACTERS = 1_000_000
"""Bounds on one strategy, its used files included, so that no file can occupy a machine."""

Part: TypeAlias = syntax.Statement | syntax.Layer


def merge(path: str, read: Reader, overrides: Mapping[str, str] | None = None) -> tuple[Module, tuple[Diagnostic, ...]]:
    """The module of the file at `path` (`-` and other names without a folder stand in the current one), and what is wrong with it.

    `overrides` give settings, params, lets and triggers another value, as text in a file's own words.
    """
    merger = _Merger(path, read)
    contents = merger.bring(path, display=path)
    merger.apply_overrides(contents, overrides or {})
    return merger.flatten(path, contents), tuple(merger.diagnostics)


Declared: TypeAlias = (
    syntax.Param | syntax.Let | syntax.Trigger | syntax.Input | syntax.Calendar | syntax.Structure | syntax.Book | syntax.Hedge
)


class _Contents:
    """What a file declares, what it uses included."""

    def __init__(self) -> None:
        self.title: syntax.Title | None = None
        self.settings: dict[str, syntax.Setting] = {}
        self.names: dict[str, Declared] = {}
        self.from_use: set[str] = set()
        self.dropped: dict[str, Span] = {}
        self.replaced: dict[str, ReplacedValue] = {}
        self.claims: list[syntax.Claim] = []
        self.tests: list[syntax.Test] = []
        self.conflicts: dict[str, Diagnostic] = {}
        """Settings that used files disagree on: no matter where this file says its own."""


class _Merger:
    def __init__(self, path: str, read: Reader) -> None:
        self.read = read
        self.root = _project_folder(path)
        self.diagnostics: list[Diagnostic] = []
        self.incomplete = False
        self.finished: dict[str, _Contents] = {}
        self.open_files: list[tuple[str, str]] = []
        """Real path and shown path of the files being merged, outermost first."""
        self.characters = 0

    # ---- files ---------------------------------------------------------------------------------------

    def bring(self, path: str, display: str) -> _Contents:
        """The contents of a file and of what it uses; read once, however often it is used."""
        real = os.path.realpath(path)
        if real in self.finished:
            return self.finished[real]
        result = self.read(display)
        self.diagnostics.extend(result.diagnostics)
        self.incomplete = self.incomplete or any(finding.severity is Severity.ERROR for finding in result.diagnostics)
        self.characters += len(result.file.span.source.text)
        self.open_files.append((real, display))
        contents = self.finished[real] = self.merge_file(result.file, display)
        self.open_files.pop()
        return contents

    def bring_used(self, use: syntax.Use, user: str) -> _Contents | None:
        """What `use` brings in, or a diagnostic at its line."""
        written = use.path
        folder = os.path.dirname(user)
        if os.path.isabs(written) or written[1:2] == ":":
            return self._leave_out(absolute_path(use.span, written))
        display = os.path.normpath(os.path.join(folder, written)) if written else ""
        if "\0" in written or not _is_inside(self.root, display):
            return self._leave_out(file_outside_project(use.span, written))
        if not os.path.isfile(display):
            return self._leave_out(missing_file(use.span, written, _files_near(folder, display, self.root)))
        real = os.path.realpath(display)
        for index, (open_real, _) in enumerate(self.open_files):
            if open_real == real:
                return self._leave_out(circular_use(use.span, tuple(shown for _, shown in self.open_files[index:])))
        if real not in self.finished:
            if len(self.finished) + len(self.open_files) >= MOST_FILES:
                return self._leave_out(too_many_files(use.span, MOST_FILES))
            if self.characters > MOST_CHARACTERS:
                return self._leave_out(too_much_text(use.span, MOST_CHARACTERS))
        return self.bring(display, display)

    def _leave_out(self, finding: Diagnostic) -> _Contents | None:
        """Reports a file that cannot be brought in."""
        self.diagnostics.append(finding)
        self.incomplete = True
        return None

    # ---- one file ------------------------------------------------------------------------------------

    def merge_file(self, file: syntax.File, display: str) -> _Contents:
        """Uses first, then drops, own declarations, changes: so the order of lines does not matter."""
        contents = _Contents()
        own = {identifier.name for declaration in file.declarations for identifier in _names_of(declaration)}
        for declaration in file.declarations:
            if isinstance(declaration, syntax.Use):
                self._take_in(contents, self.bring_used(declaration, display), declaration.span)
        for declaration in file.declarations:
            if isinstance(declaration, syntax.Drop):
                self._drop(contents, declaration, own)
        settings_here: dict[str, syntax.Setting] = {}
        for declaration in file.declarations:
            self._declare(contents, declaration, settings_here)
        self.diagnostics.extend(finding for name, finding in contents.conflicts.items() if name not in settings_here)
        self._change_values(contents, [declaration for declaration in file.declarations if isinstance(declaration, syntax.ChangeValue)])
        self._change_bodies(contents, [declaration for declaration in file.declarations if isinstance(declaration, syntax.ChangeBody)])
        return contents

    def _take_in(self, contents: _Contents, used: _Contents | None, span: Span) -> None:
        if used is None:
            return
        for name, declaration in used.names.items():
            present = contents.names.get(name)
            if present is None:
                contents.names[name] = declaration
            elif present is not declaration:
                self.diagnostics.append(conflicting_uses(span, name, present.span))
        for name, setting in used.settings.items():
            said = contents.settings.setdefault(name, setting)
            if said != setting:
                contents.conflicts[name] = conflicting_setting(span, name, said.span)
        contents.from_use.update(used.names)
        contents.dropped.update(used.dropped)
        contents.replaced.update(used.replaced)

    def _declare(self, contents: _Contents, declaration: syntax.Declaration, settings_here: dict[str, syntax.Setting]) -> None:
        match declaration:
            case syntax.Title():
                if contents.title is not None:
                    self.diagnostics.append(said_twice(declaration.span, "strategy", contents.title.span))
                contents.title = declaration
            case syntax.Setting(name=name):
                if name in settings_here:
                    self.diagnostics.append(said_twice(declaration.span, name, settings_here[name].span))
                settings_here[name] = contents.settings[name] = declaration
            case syntax.Claim():
                contents.claims.append(declaration)
            case syntax.Test():
                contents.tests.append(declaration)
            case syntax.Calendar(names=names):
                for identifier in names:
                    self._declare_name(contents, identifier, syntax.Calendar(names=(identifier,), span=identifier.span))
            case syntax.Param() | syntax.Let() | syntax.Trigger() | syntax.Input() | syntax.Structure() | syntax.Book() | syntax.Hedge():
                self._declare_name(contents, declaration.name, declaration)
            case _:
                pass

    def _declare_name(self, contents: _Contents, identifier: syntax.Identifier, declaration: Declared) -> None:
        name = identifier.name
        if name in contents.names:
            present = _names_of(contents.names[name])[0]
            self.diagnostics.append(duplicate_name(identifier.span, name, present.span, used=name in contents.from_use))
            return
        contents.names[name] = declaration
        contents.dropped.pop(name, None)
        contents.from_use.discard(name)

    # ---- drop ----------------------------------------------------------------------------------------

    def _drop(self, contents: _Contents, drop: syntax.Drop, own: set[str]) -> None:
        path = drop.path.name
        name, _, layer = path.partition(".")
        declaration = contents.names.get(name)
        if not layer and declaration is not None:
            del contents.names[name]
            contents.from_use.discard(name)
            contents.dropped[name] = drop.span
        elif isinstance(declaration, syntax.Book | syntax.Hedge) and _layer_of(declaration, layer) is not None:
            body = tuple(part for part in declaration.body if not (isinstance(part, syntax.Layer) and part.name.name == layer))
            contents.names[name] = _with_body(declaration, body)
            contents.dropped[path] = drop.span
        elif path in own:
            self.diagnostics.append(own_declaration(drop.path.span, path))
        else:
            self.diagnostics.append(unknown_target(drop.path.span, "drop", path, _paths(contents)))

    # ---- change --------------------------------------------------------------------------------------

    def _change_values(self, contents: _Contents, changes: Iterable[syntax.ChangeValue]) -> None:
        seen: dict[str, Span] = {}
        for change in changes:
            name = change.name.name
            if name in seen:
                self.diagnostics.append(repeated_change(change.name.span, name, seen[name]))
                continue
            seen[name] = change.name.span
            self._change_value(contents, change)

    def _change_value(self, contents: _Contents, change: syntax.ChangeValue) -> None:
        name = change.name.name
        declaration = contents.names.get(name)
        match declaration:
            case syntax.Param(value=original, low=low, high=high):
                contents.names[name] = syntax.Param(declaration.name, change.value, low, high, span=declaration.span)
            case syntax.Let(value=original):
                contents.names[name] = syntax.Let(declaration.name, change.value, span=declaration.span)
            case syntax.Trigger(condition=original):
                contents.names[name] = syntax.Trigger(declaration.name, change.value, span=declaration.span)
            case None:
                self.diagnostics.append(unknown_target(change.name.span, "change", name, _paths(contents)))
                return
            case _:
                self.diagnostics.append(no_value_to_change(change.name.span, name, _sort_of(declaration)))
                return
        first = contents.replaced.get(name)
        contents.replaced[name] = ReplacedValue(name, first.original if first is not None else original, change.value.span)

    def _change_bodies(self, contents: _Contents, changes: list[syntax.ChangeBody]) -> None:
        seen: dict[str, Span] = {}
        for change in sorted(changes, key=lambda change: len(change.path.parts)):  # a whole group before its layers
            path = change.path.name
            if path in seen:
                self.diagnostics.append(repeated_change(change.path.span, path, seen[path]))
                continue
            seen[path] = change.path.span
            name, _, layer_name = path.partition(".")
            declaration = contents.names.get(name)
            if declaration is None:
                self.diagnostics.append(unknown_target(change.path.span, "change", path, _paths(contents)))
            elif not isinstance(declaration, syntax.Book | syntax.Hedge):
                self.diagnostics.append(no_body_to_change(change.path.span, path, _sort_of(declaration)))
            elif not layer_name:
                contents.names[name] = self._change_group(declaration, change)
            elif (layer := _layer_of(declaration, layer_name)) is not None:
                changed = self._change_layer(declaration, layer, change)
                body = tuple(changed if part is layer else part for part in declaration.body)
                contents.names[name] = _with_body(declaration, body)
            else:
                self.diagnostics.append(unknown_target(change.path.span, "change", path, _paths(contents)))

    def _change_group(self, group: syntax.Book | syntax.Hedge, change: syntax.ChangeBody) -> syntax.Book | syntax.Hedge:
        kept = self._kept(group.body, change, _said(group.body))
        added: list[Part] = []
        for part in change.body:
            if isinstance(part, syntax.Layer):
                present = _layer_of(group, part.name.name)
                if present is not None:
                    path = f"{group.name.name}.{part.name.name}"
                    self.diagnostics.append(duplicate_name(part.name.span, path, present.name.span, used=True))
                    continue
            elif isinstance(part, syntax.Removal):
                continue
            added.append(part)
        return _with_body(group, (*kept, *added))

    def _change_layer(self, group: syntax.Book | syntax.Hedge, layer: syntax.Layer, change: syntax.ChangeBody) -> syntax.Layer:
        inherited = [part for part in group.body if not isinstance(part, syntax.Layer) and verb_of(part) in LAYER_VERBS]
        kept = self._kept(layer.body, change, [*_said(layer.body), *_said(inherited)])
        added: list[syntax.Statement] = []
        for part in change.body:
            if isinstance(part, syntax.Layer):
                self.diagnostics.append(misplaced_statement(part.name.span, "layer", "a layer", "a book or hedge"))
            else:
                added.append(part)  # a Removal stays, so that the layer does not inherit what it removed
        body = tuple(part for part in (*kept, *added) if isinstance(part, syntax.Statement))
        return syntax.Layer(layer.name, layer.alias, body, span=layer.span)

    def _kept(self, body: Iterable[Part], change: syntax.ChangeBody, said: list[str]) -> list[Part]:
        """What a change leaves of a body: the verbs that it neither says nor removes."""
        removals = [part for part in change.body if isinstance(part, syntax.Removal)]
        for removal in removals:
            if not any(removes(removal, verb) for verb in said):
                self.diagnostics.append(nothing_to_remove(removal.span, change.path.name, verb_of(removal), said))
        replaced = set(_said(change.body))
        return [
            part
            for part in body
            if isinstance(part, syntax.Layer)
            or not (
                verb_of(part) in replaced
                or (not isinstance(part, syntax.Removal) and any(removes(entry, verb_of(part)) for entry in removals))
            )
        ]

    # ---- command line --------------------------------------------------------------------------------

    def apply_overrides(self, contents: _Contents, overrides: Mapping[str, str]) -> None:
        """Settings and values from the command line, which win over every file."""
        for name, value in overrides.items():
            if name not in SETTINGS and not isinstance(contents.names.get(name), syntax.Param | syntax.Let | syntax.Trigger):
                values = (known for known, said in contents.names.items() if isinstance(said, syntax.Param | syntax.Let | syntax.Trigger))
                source = Source(OVERRIDES, f"{name}={value}")
                self.diagnostics.append(unknown_override(Span(source, 0, len(name)), name, (*SETTINGS, *values)))
                continue
            match read_override(name, value):
                case syntax.Setting() as setting:
                    contents.settings[name] = setting
                case syntax.ChangeValue() as change:
                    self._change_value(contents, change)
                case finding:
                    self.diagnostics.append(finding)

    # ---- the module ----------------------------------------------------------------------------------

    def flatten(self, path: str, contents: _Contents) -> Module:
        declarations = tuple(contents.names.values())
        structures = tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Structure))
        expansion = StructureExpansion(structures, contents.names, contents.dropped, self.incomplete)
        groups = tuple(
            self._group(declaration, expansion) for declaration in declarations if isinstance(declaration, syntax.Book | syntax.Hedge)
        )
        self.diagnostics.extend(expansion.diagnostics)
        return Module(
            file=path,
            title=contents.title,
            settings=tuple(contents.settings.values()),
            params=tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Param)),
            lets=tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Let)),
            triggers=tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Trigger)),
            inputs=tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Input)),
            calendars=tuple(declaration for declaration in declarations if isinstance(declaration, syntax.Calendar)),
            groups=groups,
            claims=tuple(contents.claims),
            tests=tuple(contents.tests),
            from_use=frozenset(contents.from_use),
            structures=structures,
            uses=tuple(expansion.uses),
            replaced=tuple(replaced for name, replaced in contents.replaced.items() if name in contents.names),
            dropped=dict(contents.dropped),
            incomplete=self.incomplete or bool(expansion.diagnostics),
        )

    def _group(self, group: syntax.Book | syntax.Hedge, expansion: StructureExpansion) -> GroupDeclaration:
        is_book = isinstance(group, syntax.Book)
        of_whole = BOOK_VERBS if is_book else HEDGE_VERBS
        whole: list[syntax.Statement] = []
        handed_down: list[syntax.Statement] = []
        layers: dict[str, syntax.Layer] = {}
        for part in group.body:
            if isinstance(part, syntax.Layer):
                first = layers.setdefault(part.name.name, part)
                if first is not part:
                    self.diagnostics.append(duplicate_name(part.name.span, part.name.name, first.name.span, used=False))
            elif verb_of(part) in LAYER_VERBS:
                handed_down.append(part)
            elif verb_of(part) in of_whole:
                whole.append(part)
            else:
                block, other = ("a book", "a hedge") if is_book else ("a hedge", "a book")
                self.diagnostics.append(misplaced_statement(part.span, verb_of(part), block, other))
        name = group.name.name
        declared = [self._layer(f"{name}.{layer.name.name}", layer, handed_down, expansion) for layer in layers.values()]
        if not declared and handed_down:
            declared = [LayerDeclaration(name, None, expansion.expand(handed_down), group.name.span)]
        return GroupDeclaration(name, "book" if is_book else "hedge", tuple(whole), tuple(declared), group.name.span)

    def _layer(
        self, path: str, layer: syntax.Layer, handed_down: list[syntax.Statement], expansion: StructureExpansion
    ) -> LayerDeclaration:
        own: list[syntax.Statement] = []
        removals = [part for part in layer.body if isinstance(part, syntax.Removal)]
        for statement in layer.body:
            if isinstance(statement, syntax.Removal):
                continue
            if verb_of(statement) in LAYER_VERBS:
                own.append(statement)
            else:
                belongs = "a book" if verb_of(statement) in BOOK_VERBS else "the hedge, outside its layers"
                self.diagnostics.append(misplaced_statement(statement.span, verb_of(statement), "a layer", belongs))
        said = {verb_of(statement) for statement in own}
        inherited = [
            statement
            for statement in handed_down
            if verb_of(statement) not in said and not any(removes(removal, verb_of(statement)) for removal in removals)
        ]
        return LayerDeclaration(path, layer.alias, expansion.expand((*inherited, *own)), layer.name.span)


# ---- names and paths ---------------------------------------------------------------------------------


def _names_of(declaration: syntax.Declaration) -> tuple[syntax.Identifier, ...]:
    match declaration:
        case syntax.Calendar(names=names):
            return names
        case syntax.Param() | syntax.Let() | syntax.Trigger() | syntax.Input() | syntax.Structure() | syntax.Book() | syntax.Hedge():
            return (declaration.name,)
        case _:
            return ()


def _sort_of(declaration: Declared) -> str:
    match declaration:
        case syntax.Input():
            return "an input"
        case syntax.Book():
            return "a book"
        case syntax.Hedge():
            return "a hedge"
        case syntax.Calendar():
            return "a calendar"
        case _:
            return f"a {type(declaration).__name__.lower()}"


def _with_body(group: syntax.Book | syntax.Hedge, body: tuple[Part, ...]) -> syntax.Book | syntax.Hedge:
    return type(group)(group.name, body, span=group.span)


def _layer_of(group: syntax.Book | syntax.Hedge, name: str) -> syntax.Layer | None:
    return next((part for part in group.body if isinstance(part, syntax.Layer) and part.name.name == name), None)


def _paths(contents: _Contents) -> list[str]:
    """What `change` and `drop` can name: declarations, and layers by their full path."""
    found = list(contents.names)
    for name, declaration in contents.names.items():
        if isinstance(declaration, syntax.Book | syntax.Hedge):
            found.extend(f"{name}.{part.name.name}" for part in declaration.body if isinstance(part, syntax.Layer))
    return found


def _said(body: Iterable[Part]) -> list[str]:
    return [verb_of(part) for part in body if not isinstance(part, syntax.Layer | syntax.Removal)]


def _project_folder(path: str) -> str:
    """The real path of the nearest folder upward that holds `alvh.toml`, else of the file's own folder."""
    own = os.path.dirname(os.path.realpath(path))
    folder = own
    while True:
        if os.path.isfile(os.path.join(folder, "alvh.toml")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return own
        folder = above


def find_beside(user: str, written: str, span: Span) -> str | Diagnostic:
    """The path of the file that `user` names as `written`, relative to itself and within its project; else what is wrong with it."""
    folder = os.path.dirname(user)
    if os.path.isabs(written) or written[1:2] == ":":
        return absolute_path(span, written)
    path = os.path.normpath(os.path.join(folder, written)) if written else ""
    root = _project_folder(user)
    if "\0" in written or not _is_inside(root, path):
        return file_outside_project(span, written)
    return path if os.path.isfile(path) else missing_file(span, written, _files_near(folder, path, root))


def _is_inside(root: str, path: str) -> bool:
    """Does the file that `path` leads to, links followed, lie in `root`?"""
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _files_near(folder: str, missing: str, root: str) -> list[str]:
    """Strategy files in the folder of the saying file, one level below it, and in the folder looked into, as `use` would say them."""
    here = folder or "."
    places = [here, os.path.dirname(missing) or "."]
    with suppress(OSError):
        places += sorted(entry.path for entry in os.scandir(here) if entry.is_dir())[:50]
    found: dict[str, None] = {}
    for place in places:
        if not _is_inside(root, place):
            continue
        try:
            names = sorted(name for name in os.listdir(place) if name.endswith(".alvh"))[:200]
        except OSError:
            continue
        for name in names:
            found[os.path.relpath(os.path.join(place, name), here).replace(os.sep, "/")] = None
    return list(found)
