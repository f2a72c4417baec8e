"""Who may look on while the reference interpreter decides: what it is told, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alvh.compiler.ir import Rule
from alvh.runtime.reference_account import LayerState
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_prices import Prices


class Observer(Protocol):
    """Told of every bar traded. It changes nothing; what it wants to keep of a layer's state it copies at once."""

    def decisions_begin(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], prices: Prices) -> None:
        """The lots are settled and marked, and nothing is decided. `unwinding`: the flag of each unwind, by group."""
        ...

    def lot_read(self, bar: int, layer: int, slot: int, values: Sequence[float]) -> None:
        """All streams as one lot saw them at its turn, by node."""
        ...

    def order_refused(self, bar: int, layer: int, slot: int, rule: Rule | None, code: int, asked: float) -> None:
        """An order came to nothing, whether or not the journal says so again."""
        ...

    def order_decided(self, row: Row) -> None:
        """An order that fills a session later, as its row would have been at the decision."""
        ...

    def decisions_end(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], values: Sequence[float]) -> None:
        """All is decided and filled. `values`: every stream of the bar but those of single lots, as it was decided on."""
        ...
