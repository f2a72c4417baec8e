"""Which edges a program has, which of them order, and how the graph is drawn."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from lowered import compile_text

from alvh.compiler.dependencies import Dependencies
from alvh.compiler.draw_graph import draw_dot, draw_json, draw_mermaid
from alvh.compiler.graph import build_graph, graph_knots, graph_order
from alvh.compiler.order import canonical_order, find_cycles, levels

PROGRAM = """\
param inversion = 8%
calendar fomc
let backwardation = vx(1) / vx(2) - 1
trigger stress = backwardation > inversion or prev(stress)
book condors {
  sell SPX put at 0.16 delta, 45 days
  open on fomc when not stress
}
hedge alvh {
  unit 1 per $1_000_000 of capital
  limit cost to 18% of condors.credit
  layer near {
    buy 1 VIX call at 0.30 delta, 30 days
    open when condors opens and far.profit > $0
    roll into far when dte <= 10 days
  }
  layer far {
    buy 1 VIX call at 0.30 delta, 110 days
    close when near.count > 0 and far.count > 1
  }
}
"""


def dependencies_of(text: str) -> Dependencies:
    compiled = compile_text(text)
    assert compiled.dependencies is not None
    return compiled.dependencies


def edges_of(text: str) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.manner) for edge in dependencies_of(text).edges}


def test_every_stream_rule_and_layer_is_a_vertex() -> None:
    sorts = {vertex.name: vertex.sort for vertex in dependencies_of(PROGRAM).vertices}
    assert sorts == {
        "vx(1)": "series", "vx(2)": "series", "capital": "account", "fomc": "calendar", "inversion": "param", "backwardation": "let",
        "stress": "trigger", "condors": "book", "condors open 1": "rule", "alvh": "hedge", "alvh.near": "layer", "alvh.near open 1": "rule",
        "alvh.near roll 1": "rule", "alvh.far": "layer", "alvh.far close 1": "rule",
    }  # fmt: skip


def test_edges_and_what_they_say() -> None:
    assert edges_of(PROGRAM) == {
        ("vx(1)", "backwardation", "reads"), ("vx(2)", "backwardation", "reads"), ("backwardation", "stress", "reads"),
        ("inversion", "stress", "reads"), ("stress", "stress", "before"), ("stress", "condors open 1", "reads"),
        ("fomc", "condors open 1", "reads"), ("condors open 1", "condors", "reads"), ("condors", "alvh", "book first"),
        ("condors", "alvh", "decided"), ("capital", "alvh", "reads"), ("alvh", "alvh.near", "holds"), ("alvh", "alvh.far", "holds"),
        ("condors", "alvh.near open 1", "decided"), ("alvh.far", "alvh.near open 1", "mark"), ("alvh.near open 1", "alvh.near", "reads"),
        ("alvh.near roll 1", "alvh.near", "reads"), ("alvh.near", "alvh.far", "roll into"), ("alvh.near", "alvh.far close 1", "decided"),
        ("alvh.far close 1", "alvh.far", "reads"),
    }  # fmt: skip


def test_marks_and_the_past_order_nothing() -> None:
    assert {edge.manner for edge in dependencies_of(PROGRAM).edges if not edge.orders} == {"mark", "before"}


def test_levels_count_the_layers_before() -> None:
    level = levels(dependencies_of(PROGRAM))
    assert {name: level[name] for name in ("stress", "condors", "alvh", "alvh.near", "alvh.far")} == {
        "stress": 0, "condors": 0, "alvh": 1, "alvh.near": 1, "alvh.far": 2,
    }  # fmt: skip


def test_what_a_hedge_says_is_read_before_each_of_its_layers() -> None:
    hedge = "hedge h {\n  limit cost to 10% of puts.credit\n  layer a { buy 1 VIX call at 0.30 delta, 30 days }\n}\n"
    text = hedge + "book puts { sell SPX put at 0.16 delta, 45 days }"
    assert ("puts", "h", "decided") in edges_of(text)
    order = canonical_order(dependencies_of(text))
    assert order.index("puts") < order.index("h") < order.index("h.a")


def test_an_attribute_of_a_hedge_is_one_of_each_of_its_layers() -> None:
    hedge = "hedge h {\n  layer a { buy 1 VIX call at 0.30 delta, 30 days }\n  layer b { buy 1 VIX call at 0.30 delta, 30 days }\n}\n"
    edges = edges_of(hedge + "let held = h.count\nlet made = h.profit")
    assert {("h.a", "held", "decided"), ("h.b", "held", "decided"), ("h.a", "made", "mark"), ("h.b", "made", "mark")} <= edges


def test_priorities_order_their_layers() -> None:
    hedge = "hedge h {\n  layer a { buy 1 VIX call at 0.30 delta, 30 days }\n  layer b { buy 1 VIX call at 0.30 delta, 30 days }\n"
    assert ("h.b", "h.a", "first") in edges_of(hedge + "  first b, then a\n}")


def test_a_layers_own_decisions_make_no_edge_in_its_rules_but_do_through_a_name() -> None:
    layer = "hedge h {{ layer a {{ buy 1 VIX call at 0.30 delta, 30 days\n  close when {condition} }} }}\n"
    assert not any(source == "h.a" for source, _, _ in edges_of(layer.format(condition="a.count > 1")))
    cyclic = dependencies_of("let held = a.count\n" + layer.format(condition="held > 1"))
    assert [cycle.names for cycle in find_cycles(cyclic)] == [("h.a", "held", "h.a close 1")]


def test_a_cover_decides_before_what_is_written_against_it_and_kept_layers_in_turn() -> None:
    text = """\
