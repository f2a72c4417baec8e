"""A named tuple handed on as one pointer: what makes a function of the engine cheap to call, and to compile.

Numba passes a tuple to a function as every leaf of it; the engine's `Run` has a hundred, and is handed to every function. `pointed(run)`
is taken once, at the day loop's door: it keeps the tuple in the caller's frame and stands for it wherever its members are read.
Members never change, which the compiler is told, so a store elsewhere makes none be read again. Tuples within it are pointed to in turn.
In plain Python `pointed` is the tuple itself.
"""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate, infer_getattr, signature
from numba.extending import lower_builtin, lower_getattr_generic, models, register_model, type_callable

Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


def pointed(run: Tuple) -> Tuple:
    """The tuple by pointer; it must not be kept beyond the function that takes it."""
    return run


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
        super().__init__(manager, numba_type, manager.lookup(numba_type.pointee).get_value_type().as_pointer())


@type_callable(pointed)
def _type_pointed(context: Any) -> Any:
    def typer(run: Any) -> Any:
        return signature(PointedType(run), run) if isinstance(run, types.NamedTuple) else None

    return typer


@lower_builtin(pointed, types.NamedTuple)
def _lower_pointed(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return cgutils.alloca_once_value(builder, args[0])


@infer_getattr
class _PointedAttributes(AttributeTemplate):
    key = PointedType

    def generic_resolve(self, pointed_type: PointedType, name: str) -> types.Type | None:  # type: ignore[override]
        return pointed_type.member(name) if name in pointed_type.pointee.fields else None


@lower_getattr_generic(PointedType)
def _lower_member(context: Any, builder: Any, pointed_type: PointedType, value: Any, name: str) -> Any:
    place = pointed_type.pointee.fields.index(name)
    address = cgutils.gep_inbounds(builder, value, 0, place)
    if isinstance(pointed_type.pointee.types[place], types.NamedTuple):
        return address
    member = builder.load(address)
    member.set_metadata("invariant.load", builder.module.add_metadata([]))
    return member
