"""Samples that nobody needs, which take the space that a Prometheus has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from random import Random

import httpx

from vitrine.domain.failure import Failure
from vitrine.operations.prometheus import Prometheus

LITTLE_SPACE = "8MB"
SERIES, SAMPLES = 100, 9_400
"""A random value takes 7 to 8 bytes: 85 % of the space, and the rest is for the drill."""
NAME = "drill_ballast"
AGO_S, LASTS_S = 3 * 3600, 3600
"""Older than what Prometheus holds in memory, and within one of its blocks of two hours."""


class NoBallastError(Failure):
    """The samples cannot be stored; the message says why."""


async def store_ballast(prometheus: Prometheus) -> None:
    """Put a block of samples where a running Prometheus finds it within a minute."""
    samples = prometheus.home / "ballast.om"
    with samples.open("w") as file:
        await asyncio.to_thread(file.writelines, _open_metrics(time.time()))
    promtool = prometheus.binary.with_name("promtool")
    made = await asyncio.create_subprocess_exec(
        str(promtool), "tsdb", "create-blocks-from", "openmetrics",
        str(samples), str(prometheus.home / "data"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await made.communicate()
    samples.unlink()
    if made.returncode:
        raise NoBallastError(f"promtool makes no block: {said.decode(errors='replace').strip()}")


async def drop_ballast(api: httpx.AsyncClient) -> None:
    """Delete the samples through Prometheus' admin API, as an operator would."""
    for path in (f"delete_series?match[]={NAME}", "clean_tombstones"):
        (await api.post(f"/api/v1/admin/tsdb/{path}")).raise_for_status()


def _open_metrics(now: float) -> Iterator[str]:
    random = Random(0)
    start = int(now) // 7_200 * 7_200 - AGO_S
    for series in range(SERIES):
        for sample in range(SAMPLES):
            at = start + sample * LASTS_S / SAMPLES
            yield f'{NAME}{{series="{series}"}} {random.random()} {at:.3f}\n'
    yield "# EOF\n"
