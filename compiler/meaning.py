"""What the front of the compiler found out about a module: what each name stands for and what each value is measured in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf

from attrs import frozen

from alvh.compiler.kinds import Kind
from alvh.compiler.module import Module


@frozen
class Reference:
    """What a name in an expression, a schedule or a statement stands for.

    | sort | name | owner | written |
    |---|---|---|---|
    | param, let, trigger, input | as declared | "" | `inversion` |
    | calendar | as declared, or built in (`vix_expiry`, `spx_expiry`) | "" | `on vix_expiry` |
    | series | `vix`, `spx.open` | "" | the same |
    | account | `equity`, `cash`, `capital`, `quick_ratio`, `wacc`, `net_beta` | "" | the same |
    | group | a book or hedge with layers of its own | "" | `alvh` |
    | layer | its full path (`alvh.front`; `condors`, a book without layers) | "" | `front`, `alvh.front`, `condors` |
    | attribute | `profit`, `credit` | full path of the layer or group | `condors.credit` |
    | lot | `profit`, `dte`: each lot's own | "", the layer whose statement it stands in | `profit` |
    | component | `line`, `signal`, `histogram` | the function, `macd` | `macd(vix).line` |
    | function | `rsi`, `vx`, `iv` | "" | the `function` of a Call |
    | leg | its label | "", the layer whose statement it stands in | `25 points below short_put` |
    | size | `size` | "", the layer whose statement it stands in | `size changes` |
    | structure | as declared | "" | `legs condor(0.16 delta)` |
    | metric | of a result, in a claim | "" | `max_drawdown` |

    `lot` and `leg` name no layer, because a statement of a book holds for each of its layers.
    """

    sort: OneOf[
        "param",
        "let",
        "trigger",
        "input",
        "calendar",
        "series",
        "account",
        "group",
        "layer",
        "attribute",
        "lot",
        "component",
        "function",
        "leg",
        "size",
        "structure",
        "metric",
    ]
    name: str
    owner: str = ""


@frozen(eq=False)
class Meaning:
    """The module with the kind of every expression and the target of every name, both by `id` of the syntax node.

    The module holds the nodes, so an id stays that node's own as long as the meaning lives.
    """

    module: Module
    kinds: Mapping[int, Kind]
    """By id of an Expression."""
    references: Mapping[int, Reference]
    """By id of a Name or Attribute (what it reads), a Holding (the layer or group asked about), a Path (`into`, `first`, `against`,
    `shift`, `keep`) or an Identifier (a schedule's calendar, a call's function, a strike's other leg)."""