hedge h {
  keep net_beta in 0.08 .. 0.12 using z, a
  layer a { write VIX calls at 0.25 delta, 30 days against m }
  layer m { buy VIX calls at 0.15 delta, 90 days }
  layer z { buy VIX calls at 0.15 delta, 90 days  at most 3 lots  add from m.gains when m closes }
}
"""
    edges = edges_of(text)
    assert {("h.m", "h.a", "cover"), ("h.z", "h.a", "keep"), ("h.m", "h.z add 1", "decided"), ("net_beta", "h keep 1", "reads")} <= edges
    drawn = draw_dot(build_graph(dependencies_of(text)))
    assert '"h.m" -> "h.a" [label="cover"];' in drawn
    assert '"h.z" -> "h.a" [label="keep"];' in drawn


def test_the_graph_drawn_in_mermaid() -> None:
    names = "let twice = vix * 2  # doubled\ntrigger high = twice > 40 and prev(twice) < 40\n"
    book = 'book puts {\n  buy SPX put at 0.16 delta, 45 days\n  open when high  as "a #1"\n}'
    assert (
        draw_mermaid(build_graph(dependencies_of(names + book)))
        == """\
flowchart LR
  n0(["vix"])
  n1("let twice = vix * 2")
  n2{"trigger high = twice #gt; 40 and prev(twice) #lt; 40"}
  subgraph g1["puts"]
    n3>"open when high as #quot;a #35;1#quot;"]
    n4[["puts"]]
  end
  n2 --> n3
  n3 --> n4
  n1 --> n2
  n0 --> n1
"""
    )


def test_the_graph_drawn_in_dot_marks_what_orders_nothing() -> None:
    drawn = draw_dot(build_graph(dependencies_of("let twice = vix * 2\ntrigger high = prev(twice) < 40")))
    assert '"twice" -> "high" [label="before", style=dashed];' in drawn
    assert '"vix" [shape=ellipse];' in drawn


def test_the_graph_drawn_in_json_holds_the_order_of_decisions() -> None:
    drawn = json.loads(draw_json(build_graph(dependencies_of(PROGRAM))))
    assert drawn["format_version"] == 1
    decided = [vertex["name"] for vertex in drawn["vertices"] if vertex["decides"]]
    assert decided == ["condors", "alvh.near", "alvh.far"]
    assert {"source": "alvh.near", "target": "alvh.far", "manner": "roll into", "orders": True} in drawn["edges"]


CONDITIONS = [
    "{layer} is open",
    "{layer}.profit > $0",
    "{layer}.count > 1",
    "prev({layer} opens)",
    "vix > 20",
    "{trigger}",
    "prev({trigger})",
]


@st.composite
def program_texts(draw: st.DrawFn) -> str:
    """A book, a hedge of up to four layers and up to four triggers whose conditions read one another in every way."""
    layers = [f"l{number}" for number in range(draw(st.integers(1, 4)))]
    triggers = [f"t{number}" for number in range(draw(st.integers(1, 4)))]

    def condition() -> str:
        chosen = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3))
        parts = [part.format(layer=draw(st.sampled_from([*layers, "puts"])), trigger=draw(st.sampled_from(triggers))) for part in chosen]
        return " or ".join(parts)

    lines = [f"trigger {name} = {condition()}" for name in triggers]
    lines.append(f"book puts {{\n  buy SPX put at 0.16 delta, 45 days\n  open when {condition()}\n}}")
    lines.append("hedge h {")
    for name in layers:
        lines.append(f"  layer {name} {{\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when {condition()}")
        if draw(st.booleans()):
            lines.append(f"    roll into {draw(st.sampled_from(layers))} when dte <= 7 days")
        if draw(st.booleans()):
            lines.append(f"    at most 3 lots\n    add from {draw(st.sampled_from(layers))}.gains when {condition()}")
        lines.append("  }")
        if draw(st.booleans()):
            lines.append(f"  layer w{name} {{ write 1 VIX call at 0.20 delta, 20 days against {draw(st.sampled_from(layers))} }}")
    if draw(st.booleans()):
        lines.append(f"  keep net_beta in 0 .. 1 using {', '.join(draw(st.permutations(layers)))}")
    return "\n".join([*lines, "}", ""])


@settings(max_examples=150, deadline=None)
@given(program_texts())
def test_check_and_networkx_agree_on_cycles_and_on_one_order_of_every_program(text: str) -> None:
    compiled = compile_text(text)
    assert compiled.dependencies is not None
    graph = build_graph(compiled.dependencies)
    knots = graph_knots(graph)
    cyclic = [finding for finding in compiled.diagnostics if finding.code == "ALV0401"]
    assert len(cyclic) == len(knots)
    if not knots:
        order = canonical_order(compiled.dependencies)
        assert order == graph_order(graph)
        if compiled.program is not None:
            decided = {vertex.name for vertex in compiled.dependencies.vertices if vertex.decides}
            level = levels(compiled.dependencies)
            assert [layer.name for layer in compiled.program.layers] == sorted(decided, key=lambda name: (level[name], name))
