"""Uniform random numbers in compiled code: Philox in the LLVM instructions of lanes. `random_numbers.py` says what it computes."""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, type_callable

from alvh.runtime.lane_types import LanesType, VectorType, vector_type
from alvh.runtime.random_numbers import MULTIPLIERS, ROUNDS, UNIFORM_STEP, WEYL, WORD, uniform_pair


@type_callable(uniform_pair)
def _type_uniform_pair(context: Any) -> Any:
    def typer(lanes: Any, paths: Any, session: Any, draw: Any, key_low: Any, key_high: Any) -> Any:
        if not isinstance(lanes, LanesType) or not all(isinstance(whole, types.Integer) for whole in (session, draw, key_low, key_high)):
            return None
        value = vector_type(lanes.width)
        if paths != value:
            return None
        return signature(types.UniTuple(value, 2), lanes, value, *[types.int64] * 4)

    return typer


@lower_builtin(uniform_pair, LanesType, types.Float, types.Integer, types.Integer, types.Integer, types.Integer)
@lower_builtin(uniform_pair, LanesType, VectorType, types.Integer, types.Integer, types.Integer, types.Integer)
def _lower_uniform_pair(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """The rounds of `philox`, in 64-bit integers of which the lower half counts: a product of two words is one instruction."""
    _, paths, session, draw, key_low, key_high = args
    width = sig.args[0].width
    whole = ir.IntType(64) if width == 1 else ir.VectorType(ir.IntType(64), width)

    def constant(number: float, kind: Any = whole) -> Any:
        return ir.Constant(kind, number if width == 1 else [ir.Constant(kind.element, number)] * width)

    def spread(scalar: Any) -> Any:
        if width == 1:
            return scalar
        single = builder.insert_element(ir.Constant(whole, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
        return builder.shuffle_vector(single, ir.Constant(whole, ir.Undefined), everywhere)

    def low_word(value: Any) -> Any:
        return builder.and_(value, constant(WORD))

    def high_word(value: Any) -> Any:
        return builder.lshr(value, constant(32))

    # A whole double below 2**52 added to 2**52 stands in the mantissa of the sum.
    number = builder.bitcast(builder.fadd(paths, constant(2.0**52, paths.type)), whole)
    path = builder.and_(number, constant(2**52 - 1))
    a, b, c, d = low_word(spread(draw)), low_word(spread(session)), low_word(path), high_word(path)
    low, high = key_low, key_high
    word = ir.Constant(low.type, WORD)
    for _ in range(ROUNDS):
        first = builder.mul(constant(MULTIPLIERS[0]), a)
        second = builder.mul(constant(MULTIPLIERS[1]), c)
        a = builder.xor(builder.xor(high_word(second), b), spread(builder.and_(low, word)))
        c = builder.xor(builder.xor(high_word(first), d), spread(builder.and_(high, word)))
        b, d = low_word(second), low_word(first)
        low, high = (builder.add(part, ir.Constant(part.type, step)) for part, step in zip((low, high), WEYL, strict=True))

    def uniform(upper: Any, lower: Any) -> Any:
        bits = builder.lshr(builder.or_(builder.shl(upper, constant(32)), lower), constant(11))
        value = builder.uitofp(builder.add(bits, constant(1)), paths.type)
        return builder.fmul(value, constant(UNIFORM_STEP, paths.type))

    return context.make_tuple(builder, sig.return_type, [uniform(a, b), uniform(c, d)])
