"""Arrays without their luggage: a bare pointer, whose number of columns the type knows.

A NumPy array costs Numba nine words an argument and reference counts on every use; the engine hands some thirty of them from
function to function on every bar. Rows keep no array alive: whoever calls compiled code holds them. `rows[i]`, `rows[i, j]` and
`rows[i, j] = x` work as on an array, and so do `load`, `store`, `store_where` and `gather` of `runtime/lanes.py`; there are no bounds, no
slices and no shape. In plain Python `rows_of` is the array itself.
"""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model, type_callable
from numpy.typing import NDArray

from alvh.runtime.lane_types import LanesType, block_rows
from alvh.runtime.lanes import Lanes


def rows_of(array: NDArray[Any], columns: int | Lanes) -> NDArray[Any]:
    """The rows of a C-contiguous array of one or two dimensions. `columns` is a constant, 1 for one dimension, or the lanes."""
    return array


class RowsType(types.Type):
    """Numba's type of the rows of an array of a given element type and number of columns."""

    def __init__(self, dtype: types.Type, columns: int) -> None:
        self.dtype = dtype
        self.columns = columns
        super().__init__(name=f"Rows({dtype}, {columns})")


@register_model(RowsType)
class _RowsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: RowsType) -> None:
        super().__init__(manager, numba_type, manager.lookup(numba_type.dtype).get_data_type().as_pointer())


block_rows(RowsType, types.float64)


@type_callable(rows_of)
def _type_rows_of(context: Any) -> Any:
    def typer(array: Any, columns: Any) -> Any:
        if not (isinstance(array, types.Array) and array.layout == "C" and array.ndim in (1, 2)):
            return None
        if isinstance(columns, LanesType):
            return signature(RowsType(array.dtype, columns.width), array, columns)
        if isinstance(columns, types.IntegerLiteral):
            return signature(RowsType(array.dtype, columns.literal_value), array, columns)
        return None

    return typer


@lower_builtin(rows_of, types.Array, types.Any)
def _lower_rows_of(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return context.make_array(sig.args[0])(context, builder, args[0]).data


def _is_place(place: Any) -> bool:
    return isinstance(place, types.Integer) or (isinstance(place, types.BaseTuple) and len(place) == 2)


def _settled(place: Any) -> Any:
    return types.intp if isinstance(place, types.Integer) else types.UniTuple(types.intp, 2)


@infer_global(operator.getitem)
class _GetRow(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        rows, place = args
        return signature(rows.dtype, rows, _settled(place)) if isinstance(rows, RowsType) and _is_place(place) else None


@infer_global(operator.setitem)
class _SetRow(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        rows, place, _ = args
        return signature(types.none, rows, _settled(place), rows.dtype) if isinstance(rows, RowsType) and _is_place(place) else None


def _address(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    if isinstance(sig.args[1], types.Integer):
        return builder.gep(args[0], [args[1]])
    row, column = cgutils.unpack_tuple(builder, args[1])
    return builder.gep(args[0], [builder.add(builder.mul(row, ir.Constant(row.type, sig.args[0].columns)), column)])


@lower_builtin(operator.getitem, RowsType, types.Any)
def _lower_get(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_address(context, builder, sig, args))


@lower_builtin(operator.setitem, RowsType, types.Any, types.Any)
def _lower_set(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[2], _address(context, builder, sig, args))
    return context.get_dummy_value()
