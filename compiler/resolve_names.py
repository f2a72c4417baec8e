"""What each name stands for.

Assumes a merged module. Guarantees a Reference for every name that stands for something; for every other there is a
diagnostic, unless part of the text could not be read and the name may have been declared there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal as OneOf

from attrs import evolve, frozen

from alvh.compiler.expressions import children_of, expressions_of
from alvh.compiler.meaning import Reference
from alvh.compiler.module import GroupDeclaration, LayerDeclaration, Module
from alvh.compiler.nearest_names import nearest_names
from alvh.compiler.rules.ambiguous_layer import ambiguous_layer
from alvh.compiler.rules.attribute_never_known import attribute_never_known, attribute_of_one_layer
from alvh.compiler.rules.book_total import book_total
from alvh.compiler.rules.duplicate_name import duplicate_name
from alvh.compiler.rules.lot_value_outside_layer import lot_value_before_opening, lot_value_outside_layer
from alvh.compiler.rules.reserved_name import reserved_name
from alvh.compiler.rules.still_needed import still_needed
from alvh.compiler.rules.undefined_name import undefined_calendar, undefined_layer, undefined_leg, undefined_name
from alvh.compiler.rules.unknown_attribute import component_needed, unknown_attribute, without_attributes
from alvh.compiler.rules.unknown_function import not_a_function, unknown_function
from alvh.compiler.rules.unknown_input_kind import unknown_input_kind
from alvh.compiler.rules.unknown_product import unknown_product
from alvh.compiler.rules.unsupported_product import unsupported_holding, unsupported_product
from alvh.compiler.rules.unused_name import unused_name
from alvh.compiler.rules.wrong_arguments import wrong_arguments
from alvh.compiler.rules.wrong_sort_of_name import not_a_calendar, not_a_layer, not_a_value, not_in_this_hedge, whole_hedge
from alvh.compiler.structure_values import BREAK_EVENS, OF_ONE_LAYER, why_never_known
from alvh.compiler.verbs import verb_of
from alvh.compiler.vocabulary import (
    ACCOUNT,
    ATTRIBUTES,
    CALENDARS,
    COMPONENTS,
    FUNCTIONS,
    INPUT_KINDS,
    LOT_ATTRIBUTES,
    MARKET_FUNCTIONS,
    METRIC_FUNCTIONS,
    METRICS,
    PRODUCTS,
    SERIES,
    is_reserved,
)
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

SORTS = {
    "param": "a param",
    "let": "a let",
    "trigger": "a trigger",
    "input": "an input",
    "calendar": "a calendar",
    "structure": "a structure",
    "series": "a market series",
    "account": "a value of the account",
    "lot": "a value of each lot",
    "metric": "a metric of a result",
}
"""How a message names the sort of a reference."""


@frozen
class Place:
    """Where an expression stands: its layer and group, if any; whether it is asked of each lot; whether it is a claim,
    which speaks of results."""

    layer: str = ""
    group: str = ""
    lots: bool = False
    claim: bool = False


OUTSIDE = Place()


def resolve_names(module: Module) -> tuple[dict[int, Reference], tuple[Diagnostic, ...]]:
    """References by id of their syntax node, and the findings of the names family."""
    resolver = _Resolver(module)
    resolver.resolve()
    return resolver.references, tuple(resolver.diagnostics)


class _Resolver:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.references: dict[int, Reference] = {}
        self.diagnostics: list[Diagnostic] = []
        self.declared: dict[str, Reference] = {}
        self.places: dict[str, Span] = {}
        self.layers: dict[str, LayerDeclaration] = {}
        self.short_names: dict[str, list[str]] = {}
        """Full paths by the last part: `front` of `alvh.front`."""
        self.used: set[str] = set()
        self.silent = False
        """While what a `change` replaced is read: its names may be gone by now."""

    def resolve(self) -> None:
        self._declare_all()
        self._resolve_declarations()
        for group in self.module.groups:
            self._resolve_group(group)
        for claim in self.module.claims:
            self._resolve_claim(claim)
        for test in self.module.tests:
            self._resolve_test(test)
        self._find_unused()
        self.silent = True
        for replaced in self.module.replaced:
            self._resolve(replaced.original, OUTSIDE)

    def _report(self, finding: Diagnostic) -> None:
        if not self.silent:
            self.diagnostics.append(finding)

    # ---- declarations --------------------------------------------------------------------------------

    def _declare_all(self) -> None:
        module = self.module
        for param in module.params:
            self._declare(param.name, Reference("param", param.name.name))
        for let in module.lets:
            self._declare(let.name, Reference("let", let.name.name))
        for trigger in module.triggers:
            self._declare(trigger.name, Reference("trigger", trigger.name.name))
        for series in module.inputs:
            self._declare(series.name, Reference("input", series.name.name))
        for calendar in module.calendars:
            for name in calendar.names:
                self._declare(name, Reference("calendar", name.name))
        for structure in module.structures:
            self._declare(structure.name, Reference("structure", structure.name.name))
        self.used.update(use.structure.name.name for use in module.uses)
        for group in module.groups:
            own = len(group.layers) == 1 and group.layers[0].path == group.name
            self._declare_at(group.span, group.name, Reference("layer" if own else "group", group.name))
        for group in module.groups:
            for layer in group.layers:
                self._declare_layer(layer, group)

    def _declare_layer(self, layer: LayerDeclaration, group: GroupDeclaration) -> None:
        self.layers[layer.path] = layer
        if layer.path == group.name:
            return
        short = layer.path.rpartition(".")[2]
        self.short_names.setdefault(short, []).append(layer.path)
        if short in ATTRIBUTES:
            self._report(reserved_name(layer.span, short, "a value of books and layers"))
        elif (meaning := is_reserved(short)) is not None:
            self._report(reserved_name(layer.span, short, meaning))
        elif short in self.places:
            self._report(duplicate_name(layer.span, short, self.places[short], used=False))

    def _declare(self, identifier: syntax.Identifier, reference: Reference) -> None:
        self._declare_at(identifier.span, identifier.name, reference)

    def _declare_at(self, span: Span, name: str, reference: Reference) -> None:
        meaning = is_reserved(name)
        if meaning is not None:
            self._report(reserved_name(span, name, meaning))
        self.declared[name] = reference
        self.places[name] = span

    def _resolve_declarations(self) -> None:
        module = self.module
        for setting in module.settings:
            self._resolve_setting(setting)
        for param in module.params:
            for value in (param.value, param.low, param.high):
                if value is not None:
                    self._resolve(value, OUTSIDE)
        for let in module.lets:
            self._resolve(let.value, OUTSIDE)
        for trigger in module.triggers:
            self._resolve(trigger.condition, OUTSIDE)
        for series in module.inputs:
            if series.kind.name not in INPUT_KINDS:
                self._report(unknown_input_kind(series.kind.span, series.kind.name))
            if series.lag is not None:
                self._resolve(series.lag, OUTSIDE)

    def _resolve_setting(self, setting: syntax.Setting) -> None:
        if setting.value is not None:
            self._resolve(setting.value, OUTSIDE)

    def _find_unused(self) -> None:
        """Names of this file that nothing reads. A file without books and hedges is there to be used: it may leave all of them."""
        if not self.module.groups or self.module.incomplete:
            return
        for name, reference in self.declared.items():
            if reference.sort in ("group", "layer") or name in self.used or name in self.module.from_use or is_reserved(name):
                continue
            self._report(unused_name(self.places[name], reference.sort, name))

    # ---- books, hedges, layers -----------------------------------------------------------------------

    def _resolve_group(self, group: GroupDeclaration) -> None:
        for statement in group.statements:
            match statement:
                case syntax.Priority(order=order):
                    for path in order:
                        self._resolve_own_layer(path, group, "first")
                case syntax.HoldIndex(product=product):
                    if product.name != "SPX":
                        self._report(unsupported_holding(product.span, product.name))
                case _:
                    self._resolve_statement(statement, Place(group=group.name))
            for path in _layers_named(statement):
                self._resolve_own_layer(path, group, verb_of(statement))
        for layer in group.layers:
            place = Place(layer.path, group.name)
            labels = [leg.label.name for leg in layer.statements if isinstance(leg, syntax.Leg) and leg.label is not None]
            self._find_double_labels(layer)
            for statement in layer.statements:
                if isinstance(statement, syntax.Leg):
                    self._resolve_leg(statement, labels)
                    if statement.against is not None:
                        self._resolve_path(statement.against, group.name)
                if isinstance(statement, syntax.Roll) and statement.into is not None:
                    self._resolve_path(statement.into, group.name)
                self._resolve_statement(statement, place)

    def _resolve_statement(self, statement: syntax.Statement, place: Place) -> None:
        if isinstance(statement, syntax.Action) and statement.schedule is not None and statement.schedule.calendar is not None:
            self._resolve_calendar(statement.schedule.calendar)
        asked_of_lots = isinstance(statement, syntax.Close | syntax.Roll | syntax.Rebalance)
        for expression in expressions_of(statement):
            self._resolve(expression, evolve(place, lots=asked_of_lots))

    def _resolve_leg(self, leg: syntax.Leg, labels: list[str]) -> None:
        product = leg.product
        if product.name not in PRODUCTS:
            self._report(unknown_product(product.span, product.name))
        elif leg.right not in PRODUCTS[product.name].rights:
            self._report(unsupported_product(product.span, product.name, leg.right))
        if leg.strike is None or leg.strike.reference is None:
            return
        reference = leg.strike.reference
        own = None if leg.label is None else leg.label.name
        if reference.name in labels and reference.name != own:
            self.references[id(reference)] = Reference("leg", reference.name)
        else:
            self._report(undefined_leg(reference.span, reference.name, (label for label in labels if label != own)))

    def _find_double_labels(self, layer: LayerDeclaration) -> None:
        seen: dict[str, Span] = {}
        for leg in layer.statements:
            if isinstance(leg, syntax.Leg) and leg.label is not None:
                first = seen.setdefault(leg.label.name, leg.label.span)
                if first is not leg.label.span:
                    self._report(duplicate_name(leg.label.span, leg.label.name, first, used=False))

    def _resolve_calendar(self, identifier: syntax.Identifier) -> None:
        name = identifier.name
        reference = self.declared.get(name)
        if reference is not None and reference.sort == "calendar":
            self.used.add(name)
            self.references[id(identifier)] = reference
        elif reference is not None:
            self.used.add(name)
            self._report(not_a_calendar(identifier.span, name, SORTS.get(reference.sort, "a book, hedge or layer")))
        elif name in CALENDARS:
            self.references[id(identifier)] = Reference("calendar", name)
        elif name in self.module.dropped:
            self._report(still_needed(identifier.span, name, self.module.dropped[name]))
        elif not self.module.incomplete:
            self._report(undefined_calendar(identifier.span, name, (*self._calendars(), *CALENDARS)))

    def _resolve_path(self, path: syntax.Path, group: str) -> Reference | None:
        """A layer, as `into` and `first` name it; short names are looked for in the own hedge first."""
        reference = self._find_layer(path.name, group, path.span)
        if reference is None:
            self._undefined_layer(path.span, path.name, group)
        elif reference.sort == "group":
            layers = tuple(layer for layer in self.layers if layer.startswith(f"{reference.name}."))
            self._report(whole_hedge(path.span, path.name, layers))
        elif reference.sort == "layer":
            self.references[id(path)] = reference
            return reference
        else:
            self.used.add(path.name)
            self._report(not_a_layer(path.span, path.name, SORTS[reference.sort]))
        return None

    def _resolve_own_layer(self, path: syntax.Path, group: GroupDeclaration, verb: str) -> None:
        reference = self._resolve_path(path, group.name)
        if reference is not None and all(layer.path != reference.name for layer in group.layers):
            self._report(not_in_this_hedge(path.span, path.name, group.name, verb))

    def _undefined_layer(self, span: Span, name: str, group: str) -> None:
        dropped = self.module.dropped.get(name) or self.module.dropped.get(f"{group}.{name}")
        if dropped is not None:
            self._report(still_needed(span, name, dropped))
        elif not self.module.incomplete and len(self.short_names.get(name, ())) < 2:
            self._report(undefined_layer(span, name, (*self.short_names, *self.layers, *(known.name for known in self.module.groups))))

    def _find_layer(self, name: str, group: str, span: Span) -> Reference | None:
        """The layer or group of a name, or whatever else the name declares; reports a short name that several layers have."""
        if name in self.layers:
            return Reference("layer", name)
        if f"{group}.{name}" in self.layers:
            return Reference("layer", f"{group}.{name}")
        if name in self.declared:
            return self.declared[name]
        paths = self.short_names.get(name, [])
        if len(paths) == 1:
            return Reference("layer", paths[0])
        if len(paths) > 1:
            self._report(ambiguous_layer(span, name, tuple(paths)))
        return None

    # ---- claims and tests ----------------------------------------------------------------------------

    def _resolve_claim(self, claim: syntax.Claim) -> None:
        self._resolve(claim.measure, Place(claim=True))
        if claim.on_days is not None:
            self._resolve(claim.on_days, OUTSIDE)
        if claim.without is not None:
            self._resolve_layer_or_group(claim.without)

    def _resolve_layer_or_group(self, path: syntax.Path) -> None:
        reference = self._find_layer(path.name, "", path.span)
        if reference is None:
            self._undefined_layer(path.span, path.name, "")
        elif reference.sort in ("layer", "group"):
            self.references[id(path)] = reference
        else:
            self._report(not_a_layer(path.span, path.name, SORTS[reference.sort]))

    def _resolve_test(self, test: syntax.Test) -> None:
        for step in test.steps:
            match step:
                case syntax.Calm(length=length, level=level):
                    self._resolve(length, OUTSIDE)
                    self._resolve(level, OUTSIDE)
                case syntax.Move(targets=targets, length=length):
                    self._resolve(length, OUTSIDE)
                    for name, _, value in targets:
                        known = name in SERIES or (name in self.declared and self.declared[name].sort == "input")
                        if not known:
                            self._report(undefined_name(step.span, name, SERIES))
                        self.used.add(name)
                        self._resolve(value, OUTSIDE)
                case syntax.Expect(condition=condition, within=within):
                    self._resolve(condition, OUTSIDE)
                    if within is not None:
                        self._resolve(within, OUTSIDE)
                case _:
                    pass

    # ---- expressions ---------------------------------------------------------------------------------

    def _resolve(self, expression: syntax.Expression, place: Place) -> None:
        match expression:
            case syntax.Name():
                self._resolve_name(expression, place)
            case syntax.Attribute():
                self._resolve_attribute(expression, place)
            case syntax.Call():
                self._resolve_call(expression, place)
            case syntax.Holding():
                self._resolve_holding(expression, place)
            case syntax.Within(length=length, relation="before", event=syntax.Name() as event):
                self._resolve(length, place)
                self._resolve_event_ahead(event, place)
            case _:
                for child in children_of(expression):
                    self._resolve(child, place)

    def _resolve_name(self, name: syntax.Name, place: Place) -> Reference | None:
        reference = self._find(name.name, place, name.span)
        if reference is not None:
            self.references[id(name)] = reference
            if reference.sort in ("param", "let", "trigger", "input", "calendar"):
                self.used.add(reference.name)
        return reference

    def _resolve_event_ahead(self, event: syntax.Name, place: Place) -> None:
        """What `within … before` looks ahead to: only a calendar can be meant by a name that nothing declares."""
        name = event.name
        known = name in self.declared or name in self.module.dropped or is_reserved(name) is not None or name in self.short_names
        if known or self.module.incomplete:
            self._resolve_name(event, place)
        else:
            self._report(undefined_calendar(event.span, name, (*self._calendars(), *CALENDARS)))

    def _calendars(self) -> Iterator[str]:
        return (name for name, reference in self.declared.items() if reference.sort == "calendar")

    def _find(self, name: str, place: Place, span: Span) -> Reference | None:
        if place.claim and name in METRICS:
            return Reference("metric", name)
        if name in self.declared:
            if self.declared[name].sort == "structure":
                self._report(not_a_value(span, name))
                return None
            return self.declared[name]
        if place.layer and name in LOT_ATTRIBUTES:
            if not place.lots:
                self._report(lot_value_before_opening(span, name, place.layer))
                return None
            self._check_structure(place.layer, name, span)
            return Reference("lot", name)
        for sort, words in _BUILT_IN:
            if name in words:
                return Reference(sort, name)
        layer = self._find_layer(name, place.group, span)
        if layer is None:
            self._report_undefined(name, place, span)
        return layer

    def _report_undefined(self, name: str, place: Place, span: Span) -> None:
        dropped = self.module.dropped.get(name) or self.module.dropped.get(f"{place.group}.{name}")
        if dropped is not None:
            self._report(still_needed(span, name, dropped))
        elif name in LOT_ATTRIBUTES:
            layers = place.group or next((group.name for group in self.module.groups), None)
            self._report(lot_value_outside_layer(span, name, layers))
        elif name in FUNCTIONS or name in MARKET_FUNCTIONS:
            usage = FUNCTIONS[name].usage if name in FUNCTIONS else {"vx": "vx(1)", "iv": "iv(spx, 45 days)"}[name]
            self._report(undefined_name(span, name, (), f"`{name}` is a function: write it like `{usage}`."))
        elif not self.module.incomplete and len(self.short_names.get(name, ())) < 2:
            hints: tuple[str, ...] = ()
            if name in ATTRIBUTES:
                owner = place.layer or next(iter(self.layers), "condors")
                hints = (f"Say whose: `{owner}.{name}`.",)
            elif name == "forward":
                hints = ("A strike is a part of it, as in `at 100% of forward`.",)
            elif name in PRODUCTS:
                series = name.lower() if name.lower() in SERIES else "vx(1)"
                hints = (f"`{name}` is a product; its level is `{series}`.",)
            self._report(undefined_name(span, name, () if hints else self._visible(place), *hints))

    def _visible(self, place: Place) -> Iterable[str]:
        """All names that could stand in an expression here."""
        yield from self.declared
        yield from self.short_names
        yield from SERIES
        yield from ACCOUNT
        yield from CALENDARS
        if place.layer:
            yield from LOT_ATTRIBUTES
        if place.claim:
            yield from METRICS

    def _resolve_attribute(self, attribute: syntax.Attribute, place: Place) -> Reference | None:
        owner, name = attribute.owner, attribute.name.name
        reference: Reference | None = None
        match owner:
            case syntax.Call():
                reference = self._resolve_component(attribute, owner, place)
            case syntax.Name() | syntax.Attribute():
                whose = self._resolve_name(owner, place) if isinstance(owner, syntax.Name) else self._resolve_attribute(owner, place)
                if whose is not None:
                    reference = self._member(attribute, whose, place)
            case _:
                self._resolve(owner, place)
                self._report(without_attributes(attribute.name.span, owner.span.text, name))
        if reference is not None:
            self.references[id(attribute)] = reference
        return reference

    def _resolve_component(self, attribute: syntax.Attribute, call: syntax.Call, place: Place) -> Reference | None:
        self._resolve_call(call, place, component=True)
        function, name = call.function.name, attribute.name.name
        if function not in COMPONENTS:
            if function in FUNCTIONS or function in MARKET_FUNCTIONS:
                self._report(without_attributes(attribute.name.span, call.span.text, name))
            return None
        if name not in COMPONENTS[function]:
            self._report(unknown_attribute(attribute.name.span, call.span.text, name, COMPONENTS[function]))
            return None
        return Reference("component", name, function)

    def _member(self, attribute: syntax.Attribute, owner: Reference, place: Place) -> Reference | None:
        """What `owner.name` is: a price of a series, a layer of a group, an attribute of a layer or group."""
        name, span = attribute.name.name, attribute.name.span
        match owner.sort:
            case "series":
                full = f"{owner.name}.{name}"
                if full in SERIES:
                    return Reference("series", full)
                prices = [series.partition(".")[2] for series in SERIES if series.startswith(f"{owner.name}.")]
                if prices and name != "close":
                    self._report(unknown_attribute(span, owner.name, name, prices))
                else:
                    self._report(without_attributes(span, owner.name, name))
            case "group" | "layer":
                if f"{owner.name}.{name}" in self.layers:
                    return Reference("layer", f"{owner.name}.{name}")
                if name in ATTRIBUTES:
                    self._check_owner(owner, name, span)
                    if place.layer == owner.name and name in LOT_ATTRIBUTES:
                        self._report(book_total(attribute.span, owner.name, name))
                    return Reference("attribute", name, owner.name)
                if f"{owner.name}.{name}" in self.module.dropped:
                    self._report(still_needed(attribute.span, f"{owner.name}.{name}", self.module.dropped[f"{owner.name}.{name}"]))
                elif not (self.module.incomplete and owner.sort == "group"):
                    layers = [path.rpartition(".")[2] for path in self.layers if path.startswith(f"{owner.name}.")]
                    near = nearest_names(name, (*layers, *ATTRIBUTES))
                    self._report(unknown_attribute(span, owner.name, name, near or (*layers, *ATTRIBUTES)))
            case _:
                self._report(without_attributes(span, owner.name, name))
        return None

    def _check_owner(self, owner: Reference, name: str, span: Span) -> None:
        """Can this layer have the attribute, or the layers of this group taken together?"""
        if owner.sort == "layer":
            self._check_structure(owner.name, name, span)
            return
        layers = [path for path in self.layers if path.startswith(f"{owner.name}.")]
        if name in OF_ONE_LAYER and len(layers) > 1:
            self._report(attribute_of_one_layer(span, owner.name, name, layers))
        elif name in BREAK_EVENS and layers:
            legs = tuple(leg for path in layers for leg in self.layers[path].statements if isinstance(leg, syntax.Leg))
            why = why_never_known(name, legs) if legs else None
            if why is not None:
                self._report(attribute_never_known(span, owner.name, name, why, self.places[owner.name]))

    def _check_structure(self, path: str, name: str, span: Span) -> None:
        """Can this layer's structure have the attribute at all?"""
        layer = self.layers.get(path)
        legs = () if layer is None else tuple(leg for leg in layer.statements if isinstance(leg, syntax.Leg))
        if layer is not None and legs and (why := why_never_known(name, legs)) is not None:
            self._report(attribute_never_known(span, path, name, why, layer.span))

    def _resolve_call(self, call: syntax.Call, place: Place, component: bool = False) -> None:
        name, given = call.function.name, len(call.arguments)
        for index, argument in enumerate(call.arguments):
            if name == "iv" and index == 0 and isinstance(argument, syntax.Name) and argument.name == "spx":
                self.references[id(argument)] = Reference("series", "spx")
                continue
            self._resolve(argument, place)
        if name in FUNCTIONS or (place.claim and name in METRIC_FUNCTIONS):
            function = FUNCTIONS[name] if name in FUNCTIONS else METRIC_FUNCTIONS[name]
            most = len(function.arguments)
            least = most - function.optional
            if given < least or (given > most and name not in ("min", "max")):
                self._report(wrong_arguments(call.span, name, given, least, most, function.usage))
                return
            if name in COMPONENTS and not component:
                self._report(component_needed(call.span, name, call.span.text, COMPONENTS[name]))
                return
        elif name in MARKET_FUNCTIONS:
            wanted = {"vx": 1, "iv": 2}[name]
            if given != wanted:
                usage = {"vx": "vx(1)` or `vx(30 days)", "iv": "iv(spx, 45 days)"}[name]
                self._report(wrong_arguments(call.span, name, given, wanted, wanted, usage))
                return
        elif name in self.declared or name in SERIES or name in ACCOUNT:
            self.used.add(name)
            self._report(not_a_function(call.function.span, name))
            return
        else:
            known = (*FUNCTIONS, *MARKET_FUNCTIONS, *(METRIC_FUNCTIONS if place.claim else ()))
            self._report(unknown_function(call.function.span, name, known))
            return
        self.references[id(call.function)] = Reference("function", name)

    def _resolve_holding(self, holding: syntax.Holding, place: Place) -> None:
        owner = holding.owner
        if holding.state == "changes":
            if isinstance(owner, syntax.Name) and owner.name == "size" and place.layer:
                self.references[id(owner)] = self.references[id(holding)] = Reference("size", "size")
            else:
                self._resolve(owner, place)
            return
        name = _dotted(owner)
        reference = None if name is None else self._find_layer(name, place.group, owner.span)
        if reference is None:
            if name is not None and is_reserved(name) is not None:
                self._report(not_a_layer(owner.span, name, is_reserved(name) or ""))
            else:
                self._undefined_layer(owner.span, name or owner.span.text, place.group)
        elif reference.sort in ("layer", "group"):
            self.references[id(holding)] = self.references[id(owner)] = reference
        else:
            self.used.add(reference.name)
            self._report(not_a_layer(owner.span, reference.name, SORTS[reference.sort]))


_BUILT_IN: tuple[tuple[OneOf["series", "account", "calendar"], Iterable[str]], ...] = (
    ("series", frozenset(name for name in SERIES if "." not in name)),
    ("account", ACCOUNT.keys()),
    ("calendar", CALENDARS.keys()),
)


def _layers_named(statement: syntax.Statement) -> tuple[syntax.Path, ...]:
    """The layers of its own hedge that a statement speaks of, besides `first`."""
    match statement:
        case syntax.Shift(source=source, target=target):
            return (source, target)
        case syntax.Keep(layers=layers):
            return layers
        case _:
            return ()


def _dotted(owner: syntax.Expression) -> str | None:
    """`alvh.front` of its nodes; None for anything that is no path."""
    match owner:
        case syntax.Name(name=name):
            return name
        case syntax.Attribute(owner=inner, name=name):
            before = _dotted(inner)
            return None if before is None else f"{before}.{name.name}"
        case _:
            return None
