"""The engine's `Run` as one pointer, and the strategy's kernel as an address: what compiled code is given, and hands on.

Numba passes a tuple to a function as every leaf of it; `Run` has a hundred, and is handed to every function. All its members are words of
64 bits (addresses of arrays, whole numbers, doubles), so a row of words is a `Run` as it stands in memory: Python writes the row
(`words_of`), compiled code reads members through the pointer. Members never change, which the compiler is told, so a store elsewhere makes
none be read again. Tuples within it are pointed to in turn. In plain Python a `Run` is the tuple itself, and a kernel a function.
"""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

import hashlib
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AttributeTemplate, infer_getattr, signature
from numba.extending import lower_builtin, lower_getattr_generic, models, register_model, type_callable

from alvh.runtime.engine import layout
from alvh.runtime.rows import RowsType


class PointedType(types.Type):
    """Numba's type of a pointer to a named tuple. Its name is short, because Numba writes it into the names of all functions."""

    def __init__(self, pointee: types.NamedTuple) -> None:
        self.pointee = pointee
        digest = hashlib.sha256(str(pointee).encode()).hexdigest()[:12]
        super().__init__(name=f"Pointed({pointee.instance_class.__name__}, {digest})")

    def member(self, name: str) -> types.Type:
        """Type of a member, as it is read through the pointer."""
        member = self.pointee.types[self.pointee.fields.index(name)]
        return PointedType(member) if isinstance(member, types.NamedTuple) else member


@register_model(PointedType)
class _PointedModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: PointedType) -> None:
        super().__init__(manager, numba_type, ir.IntType(64).as_pointer())


@infer_getattr
class _PointedAttributes(AttributeTemplate):
    key = PointedType

    def generic_resolve(self, pointed_type: PointedType, name: str) -> types.Type | None:  # type: ignore[override]
        return pointed_type.member(name) if name in pointed_type.pointee.fields else None


def _words(member: types.Type) -> int:
    return sum(_words(one) for one in member.types) if isinstance(member, types.NamedTuple) else 1


@lower_getattr_generic(PointedType)
def _lower_member(context: Any, builder: Any, pointed_type: PointedType, value: Any, name: str) -> Any:
    place = pointed_type.pointee.fields.index(name)
    before = sum(_words(member) for member in pointed_type.pointee.types[:place])
    address = builder.gep(value, [ir.Constant(ir.IntType(64), before)], inbounds=True)
    member_type = pointed_type.pointee.types[place]
    if isinstance(member_type, types.NamedTuple):
        return address
    member = builder.load(builder.bitcast(address, context.get_value_type(member_type).as_pointer()))
    member.set_metadata("invariant.load", builder.module.add_metadata([]))
    return member


def run_type(width: int) -> PointedType:
    """Numba's type of a `Run` of so many lanes."""

    def rows(owner: type, name: str) -> RowsType:
        columns = layout.COLUMNS[owner][name]
        element = types.int64 if name in layout.WHOLE_NUMBERS else types.float64
        return RowsType(element, width if columns == layout.BY_LANE else columns)

    def arrays(owner: Any) -> types.NamedTuple:
        return types.NamedTuple([rows(owner, name) for name in owner._fields], owner)

    numbers = [types.float64 if name in layout.REAL_SETTINGS else types.int64 for name in layout.Settings._fields]
    parts = (
        arrays(layout.MarketTables),
        types.NamedTuple(numbers, layout.Settings),
        arrays(layout.Rules),
        arrays(layout.State),
        arrays(layout.Tape),
    )
    return PointedType(types.NamedTuple(parts, layout.Run))


# The kernel ------------------------------------------------------------------------------------------------------------------------------


def kernel_arguments(width: int) -> tuple[Any, ...]:
    """Numba's types of what the engine calls a kernel with; `compiler/emit_kernel.py` names the parameters."""
    windows, calendars = RowsType(types.int64, 1), RowsType(types.float64, layout.CALENDARS)
    return (*[types.int64] * 5, windows, *[RowsType(types.float64, width)] * 6, calendars)


def call_kernel(
    kernel: Any, stage: int, slot: int, bar: int, first: int, phase: int, windows: Any, series: Any, nodes: Any, cells: Any,
    attributes: Any, lot_attributes: Any, numbers: Any, calendars: Any,
) -> None:  # fmt: skip
    """One stage by the strategy's kernel: a Python function, or in compiled code the address of one that was compiled."""
    kernel(stage, slot, bar, first, phase, windows, series, nodes, cells, attributes, lot_attributes, numbers, calendars)


@type_callable(call_kernel)
def _type_call_kernel(context: Any) -> Any:
    def typer(
        kernel: Any, stage: Any, slot: Any, bar: Any, first: Any, phase: Any, windows: Any, series: Any, nodes: Any, cells: Any,
        attributes: Any, lot_attributes: Any, numbers: Any, calendars: Any,
    ) -> Any:  # fmt: skip
        return signature(types.none, kernel, *kernel_arguments(series.columns)) if isinstance(kernel, types.Integer) else None

    return typer


@lower_builtin(call_kernel, types.Integer, *[types.Any] * 13)
def _lower_call_kernel(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    arguments = sig.args[1:]
    function_type = context.call_conv.get_function_type(types.none, arguments)
    function = builder.inttoptr(args[0], function_type.as_pointer())
    context.call_conv.call_function(builder, function, types.none, arguments, args[1:])
    return context.get_dummy_value()
