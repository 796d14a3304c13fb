"""A scrape: the registry as Prometheus reads it, in text or OpenMetrics."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as MetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as ClientExemplar

from vitrine.catalogue.metric import Kind
from vitrine.catalogue.metrics import PROCESS, SCRAPE_SECONDS
from vitrine.telemetry.registry import Exemplar, Family, Registry

GZIP_LEVEL = 1


class _Families(Collector):
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[MetricFamily]:
        for family in self._families:
            yield _family(family)


class Exposition:
    """Renders a registry. Call it off the event loop: it takes milliseconds."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        families = registry.families.values()
        self._all = CollectorRegistry(auto_describe=False)
        self._all.register(_Families(families))
        if any(metric in registry.catalogue for metric in PROCESS):
            ProcessCollector(registry=self._all)
        self._public = CollectorRegistry(auto_describe=False)
        self._public.register(_Families(family for family in families if family.metric.public))

    def render(self, accept: str, accept_encoding: str, *, public: bool = False) -> Scrape:
        """Return the body in the format that the scraper prefers."""
        began = time.perf_counter()
        self._registry.refresh()
        encode, content_type = choose_encoder(accept)
        body = encode(self._public if public else self._all)
        scrape = delivered(body, content_type, accept_encoding)
        if not public:
            self._registry[SCRAPE_SECONDS].set(time.perf_counter() - began)
        return scrape


class Scrape:
    """A rendered scrape with what its HTTP headers need."""

    __slots__ = ("body", "content_type", "zipped")

    def __init__(self, body: bytes, content_type: str, zipped: bool) -> None:
        self.body = body
        self.content_type = content_type
        self.zipped = zipped


def delivered(body: bytes, content_type: str, accept_encoding: str) -> Scrape:
    """Return a page as it is sent, zipped where that is accepted."""
    zipped = _accepts_gzip(accept_encoding)
    return Scrape(gzip.compress(body, GZIP_LEVEL) if zipped else body, content_type, zipped)


def _accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip is named and not refused by a quality of 0 (RFC 9110, section 12.5.3)."""
    for offer in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in offer.split(";"))
        if coding == "gzip":
            return not any(p.removeprefix("q=").rstrip("0.") == "" for p in parameters)
    return False


def _family(family: Family) -> MetricFamily:
    metric = family.metric
    if metric.kind is Kind.HISTOGRAM:
        return _histogram(family)
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    found = kind(metric.name, metric.help, labels=metric.label_names)
    for values, cell in list(family.cells.items()):
        found.add_metric(values, cell.value)
    return found


def _histogram(family: Family) -> MetricFamily:
    metric = family.metric
    found = HistogramMetricFamily(metric.name, metric.help, labels=metric.label_names)
    edges = [*(repr(edge) for edge in metric.buckets), "+Inf"]
    for values, cell in list(family.histograms.items()):
        buckets: list[tuple[str, float] | tuple[str, float, ClientExemplar]] = []
        for edge, count, exemplar in zip(
            edges, accumulate(cell.counts), cell.exemplars, strict=True
        ):
            if exemplar is None:
                buckets.append((edge, count))
            else:
                buckets.append((edge, count, _exemplar(exemplar)))
        found.add_metric(values, buckets, cell.total)
    return found


def _exemplar(exemplar: Exemplar) -> ClientExemplar:
    labels = {"trace_id": exemplar.request_id}
    return ClientExemplar(labels, exemplar.value, exemplar.at_s)
