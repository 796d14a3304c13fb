"""The page of several workers: parsing it gives what parsing their own pages gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import Counter as ClientCounter
from prometheus_client import Gauge as ClientGauge
from prometheus_client import Histogram as ClientHistogram
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from tests.sites import small_site
from vitrine.catalogue.labels import WORKER
from vitrine.catalogue.metrics import CATALOGUE, WORKER_UP
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.joining import JoinedExposition, join
from vitrine.wiring.metrics import build_registry

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
FORMATS: dict[str, tuple[Callable[..., bytes], Callable[[str], Any]]] = {
    "text": (generate_latest, read_text),
    "openmetrics": (generate_openmetrics, read_openmetrics),
}
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(0, 1e12) | st.just(float("inf"))
PAGES = st.lists(
    st.lists(st.tuples(VALUES, VALUES, NUMBERS), max_size=4), min_size=1, max_size=4
)  # fmt: skip


def rendered(rows: Iterable[tuple[str, str, float]], render: Callable[..., bytes]) -> bytes:
    """Return a page with every kind of metric, label values and exemplars as they come."""
    registry = CollectorRegistry()
    counter = ClientCounter(
        "a_total", 'Help with " and \\ and\nlines.', ["x", "y"], registry=registry
    )
    gauge = ClientGauge("b", "No label.", registry=registry)
    labelled = ClientGauge("c", "Labels.", ["x"], registry=registry)
    histogram = ClientHistogram("d", "Buckets.", ["y"], buckets=(1, 10), registry=registry)
    for x, y, value in rows:
        counter.labels(x, y).inc(value, {"trace_id": y.encode().hex()[:32]})
        gauge.set(value)
        labelled.labels(x).set(-value)
        histogram.labels(y).observe(value, {"trace_id": x.encode().hex()[:32]})
    return render(registry)


def samples(page: bytes, read: Callable[[str], Any], **more: str) -> Counter[Any]:
    """Return how often each sample stands in a page, with all that a parser knows of it."""
    return Counter(
        (family.name, family.type, family.documentation, *told(sample, more))
        for family in read(page.decode())
        for sample in family.samples
    )


def told(sample: Any, more: Mapping[str, str]) -> tuple[Any, ...]:
    labels = frozenset({**sample.labels, **more}.items())
    exemplar = sample.exemplar and (str(sample.exemplar.labels), sample.exemplar.value)
    return (sample.name, labels, sample.value, exemplar)


@pytest.mark.parametrize("form", FORMATS)
@given(rows=PAGES)
def test_the_joined_page_says_what_all_pages_say(form: str, rows: list[Any]) -> None:
    render, read = FORMATS[form]
    pages = {str(k): rendered(of, render) for k, of in enumerate(rows, start=1)}
    wanted: Counter[Any] = Counter()
    for worker, page in pages.items():
        wanted += samples(page, read, worker=worker)
    joined = join(pages, [])
    assert samples(joined, read) == wanted
    heads = [line for line in joined.split(b"\n") if line.startswith((b"# HELP", b"# TYPE"))]
    assert len(heads) == len(set(heads))
    assert joined.count(b"# EOF") == (form == "openmetrics")


def test_a_worker_of_another_version_that_takes_a_metric_for_another_kind_is_left_out_of_it() -> (
    None
):
    counter = b"# HELP a Help.\n# TYPE a counter\na 1\n# HELP b Help.\n# TYPE b gauge\nb 1\n"
    gauge = b"# HELP a Help.\n# TYPE a gauge\na 2\n# HELP c New.\n# TYPE c gauge\nc 2\n"
    lines = join({"1": counter, "2": gauge}, []).splitlines()
    assert lines == [
        *(b"# HELP a Help.", b"# TYPE a counter", b'a{worker="1"} 1'),
        *(b"# HELP b Help.", b"# TYPE b gauge", b'b{worker="1"} 1'),
        *(b"# HELP c New.", b"# TYPE c gauge", b'c{worker="2"} 2'),
    ]


@pytest.mark.parametrize(("accept", "form"), [("text/plain", "text"), (OPENMETRICS, "openmetrics")])
def test_who_does_not_answer_is_left_out_and_stands_at_0(accept: str, form: str) -> None:
    own = Exposition(build_registry(small_site()))
    other = own.render(accept, "").body
    joined = JoinedExposition(own, "1", lambda _path, _accept: {"1": None, "2": other, "3": None})
    page = joined.render(accept, "")
    assert page.content_type.startswith(accept.split(";", maxsplit=1)[0])
    found = {family.name: family.samples for family in FORMATS[form][1](page.body.decode())}
    up = {sample.labels[WORKER]: sample.value for sample in found[WORKER_UP.name]}
    assert up == {"1": 1.0, "2": 1.0, "3": 0.0}
    assert {s.labels[WORKER] for many in found.values() for s in many} == {"1", "2", "3"}
    assert "process_cpu_seconds" in found
    assert joined.render(accept, "gzip").zipped


def test_everybodys_page_has_no_more_than_everybody_may_see() -> None:
    asked = []

    def ask(path: str, _accept: str) -> Mapping[str, bytes | None]:
        asked.append(path)
        return {"1": None, "2": None}

    page = JoinedExposition(Exposition(build_registry(small_site())), "1", ask)
    text = page.render("text/plain", "", public=True).body.decode()
    assert asked == ["/metrics/public"]
    assert WORKER_UP.name not in text
    assert 'cache_hits_total{worker="1",key_pattern="decision"} 0.0' in text


def test_no_metric_has_the_label_by_which_workers_differ() -> None:
    assert all(WORKER not in metric.label_names for metric in CATALOGUE)
