"""Lanes in compiled code: Numba's types of a token, a value and a mask, and the LLVM instructions of every function of `lanes.py`.

Importing this file teaches Numba all lane functions; whoever compiles imports it.
"""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator, call-arg"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_constant
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import (
    NativeValue,
    intrinsic,
    lower_builtin,
    lower_cast,
    lower_getattr,
    models,
    overload,
    register_jitable,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)

from alvh.runtime.lanes import (
    Lanes,
    absolute,
    all_lanes,
    any_lane,
    broadcast,
    broadcast_mask,
    divide,
    extract,
    extract_mask,
    floor,
    gather,
    halved,
    is_unknown,
    lane_bits,
    load,
    lowest_set_bit,
    maximum,
    minimum,
    negate,
    register_lane_functions,
    scale_by_power_of_two,
    select,
    side_by_side,
    split_exponent,
    square_root,
    store,
    store_number,
    store_where,
    to_index,
)

_MANTISSA_BITS = 0x000FFFFFFFFFFFFF
_EXPONENT_OF_ONE = 0x3FF0000000000000
_TWO_TO_52 = 4503599627370496.0
_ROUNDING = 1.5 * _TWO_TO_52
"""A whole double added to this stands, in binary, at the end of the sum's mantissa."""


def _register(function: Callable[..., Any], inlined: bool) -> None:
    # Said of every function: Numba takes what is unsaid from the caller that comes first, so the order would decide what is inlined.
    register_jitable(error_model="numpy", forceinline=inlined)(function)


register_lane_functions(_register)

# Types -------------------------------------------------------------------------------------------------------------------------------


class LanesType(types.Type):
    """Type of the token."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes({width})")


class VectorType(types.Type):
    """`<width x double>`, width above 1. A scalar number becomes one by repetition."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Vector({width})")

    def can_convert_from(self, typing_context: Any, other: types.Type) -> Conversion | None:
        return Conversion.safe if isinstance(other, types.Integer | types.Float) else None

    def unify(self, typing_context: Any, other: types.Type) -> types.Type | None:
        return self if isinstance(other, types.Integer | types.Float) else None


class MaskType(types.Type):
    """`<width x i1>`, width above 1. A scalar boolean becomes one by repetition."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Mask({width})")

    def can_convert_from(self, typing_context: Any, other: types.Type) -> Conversion | None:
        return Conversion.safe if isinstance(other, types.Boolean) else None

    def unify(self, typing_context: Any, other: types.Type) -> types.Type | None:
        return self if isinstance(other, types.Boolean) else None


def vector_type(width: int) -> types.Type:
    """Numba's type of a value of so many lanes."""
    return types.float64 if width == 1 else VectorType(width)


def mask_type(width: int) -> types.Type:
    """Numba's type of a mask of so many lanes."""
    return types.boolean if width == 1 else MaskType(width)


register_model(LanesType)(models.OpaqueModel)


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: VectorType) -> None:
        super().__init__(manager, numba_type, ir.VectorType(ir.DoubleType(), numba_type.width))


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: MaskType) -> None:
        super().__init__(manager, numba_type, ir.VectorType(ir.IntType(1), numba_type.width))


@typeof_impl.register(Lanes)
def _typeof_lanes(value: Lanes, _: Any) -> LanesType:
    return LanesType(value.width)


@unbox(LanesType)
def _unbox_lanes(numba_type: LanesType, value: Any, c: Any) -> NativeValue:
    return NativeValue(c.context.get_dummy_value())


@lower_constant(LanesType)
def _constant_lanes(context: Any, builder: Any, numba_type: LanesType, value: Any) -> Any:
    """A module's global token, as generated kernels have one."""
    return context.get_dummy_value()


@infer_getattr
class _LanesAttributes(AttributeTemplate):
    key = LanesType

    def resolve_width(self, lanes: LanesType) -> types.Type:
        return types.intp


@lower_getattr(LanesType, "width")
def _lower_width(context: Any, builder: Any, lanes: LanesType, value: Any) -> Any:
    return context.get_constant(types.intp, lanes.width)


