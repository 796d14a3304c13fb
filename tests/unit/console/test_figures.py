"""What each kind of panel makes of its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from vitrine.catalogue.dashboard import Colour, Panel, PanelKind, Query, Threshold, Unit
from vitrine.catalogue.metrics import CACHE_BYTES
from vitrine.catalogue.promql import select
from vitrine.console.dashboards.answers import Answer, Answers
from vitrine.console.dashboards.figures import DRAW, Picture
from vitrine.console.dashboards.figures.counter import sparkline
from vitrine.console.dashboards.figures.lines import MOST_LINES
from vitrine.console.dashboards.figures.picture import axis_ticks
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.unit import said
from vitrine.usecases.monitoring_ports import Curve, Sample

NOON = 1_700_049_600
PERIOD = Period(NOON - 60, NOON)
POINTS = PERIOD.grid.points
RISING = (
    Threshold(None, Colour.GOOD),
    Threshold(0.2, Colour.WARN),
    Threshold(0.5, Colour.BAD),
)
PLAIN = (Threshold(None, Colour.NEUTRAL),)
NO_NUMBER = float("nan")


def panel(
    kind: PanelKind,
    unit: Unit = Unit.SECONDS,
    thresholds: Sequence[Threshold] = RISING,
    columns: Sequence[str] = ("",),
    most: float | None = None,
) -> Panel:
    queries = tuple(Query(select(CACHE_BYTES), "{{name}}", column=column) for column in columns)
    return Panel("P", kind, unit, queries, "s", "g", "a", tuple(thresholds), most=most)


def over_time(shown: Panel, **series: Sequence[float | None]) -> Answers:
    curves = [Curve({"name": name}, values) for name, values in series.items()]
    return Answers(shown, PERIOD, [Answer(shown.queries[0], curves=curves)])


def now(shown: Panel, **series: float) -> Answers:
    samples = [Sample({"name": name}, value) for name, value in series.items()]
    return Answers(shown, PERIOD, [Answer(shown.queries[0], samples=samples)])


def drawn(answers: Answers) -> Picture:
    picture = DRAW[answers.panel.kind](answers)
    assert picture is not None
    return picture


def plot(picture: Picture) -> Mapping[str, Any]:
    assert picture.plot is not None
    json.dumps(picture.plot, allow_nan=False)
    return picture.plot


@pytest.mark.parametrize("kind", PanelKind)
def test_every_kind_is_drawn_and_nothing_gives_no_picture(kind: PanelKind) -> None:
    assert DRAW[kind](Answers(panel(kind), PERIOD, [Answer(panel(kind).queries[0])])) is None
    gaps: Sequence[float | None] = [None] * POINTS
    empty = [Answer(panel(kind).queries[0], [Sample({}, NO_NUMBER)], [Curve({}, gaps)])]
    assert DRAW[kind](Answers(panel(kind), PERIOD, empty)) is None


def test_lines_stand_on_the_grid_with_their_gaps_the_largest_first() -> None:
    low = [0.1, None, *[0.1] * (POINTS - 2)]
    picture = drawn(over_time(panel(PanelKind.LINE), low=low, high=[0.6] * POINTS))
    assert [row.name for row in picture.rows] == ["high", "low"]
    assert [cell.tone for cell in picture.rows[0].cells] == ["bad"] * 4
    assert "2 series between 100 ms and 600 ms; the largest is high" in picture.summary
    high, below = plot(picture)["data"]
    assert (high["x0"], high["dx"]) == (PERIOD.grid.start * 1_000, PERIOD.grid.step * 1_000)
    assert below["y"][:2] == [0.1, None]
    assert len(below["y"]) == POINTS
    thresholds = [shape["y0"] for shape in plot(picture)["layout"]["shapes"]]
    assert thresholds == [0.2, 0.5]


def test_thresholds_that_are_out_of_sight_do_not_flatten_a_line() -> None:
    picture = drawn(over_time(panel(PanelKind.LINE), only=[0.01] * POINTS))
    assert plot(picture)["layout"]["shapes"] == []
    assert plot(picture)["layout"]["yaxis"]["range"][1] < 0.02
    assert picture.summary == "Now 10 ms; between 10 ms and 10 ms in this time."


def test_of_very_many_lines_the_largest_are_drawn_and_all_are_in_the_table() -> None:
    many = {f"s{number}": [float(number)] * POINTS for number in range(MOST_LINES + 5)}
    picture = drawn(over_time(panel(PanelKind.LINE), **many))
    assert len(plot(picture)["data"]) == MOST_LINES
    assert len(picture.rows) == MOST_LINES + 5
    assert f"The {MOST_LINES} largest are drawn." in picture.summary
    assert {row.colour for row in picture.rows[MOST_LINES:]} == {0}


def test_areas_are_as_high_as_their_sum() -> None:
    picture = drawn(over_time(panel(PanelKind.AREA), a=[1.0] * POINTS, b=[2.0] * POINTS))
    assert plot(picture)["layout"]["yaxis"]["range"][1] == pytest.approx(3.0, rel=0.1)
    assert {trace["stackgroup"] for trace in plot(picture)["data"]} == {"all"}


def test_buckets_show_what_lies_between_their_edges() -> None:
    shown = panel(PanelKind.HISTOGRAM)
    rates = {"0.1": 1.0, "+Inf": 4.0, "0.5": 3.0}
    curves = [Curve({"le": le}, [rate] * POINTS) for le, rate in rates.items()]
    picture = drawn(Answers(shown, PERIOD, [Answer(shown.queries[0], curves=curves)]))
    assert [(row.name, row.cells[0].text) for row in picture.rows] == [
        ("to 100 ms", "25%"),
        ("to 500 ms", "50%"),
        ("over 500 ms", "25%"),
    ]
    (heat,) = plot(picture)["data"]
    assert [row[0] for row in heat["z"]] == [1.0, 2.0, 1.0]
    assert picture.summary == "Most fell into “to 500 ms”: 50% of 4 a second on average."


def test_buckets_without_anything_in_them_are_no_picture() -> None:
    shown = panel(PanelKind.HISTOGRAM)
    curves = [Curve({"le": le}, [0.0] * POINTS) for le in ("0.1", "+Inf")]
    assert (
        DRAW[shown.kind](Answers(shown, PERIOD, [Answer(shown.queries[0], curves=curves)])) is None
    )


def test_bars_have_the_colour_of_their_threshold_and_their_value_in_words() -> None:
    picture = drawn(now(panel(PanelKind.BAR, Unit.SHARE), ok=0.0, odd=0.3, broken=0.9))
    (bar,) = plot(picture)["data"]
    assert list(zip(bar["y"], bar["text"], bar["marker"]["color"], strict=True)) == [
        ("broken", "90%", "--bad"),
        ("odd", "30%", "--warn"),
    ]
    assert [row.name for row in picture.rows] == ["broken", "odd", "ok"]


def test_bars_of_nothing_are_a_sentence() -> None:
    picture = drawn(now(panel(PanelKind.BAR, Unit.COUNT), a=0.0, b=0.0))
    assert picture.plot is None
    assert picture.summary == "0 for each of 2."


def test_a_pie_has_the_parts_of_a_whole() -> None:
    picture = drawn(now(panel(PanelKind.PIE, Unit.COUNT, PLAIN), get=30.0, post=90.0, put=0.0))
    (pie,) = plot(picture)["data"]
    assert (pie["labels"], pie["values"]) == (["post", "get"], [90.0, 30.0])
    assert picture.summary == "120 in all; 75% of them post."
    assert DRAW[PanelKind.PIE](now(panel(PanelKind.PIE, Unit.COUNT, PLAIN), get=0.0)) is None


def test_a_gauge_says_where_it_would_turn_bad() -> None:
    picture = drawn(now(panel(PanelKind.GAUGE, Unit.SHARE, most=1.0), pool=0.3))
    (gauge,) = plot(picture)["data"]
    assert gauge["value"] == 0.3
    assert gauge["gauge"]["bar"]["color"] == "--warn"
    assert [step["range"] for step in gauge["gauge"]["steps"]] == [[0, 0.2], [0.2, 0.5], [0.5, 1.0]]
    assert picture.summary == "Now pool 30%."


def test_a_box_is_a_real_one_for_each_provider() -> None:
    columns = ("min", "q1", "median", "q3", "max")
    shown = panel(PanelKind.BOX, columns=columns)
    given = [
        Answer(query, [Sample({}, factor * (number + 1))], of=provider)
        for provider, factor in (("gemini", 0.1), ("deepseek", 1.0))
        for number, query in enumerate(shown.queries)
    ]
    half = [Answer(query, [Sample({}, NO_NUMBER)], of="other") for query in shown.queries]
    picture = drawn(Answers(shown, PERIOD, [*given, *half]))
    gemini, deepseek = plot(picture)["data"]
    assert (gemini["type"], gemini["name"], deepseek["name"]) == ("box", "gemini", "deepseek")
    keys = ("lowerfence", "q1", "median", "q3", "upperfence")
    assert [deepseek[key] for key in keys] == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert "deepseek: half of the attempts within 3 s, 19 of 20 within 5 s" in picture.summary


def test_a_counter_is_a_figure_with_its_line_and_what_it_means_in_words() -> None:
    shown = panel(PanelKind.COUNTER, Unit.SHARE)
    line = [0.0, *[0.6] * (POINTS - 1)]
    answer = Answer(
        shown.queries[0], [Sample({"name": "bad"}, 0.6)], [Curve({"name": "bad"}, line)]
    )
    picture = drawn(Answers(shown, PERIOD, [answer]))
    (figure,) = picture.figures
    assert (figure.text, figure.tone) == ("60%", "bad")
    assert figure.line.startswith("0.0,29.0 ")
    assert picture.summary == "Now bad 60% (bad)."
    assert sparkline([None, 1.0]) == ""


def test_a_table_joins_its_queries_by_their_labels() -> None:
    shown = panel(PanelKind.TABLE, columns=("mean", "P95"))
    mean, high = shown.queries
    given = [
        Answer(mean, [Sample({"endpoint": "/a"}, 0.1), Sample({"endpoint": "/b"}, 0.3)]),
        Answer(high, [Sample({"endpoint": "/b"}, 0.7), Sample({"endpoint": "/c"}, 0.0)]),
    ]
    picture = drawn(Answers(shown, PERIOD, given))
    assert list(picture.columns) == ["endpoint", "mean", "P95"]
    rows = [(row.name, [(c.text, c.tone) for c in row.cells]) for row in picture.rows]
    assert rows == [
        ("/b", [("300 ms", "warn"), ("700 ms", "bad")]),
        ("/a", [("100 ms", "good"), ("\N{EN DASH}", "")]),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0, Unit.SECONDS, "0 s"),
        (2.5e-9, Unit.SECONDS, "2.5 ns"),
        (0.00123456, Unit.SECONDS, "1.23 ms"),
        (0.5, Unit.SECONDS, "500 ms"),
        (90.0, Unit.SECONDS, "1.5 min"),
        (7_200.0, Unit.SECONDS, "2 hour"),
        (0.12345, Unit.SHARE, "12.3%"),
        (1.0, Unit.SHARE, "100%"),
        (12.34, Unit.PER_SECOND, "12.3 req/s"),
        (1_500.0, Unit.PER_SECOND, "1.5K req/s"),
        (0.042, Unit.OPS, "0.042 ops/s"),
        (999.0, Unit.COUNT, "999"),
        (2.03, Unit.COUNT, "2"),
        (2_500_000.0, Unit.COUNT, "2,500,000"),
        (1_000.0, Unit.NUMBER, "1 K"),
        (2_500_000.0, Unit.NUMBER, "2.5 Mil"),
        (0.5, Unit.NUMBER, "0.5"),
        (233.4, Unit.TOKENS, "233 tok/s"),
        (12.0, Unit.EVENTS, "12 evt/s"),
        (512.0, Unit.BYTES, "512 B"),
        (1_048_576.0, Unit.BYTES, "1 MiB"),
        (1.5, Unit.USD, "$1.5"),
        (-0.25, Unit.USD, "-$0.25"),
        (1.5, Unit.DAYS, "1.5 day"),
        (1_700_049_600_000.0, Unit.DATE, "2023-11-15 12:00:00"),
        (None, Unit.COUNT, "\N{EN DASH}"),
        (NO_NUMBER, Unit.SECONDS, "\N{EN DASH}"),
    ],
)
def test_values_are_said_as_grafana_says_them(value: float | None, unit: Unit, words: str) -> None:
    assert said(value, unit) == words


@pytest.mark.parametrize("unit", [Unit.SECONDS, Unit.BYTES, Unit.NUMBER, Unit.SHARE, Unit.DAYS])
@pytest.mark.parametrize("top", [0.0003, 0.07, 1.0, 130.0, 5_000.0, 7e6, 3e9])
def test_an_axis_has_a_few_even_values_in_words(top: float, unit: Unit) -> None:
    ticks = axis_ticks(top, unit)
    values = [value for value, _ in ticks]
    assert 2 <= len(ticks) <= 7
    assert values[0] == 0
    assert values[-1] <= top * 1.0001
    assert all(len(words) < 14 for _, words in ticks)
    assert len({words for _, words in ticks}) == len(ticks)


@pytest.mark.parametrize(("top", "words"), [(0.4, ["0"]), (2.0, ["0", "1", "2"])])
def test_an_axis_of_whole_things_has_no_parts_of_one(top: float, words: list[str]) -> None:
    assert [said for _, said in axis_ticks(top, Unit.COUNT)] == words
