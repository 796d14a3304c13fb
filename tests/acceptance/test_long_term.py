"""Two tiers, one query: the second Prometheus answers for what the first no longer has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import INSTALL, running, wait_for
from tests.acceptance.visitors import visitors
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port

TOTAL = "instance:objective_api_success_total:sum"
SAMPLES = f"sum(count_over_time({TOTAL}[10m]))"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    found = LiveService(tmp_path / "home")
    yield found
    found.end()


def test_a_query_of_the_first_store_reaches_back_into_the_second(
    service: LiveService, tmp_path: Path
) -> None:
    binary = find_prometheus()
    assert binary is not None, INSTALL
    store = LongTerm(binary, tmp_path / "long-term", free_port())
    token = (service.home / "metrics-token").read_text()
    first = Prometheus(binary, tmp_path / "prometheus", free_port(), token)
    store.configure()
    first.configure(f"127.0.0.1:{service.port}", every_s=1, long_term=store.address)
    with running(store, tmp_path / "long-term.log") as kept, visitors(service):
        with running(first, tmp_path / "prometheus.log") as raw:
            wait_for(lambda: (found := kept.query(SAMPLES)) and found[0].value > 10, "ten records")
            assert raw.data("sum(api_requests_total)")[0].value > 0
            assert not kept.query("api_requests_total"), "more than records was sent"
            sent = kept.query(f"sum({TOTAL})")[0].value
            assert sent > 0
        before = kept.query(SAMPLES)[0].value
        shutil.rmtree(tmp_path / "prometheus" / "data")
        with running(first, tmp_path / "prometheus.log") as anew:
            reached = anew.data(SAMPLES)[0].value
            assert reached >= before, "what the first store has lost was not read from the second"
