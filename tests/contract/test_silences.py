"""One suite for every `Silences`: one that is written down, and a real Alertmanager."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.prometheus import PrometheusApi, wait_for
from tests.watchers import WrittenSilences
from vitrine.adapters.alertmanager import AlertmanagerSilences
from vitrine.monitoring.alertmanager import Notifications
from vitrine.operations.alertmanager import HOST, Alertmanager, Secrets, find_alertmanager
from vitrine.operations.server import free_port
from vitrine.usecases.monitoring_ports import (
    MonitoringUnavailableError,
    QuestionRefusedError,
    Silence,
    Silences,
)

HOUR_MS = 3_600_000
LABELS = {"alertname": "HighLatency", "provider": 'odd "name"'}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real Alertmanager that tells nobody."""
    binary = find_alertmanager()
    assert binary is not None, "these tests need Debian's prometheus-alertmanager"
    home = tmp_path_factory.mktemp("alertmanager")
    program = Alertmanager(binary, home, free_port(), Notifications(), Secrets())
    (home / "alertmanager.yml").write_text(
        "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
    )
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(program.command(), stdout=log, stderr=subprocess.STDOUT)
    try:
        api = PrometheusApi(f"http://{HOST}:{program.port}")
        wait_for(api.ready, "an Alertmanager that answers")
        yield api.url
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(params=["written", "alertmanager"])
async def silences(request: pytest.FixtureRequest) -> AsyncIterator[Silences]:
    if request.param == "written":
        yield WrittenSilences(now_ms)
        return
    real = AlertmanagerSilences(request.getfixturevalue("alertmanager"))
    yield real
    for left in await real.active():
        await real.expire(left.id)
    await real.close()


async def test_what_is_silenced_is_so_until_its_time(silences: Silences) -> None:
    assert list(await silences.active()) == []
    now = now_ms()
    name = await silences.create(LABELS, now, now + HOUR_MS, "a planned update")
    (found,) = await silences.active()
    assert found == Silence(name, LABELS, now + HOUR_MS, "a planned update")
    assert found.covers({**LABELS, "severity": "warning"})
    assert not found.covers({"alertname": "HighLatency"})


async def test_a_silence_can_be_ended(silences: Silences) -> None:
    now = now_ms()
    longer = await silences.create({"alertname": "A"}, now, now + 2 * HOUR_MS, "longer")
    shorter = await silences.create({"alertname": "B"}, now, now + HOUR_MS, "shorter")
    assert [one.id for one in await silences.active()] == [shorter, longer]
    await silences.expire(shorter)
    assert [one.id for one in await silences.active()] == [longer]


async def test_what_cannot_be_done_is_refused_with_the_reason(silences: Silences) -> None:
    now = now_ms()
    with pytest.raises(QuestionRefusedError, match=r"."):
        await silences.expire("6c1bd8a5-0000-4000-8000-000000000000")
    with pytest.raises(QuestionRefusedError, match=r"."):
        await silences.create(LABELS, now, now - HOUR_MS, "ends before it begins")


async def test_where_nobody_answers_it_says_so() -> None:
    real = AlertmanagerSilences(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(MonitoringUnavailableError, match="no Alertmanager answers at http://127"):
        await real.active()
    await real.close()


async def test_a_stranger_is_told_apart_from_an_alertmanager(tmp_path: Path) -> None:
    port = free_port()
    command = ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        wait_for(lambda: PrometheusApi(f"http://127.0.0.1:{port}").answers(), "a web server")
        real = AlertmanagerSilences(f"http://127.0.0.1:{port}")
        with pytest.raises((MonitoringUnavailableError, QuestionRefusedError)):
            await real.active()
        await real.close()
    finally:
        process.terminate()
        process.wait(60)
