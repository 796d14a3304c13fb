"""Each command of the page that goes through the monitoring guide, as it stands there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.live import VITRINE, environment
from tests.acceptance.prometheus import WITHIN_S, PrometheusApi, wait_for
from tests.acceptance.test_up import TWO_SENDINGS_S, line_with, up
from vitrine.operations.server import free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitoring.md").read_text()
COMMANDS = [
    line.strip()
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
SILENT = (
    'grep \'"level":"WARNING"\'',
    ".venv/bin/vitrine logs -n 3 --level WARNING",
    "grep 'db_query'",
    "curl -s http://127.0.0.1:9093/api/v2/alerts",
    "rm -r",
    "name=",
    "tar -czf",
)
"""What finds nothing where nothing is wrong or in the first minute, and what makes or removes."""


class Everything(NamedTuple):
    """Where `vitrine up` runs, and the ports that stand for those of the page."""

    place: Path
    ports: Mapping[str, int]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """Give a directory in which `vitrine up` runs, with records and an alert to look at."""
    place = tmp_path_factory.mktemp("guide")
    ports = {name: free_port() for name in ("8000", "9090", "9091", "9093")}
    others = ("--long-term-port", ports["9091"], "--alertmanager-port", ports["9093"])
    words = ("--port", ports["8000"], *others)
    with up(place / ".vitrine", *map(str, words), prometheus=ports["9090"]) as process:
        line_with(process, r"accepted [1-9]")
        store = PrometheusApi(f"http://127.0.0.1:{ports['9091']}")
        first = PrometheusApi(f"http://127.0.0.1:{ports['9090']}")
        wait_for(lambda: store.ready() and first.ready(), "both tiers")
        wait_for(lambda: store.get("label/__name__/values"), "records", TWO_SENDINGS_S)
        wait_for(lambda: first.query("increase(api_requests_total[5m]) > 0"), "two scrapes")
        wait_for(lambda: first.get("alerts")["alerts"], "the watchdog")
        for name in ("deploy", "prometheus.yml", "alertmanager.yml"):
            (place / name).symlink_to(ROOT / name)
        yield Everything(place, ports)


def test_the_commands_of_the_page_do_what_it_says(everything: Everything) -> None:
    told = "\n".join(f"echo '<{number}>'\n{line}" for number, line in enumerate(COMMANDS))
    script = told.replace(".venv/bin/vitrine", " ".join(VITRINE))
    first = f"http://127.0.0.1:{everything.ports['9090']}"
    script = script.replace("vitrine slo", f"vitrine slo --url {first}")
    for port, ours in everything.ports.items():
        script = script.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ours}")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=everything.place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=5 * WITHIN_S,
        check=False,
    )
    said = re.split(r"^<\d+>\n", done.stdout, flags=re.MULTILINE)[1:]
    for command, answer in zip(COMMANDS, said, strict=True):
        assert answer.strip() or command.startswith(SILENT), command
    assert not re.search(r"FAILED|command not found|No such file", done.stdout), done.stdout
    assert "vitrine up " in done.stdout


def test_every_section_of_the_guide_has_its_own() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert titles == [
        "Architecture",
        "Starting monitoring services",
        "Accessing dashboards",
        "Key metrics",
        "Objectives",
        "Alert rules",
        "Logging",
        "Dashboards",
        "Troubleshooting",
        "Performance tuning",
        "Backup and recovery",
        "Security",
        "Alerting",
        "Maintenance",
        "Metric retention",
        "Where the guide's letter is wrong",
    ]