@type_callable(halved)
def _type_halved(context: Any) -> Any:
    return lambda lanes: signature(LanesType(max(lanes.width // 2, 1)), lanes) if isinstance(lanes, LanesType) else None


@lower_builtin(halved, LanesType)
def _lower_halved(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return context.get_dummy_value()


def _repeat(builder: Any, scalar: Any, width: int) -> Any:
    """A scalar on every lane: insert once and shuffle, which LLVM turns into one broadcast."""
    vector = ir.VectorType(scalar.type, width)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width))


@lower_cast(types.Integer, VectorType)
@lower_cast(types.Float, VectorType)
def _number_to_vector(context: Any, builder: Any, source: types.Type, target: VectorType, value: Any) -> Any:
    return _repeat(builder, context.cast(builder, value, source, types.float64), target.width)


@lower_cast(types.Boolean, MaskType)
def _boolean_to_mask(context: Any, builder: Any, source: types.Type, target: MaskType, value: Any) -> Any:
    return _repeat(builder, context.cast(builder, value, source, types.boolean), target.width)


# Typing: the widest operand decides, scalars follow by the casts above ------------------------------------------------------------------


def _is_value(argument: Any) -> bool:
    return isinstance(argument, VectorType | types.Integer | types.Float)


def _is_mask(argument: Any) -> bool:
    return isinstance(argument, MaskType | types.Boolean)


def _is_index(argument: Any) -> bool:
    return isinstance(argument, types.Integer)


def _is_number(argument: Any) -> bool:
    return isinstance(argument, types.Integer | types.Float)


_BLOCKS: dict[type, types.Type] = {}


def block_rows(numba_type: type, dtype: types.Type) -> None:
    """Lets values of another Numba type with this element type stand where blocks of rows do; in LLVM they are the address of the first."""
    _BLOCKS[numba_type] = dtype


def _is_block(argument: Any) -> bool:
    if type(argument) in _BLOCKS:
        return bool(argument.dtype == _BLOCKS[type(argument)])
    return isinstance(argument, types.Array) and argument.ndim == 2 and argument.dtype == types.float64 and argument.layout == "C"


def _is_lanes(argument: Any) -> bool:
    return isinstance(argument, LanesType)


def _common_width(arguments: tuple[Any, ...]) -> int | None:
    """The width that the arguments agree on, 1 where all are scalars, None where two widths meet."""
    widths = {argument.width for argument in arguments if isinstance(argument, VectorType | MaskType | LanesType)}
    if len(widths) > 1:
        return None
    return widths.pop() if widths else 1


_ACCEPTS = {"w": _is_lanes, "a": _is_block, "i": _is_index, "s": _is_number, "v": _is_value, "m": _is_mask}


def _type_as(function: Callable[..., Any], pattern: str) -> None:
    """Type a function by a pattern such as `wai>v`: w lanes, a block of rows, i index, s scalar, v value, m mask,
    b boolean, n nothing, p a pair of values."""
    takes, gives = pattern.split(">")
    parameters = [inspect.Parameter(f"argument_{place}", inspect.Parameter.POSITIONAL_ONLY) for place in range(len(takes))]

    def typer(*arguments: Any) -> Any:
        width = _common_width(arguments)
        if width is None or not all(_ACCEPTS[kind](argument) for kind, argument in zip(takes, arguments, strict=True)):
            return None
        settled = {
            "i": types.intp,
            "s": types.float64,
            "b": types.boolean,
            "n": types.none,
            "v": vector_type(width),
            "m": mask_type(width),
            "p": types.UniTuple(vector_type(width), 2),
        }
        return signature(settled[gives], *(settled.get(kind, argument) for kind, argument in zip(takes, arguments, strict=True)))

    # Numba reads from the signature how many arguments to pass.
    typer.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    type_callable(function)(lambda context: typer)


for _function, _pattern in (
    (load, "wai>v"),
    (store, "waiv>n"),
    (store_number, "waiis>n"),
    (store_where, "waimv>n"),
    (gather, "wav>v"),
    (broadcast, "wv>v"),
    (broadcast_mask, "wm>m"),
    (extract, "wvi>s"),
    (extract_mask, "wmi>b"),
    (negate, "m>m"),
    (any_lane, "m>b"),
    (all_lanes, "m>b"),
    (lane_bits, "m>i"),
    (lowest_set_bit, "i>i"),
    (minimum, "vv>v"),
    (maximum, "vv>v"),
    (absolute, "v>v"),
    (square_root, "v>v"),
    (floor, "v>v"),
    (is_unknown, "v>m"),
    (divide, "vv>v"),
    (to_index, "s>i"),
    (scale_by_power_of_two, "vv>v"),
    (split_exponent, "v>p"),
):
    _type_as(_function, _pattern)


@type_callable(select)
def _type_select(context: Any) -> Any:
    def typer(mask: Any, chosen: Any, other: Any) -> Any:
        width = _common_width((mask, chosen, other))
        if width is None or not _is_mask(mask):
            return None
        if _is_value(chosen) and _is_value(other):
            result = vector_type(width)
        elif _is_mask(chosen) and _is_mask(other):
            result = mask_type(width)
        else:
            return None
        # A scalar mask stays scalar: LLVM selects whole vectors by one bit.
        return signature(result, types.boolean if isinstance(mask, types.Boolean) else mask, result, result)

    return typer


# Lowering: each function is one or two LLVM instructions, the same for scalars and vectors ----------------------------------------------


def _filled(like: Any, number: float | int) -> Any:
    """A constant of the LLVM type of `like`."""
    if isinstance(like.type, ir.VectorType):
        return ir.Constant(like.type, [ir.Constant(like.type.element, number)] * like.type.count)
    return ir.Constant(like.type, number)


def _type_name(llvm_type: Any) -> str:
    """How LLVM's intrinsics spell a double or a vector of doubles."""
    return f"v{llvm_type.count}f64" if isinstance(llvm_type, ir.VectorType) else "f64"


def _call_intrinsic(builder: Any, name: str, value: Any) -> Any:
    function_type = ir.FunctionType(value.type, [value.type])
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.{_type_name(value.type)}"), [value])


@lower_builtin(select, types.Any, types.Any, types.Any)
def _lower_select(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.select(*args)


@lower_builtin(negate, types.Any)
def _lower_negate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.xor(args[0], _filled(args[0], 1))


def _reduction(whole: bool) -> Any:
    """A mask is a row of bits: some are set when the integer made of them is not 0, all are when it is all ones."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (mask,) = args
        if not isinstance(mask.type, ir.VectorType):
            return mask
        bits = ir.IntType(mask.type.count)
        row = builder.bitcast(mask, bits)
        return builder.icmp_unsigned("==", row, ir.Constant(bits, -1)) if whole else builder.icmp_unsigned("!=", row, ir.Constant(bits, 0))

    return lower


lower_builtin(any_lane, types.Any)(_reduction(whole=False))
lower_builtin(all_lanes, types.Any)(_reduction(whole=True))


@lower_builtin(lane_bits, types.Any)
def _lower_lane_bits(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    (mask,) = args
    row = mask if not isinstance(mask.type, ir.VectorType) else builder.bitcast(mask, ir.IntType(mask.type.count))
    whole = context.get_value_type(types.intp)
    return row if row.type == whole else builder.zext(row, whole)


@lower_builtin(lowest_set_bit, types.Any)
def _lower_lowest_set_bit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))


@lower_builtin(minimum, types.Any, types.Any)
def _lower_minimum(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", *args), *args)


@lower_builtin(maximum, types.Any, types.Any)
def _lower_maximum(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", *args), *args)


@lower_builtin(absolute, types.Any)
def _lower_absolute(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _call_intrinsic(builder, "fabs", args[0])


@lower_builtin(square_root, types.Any)
def _lower_square_root(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _call_intrinsic(builder, "sqrt", args[0])


@lower_builtin(floor, types.Any)
def _lower_floor(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _call_intrinsic(builder, "floor", args[0])


@lower_builtin(is_unknown, types.Any)
def _lower_is_unknown(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.fcmp_unordered("uno", args[0], args[0])


@lower_builtin(divide, types.Any, types.Any)
def _lower_divide(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    numerator, denominator = args
    by_zero = builder.fcmp_ordered("==", denominator, _filled(denominator, 0.0))
    return builder.select(by_zero, _filled(denominator, math.nan), builder.fdiv(numerator, denominator))


@lower_builtin(to_index, types.Any)
def _lower_to_index(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.fptosi(args[0], context.get_value_type(types.intp))


def _whole_numbers(llvm_type: Any) -> Any:
    """The 64-bit integers that stand where the doubles of a type stand."""
    return ir.VectorType(ir.IntType(64), llvm_type.count) if isinstance(llvm_type, ir.VectorType) else ir.IntType(64)


@lower_builtin(scale_by_power_of_two, types.Any, types.Any)
def _lower_scale_by_power_of_two(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    value, power = args
    shifted = builder.bitcast(builder.fadd(power, _filled(power, _ROUNDING + 1023.0)), _whole_numbers(power.type))
    return builder.fmul(value, builder.bitcast(builder.shl(shifted, _filled(shifted, 52)), power.type))


@lower_builtin(split_exponent, types.Any)
def _lower_split_exponent(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    (value,) = args
    bits = builder.bitcast(value, _whole_numbers(value.type))
    mantissa = builder.or_(builder.and_(bits, _filled(bits, _MANTISSA_BITS)), _filled(bits, _EXPONENT_OF_ONE))
    field = builder.and_(builder.lshr(bits, _filled(bits, 52)), _filled(bits, 0x7FF))
    # An integer below 2**52 put into the mantissa of 2**52 is that integer as a double, once 2**52 is taken off.
    whole = builder.bitcast(builder.or_(field, _filled(bits, 0x4330000000000000)), value.type)
    exponent = builder.fsub(whole, _filled(value, _TWO_TO_52 + 1023.0))
    return context.make_tuple(builder, sig.return_type, [builder.bitcast(mantissa, value.type), exponent])


def _first_element(context: Any, builder: Any, block_type: types.Type, block: Any) -> Any:
    """Where a block's doubles begin."""
    return block if type(block_type) in _BLOCKS else context.make_array(block_type)(context, builder, block).data


def _row_pointer(context: Any, builder: Any, sig: Any, block: Any, row: Any) -> Any:
    """Where a row of `width` doubles begins, typed as the value that stands there."""
    width = sig.args[0].width
    first = builder.gep(_first_element(context, builder, sig.args[1], block), [builder.mul(row, ir.Constant(row.type, width))])
    return builder.bitcast(first, context.get_value_type(vector_type(width)).as_pointer())


_DOUBLE = 8
"""NumPy promises the alignment of a double, not of a vector."""


@lower_builtin(load, LanesType, types.Any, types.Any)
def _lower_load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_row_pointer(context, builder, sig, args[1], args[2]), align=_DOUBLE)


@lower_builtin(store, LanesType, types.Any, types.Any, types.Any)
def _lower_store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[3], _row_pointer(context, builder, sig, args[1], args[2]), align=_DOUBLE)
    return context.get_dummy_value()


@lower_builtin(store_where, LanesType, types.Any, types.Any, types.Any, types.Any)
def _lower_store_where(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    pointer = _row_pointer(context, builder, sig, args[1], args[2])
    builder.store(builder.select(args[3], args[4], builder.load(pointer, align=_DOUBLE)), pointer, align=_DOUBLE)
    return context.get_dummy_value()


@lower_builtin(store_number, LanesType, types.Any, types.Any, types.Any, types.Any)
def _lower_store_number(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    _, block, row, lane, number = args
    place = builder.add(builder.mul(row, ir.Constant(row.type, sig.args[0].width)), lane)
    builder.store(number, builder.gep(_first_element(context, builder, sig.args[1], block), [place]), align=_DOUBLE)
    return context.get_dummy_value()


@lower_builtin(gather, LanesType, types.Any, types.Any)
def _lower_gather(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Lane by lane, unrolled: rows differ, so there is no vector instruction worth having."""
    width = sig.args[0].width
    index_type = context.get_value_type(types.intp)
    data = _first_element(context, builder, sig.args[1], args[1])
    result = args[2]
    for lane in range(width):
        position = ir.Constant(ir.IntType(32), lane)
        row = args[2] if width == 1 else builder.extract_element(args[2], position)
        offset = builder.mul(builder.fptosi(row, index_type), ir.Constant(index_type, width))
        element = builder.load(builder.gep(data, [builder.add(offset, ir.Constant(index_type, lane))]), align=_DOUBLE)
        result = element if width == 1 else builder.insert_element(result, element, position)
    return result


@lower_builtin(broadcast, LanesType, types.Any)
@lower_builtin(broadcast_mask, LanesType, types.Any)
def _lower_broadcast(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    # The signature asks for a vector, so the cast of the argument has already repeated the scalar.
    return args[1]


@lower_builtin(extract_mask, LanesType, types.Any, types.Any)
def _lower_extract_mask(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    width = sig.args[0].width
    if width == 1:
        return args[1]
    # By a shift: a vector of bits can only be indexed in memory, a byte for each.
    bits = ir.IntType(max(width, 64))
    row = builder.bitcast(args[1], ir.IntType(width))
    row = row if width == bits.width else builder.zext(row, bits)
    return builder.trunc(builder.lshr(row, args[2]), ir.IntType(1))


@lower_builtin(extract, LanesType, types.Any, types.Any)
def _lower_extract(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return args[1] if sig.args[0].width == 1 else builder.extract_element(args[1], args[2])


@intrinsic
def _beside(typing_context: Any, first: types.Type, second: types.Type) -> Any:
    """Two values as one of twice as many lanes."""
    width = _common_width((first, second))
    if width is None or not (_is_value(first) and _is_value(second)):
        return None
    doubled = VectorType(2 * width)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if width > 1:
            places = ir.Constant(ir.VectorType(ir.IntType(32), 2 * width), list(range(2 * width)))
            return builder.shuffle_vector(*args, places)
        pair = ir.Constant(ir.VectorType(ir.DoubleType(), 2), ir.Undefined)
        for place, value in enumerate(args):
            pair = builder.insert_element(pair, value, ir.Constant(ir.IntType(32), place))
        return pair

    return signature(doubled, vector_type(width), vector_type(width)), lower


@intrinsic
def _beside_themselves(typing_context: Any, values: Any) -> Any:
    """Each of a tuple's values twice, as one of twice as many lanes."""
    width = _common_width(tuple(values))
    if width is None:
        return None
    doubled = types.UniTuple(VectorType(2 * width), len(values))

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        places = ir.Constant(ir.VectorType(ir.IntType(32), 2 * width), [*range(width)] * 2)
        found = []
        for value in cgutils.unpack_tuple(builder, args[0]):
            if width > 1:
                found.append(builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), places))
            else:
                found.append(_repeat(builder, value, 2))
        return context.make_tuple(builder, doubled, found)

    return signature(doubled, types.UniTuple(vector_type(width), len(values))), lower


@intrinsic
def _apart(typing_context: Any, both: Any) -> Any:
    """The two values that stand beside each other."""
    width = both.width // 2
    pair = types.UniTuple(vector_type(width), 2)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = []
        for first in (0, width):
            if width > 1:
                places = ir.Constant(ir.VectorType(ir.IntType(32), width), [*range(first, first + width)])
                found.append(builder.shuffle_vector(args[0], ir.Constant(args[0].type, ir.Undefined), places))
            else:
                found.append(builder.extract_element(args[0], ir.Constant(ir.IntType(32), first)))
        return context.make_tuple(builder, pair, found)

    return signature(pair, both), lower


@overload(side_by_side)
def _side_by_side(function: Any, first: Any, second: Any, same: Any, shared: Any) -> Any:
    def on_twice_as_many_lanes(function: Any, first: Any, second: Any, same: Any, shared: Any) -> Any:
        return _apart(function(_beside(first, second), same, *_beside_themselves(shared)))

    return on_twice_as_many_lanes


# Operators on vectors (Numba has those on scalars) ---------------------------------------------------------------------------------------


def _type_operator(symbol: Any, accepts: Callable[[Any], bool], takes: Any, gives: Any) -> None:
    class VectorOperator(AbstractTemplate):
        key = symbol

        def generic(self, args: tuple[Any, ...], kws: Any) -> Any:
            width = _common_width(args)
            if width is None or width == 1 or not all(accepts(argument) for argument in args):
                return None
            return signature(gives(width), *[takes(width)] * len(args))

    infer_global(symbol, types.Function(VectorOperator))


def _lower_instruction(name: str) -> Any:
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, name)(*args)

    return lower


def _lower_comparison(symbol: str) -> Any:
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # Only != holds for unknowns (IEEE).
        return builder.fcmp_unordered("!=", *args) if symbol == "!=" else builder.fcmp_ordered(symbol, *args)

    return lower


for _operator, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
    (operator.iadd, "fadd"),
    (operator.isub, "fsub"),
    (operator.imul, "fmul"),
    (operator.itruediv, "fdiv"),
):
    _type_operator(_operator, _is_value, vector_type, vector_type)
    lower_builtin(_operator, VectorType, VectorType)(_lower_instruction(_name))

_type_operator(operator.neg, _is_value, vector_type, vector_type)
lower_builtin(operator.neg, VectorType)(_lower_instruction("fneg"))

for _operator, _symbol in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _type_operator(_operator, _is_value, vector_type, mask_type)
    lower_builtin(_operator, VectorType, VectorType)(_lower_comparison(_symbol))

for _operator, _name in (
    (operator.and_, "and_"),
    (operator.or_, "or_"),
    (operator.xor, "xor"),
    (operator.iand, "and_"),
    (operator.ior, "or_"),
    (operator.ixor, "xor"),
):
    _type_operator(_operator, _is_mask, mask_type, mask_type)
    lower_builtin(_operator, MaskType, MaskType)(_lower_instruction(_name))
