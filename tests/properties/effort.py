"""How many examples a property tries: a fixed few in the suite, the same on every run; under `make fuzz` many, each time others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings

Property = TypeVar("Property", bound=Callable[..., Any])

FUZZING_TIMES = 20


def is_fuzzing() -> bool:
    """Whether the profile in force (see the tests' conftest) looks for new examples."""
    return not settings.default.derandomize  # type: ignore[union-attr]


def examples(count: int, part: int | None = None) -> Callable[[Property], Property]:
    """Decorates a property with settings for whole programs; the `part`s of one property each try others."""

    def decorate(function: Property) -> Property:
        if part is not None and not is_fuzzing():
            function = seed(part)(function)
        return settings(
            max_examples=count * (FUZZING_TIMES if is_fuzzing() else 1),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
        )(function)

    return decorate
