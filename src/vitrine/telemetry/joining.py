"""One page of several workers' metrics, made of their own pages without reading a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.exposition import choose_encoder

from vitrine.catalogue.labels import WORKER
from vitrine.catalogue.metrics import WORKER_UP
from vitrine.telemetry.exposition import Exposition, Scrape, delivered

EOF = b"# EOF"
HEADS = (b"# HELP ", b"# TYPE ", b"# UNIT ")

Ask = Callable[[str, str], Mapping[str, bytes | None]]


class _Family(NamedTuple):
    """The lines of one metric in a page: what is said of it, and its samples."""

    head: list[bytes]
    samples: list[bytes]


class JoinedExposition:
    """Renders what all workers have counted. Call it off the event loop: it asks them.

    `ask` gives each worker's page at a path, or `None` where it does not answer in time. This
    one, `name`, stands in for itself while nobody answers on its port.
    """

    def __init__(self, own: Exposition, name: str, ask: Ask) -> None:
        self._own = own
        self._name = name
        self._ask = ask

    def render(self, accept: str, accept_encoding: str, *, public: bool = False) -> Scrape:
        """Return the body in the format that the scraper prefers."""
        found = dict(self._ask("/metrics/public" if public else "/metrics", accept))
        if found.get(self._name) is None:
            found[self._name] = self._own.render(accept, "", public=public).body
        pages = {worker: page for worker, page in found.items() if page is not None}
        missing = [] if public else [worker for worker in found if worker not in pages]
        return delivered(join(pages, missing), choose_encoder(accept)[1], accept_encoding)


def join(pages: Mapping[str, bytes], missing: list[str]) -> bytes:
    """Return the pages as one, each sample with the label `worker`.

    Pages are texts of Prometheus' format or of OpenMetrics, all in the same one. A family is
    described once, by the first page that has it; samples of a page that takes it for another
    kind are left out. `missing` workers stand at 0 in `vitrine_worker_up`.
    """
    families: dict[bytes, _Family] = {}
    for worker, page in pages.items():
        label = b'%b="%b"' % (WORKER.encode(), worker.encode())
        for name, found in _families(page):
            family = families.setdefault(name, _Family(found.head, []))
            if _kind(found) == _kind(family):
                family.samples.extend(_labelled(sample, label) for sample in found.samples)
    up = WORKER_UP.name.encode()
    if up in families:
        families[up].samples.extend(
            b'%b{%b="%b"} 0.0' % (up, WORKER.encode(), worker.encode()) for worker in missing
        )
    lines = [line for family in families.values() for part in family for line in part]
    if any(page.rstrip().endswith(EOF) for page in pages.values()):
        lines.append(EOF)
    return b"\n".join([*lines, b""])


def _families(page: bytes) -> Iterator[tuple[bytes, _Family]]:
    """Yield the families of a page by name; lines end with nothing but a line feed."""
    name, family = b"", _Family([], [])
    for line in page.split(b"\n"):
        if line.startswith(HEADS):
            named = line.split(b" ", 3)[2]
            if named != name and name:
                yield name, family
                family = _Family([], [])
            name = named
            family.head.append(line)
        elif line and not line.startswith(b"#"):
            family.samples.append(line)
    if name:
        yield name, family


def _kind(family: _Family) -> list[bytes]:
    return [line for line in family.head if line.startswith(b"# TYPE ")]


def _labelled(sample: bytes, label: bytes) -> bytes:
    """Return a sample with one more label, its first; an exemplar keeps its own."""
    name, space, rest = sample.partition(b" ")
    metric, brace, labels = name.partition(b"{")
    if not brace:
        return b"%b{%b}%b%b" % (metric, label, space, rest)
    comma = b"" if labels.startswith(b"}") else b","
    return b"%b{%b%b%b%b%b" % (metric, label, comma, labels, space, rest)
