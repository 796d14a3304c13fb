"""A Prometheus for a moment, which answers from blocks that came out of a backup."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.domain.failure import Failure
from vitrine.operations.death_signal import ends_with_this_process
from vitrine.operations.prometheus import HOST, MISSING, find_prometheus
from vitrine.operations.server import free_port

STARTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 15.0
ANSWERS_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05
FOR_EVER = "100y"


class NoScratchError(Failure):
    """No Prometheus can be started here to restore into; the message says what to do."""


class UnreadableBlocksError(Failure):
    """Prometheus does not start on the blocks; the message is its own."""


@contextmanager
def scratch(blocks: Path, work: Path) -> Iterator[PrometheusApi]:
    """Run this machine's Prometheus on a directory of blocks, if there is one, for a while.

    It works below `work`, on links to the files, and changes nothing of what it is given.
    """
    program = find_prometheus()
    if program is None:
        raise NoScratchError(f"nothing can be compared without a Prometheus: {MISSING}")
    home = Path(mkdtemp(prefix="scratch-", dir=work))
    if blocks.is_dir():
        shutil.copytree(blocks, home / "data", copy_function=os.link)
    (home / "prometheus.yml").write_text("{}\n")
    port = free_port()
    log = home / "prometheus.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the program that was found, our options
            _command(program, home, port),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=ends_with_this_process(),  # noqa: PLW1509 - no thread runs here
        )
    prometheus = PrometheusApi(f"http://{HOST}:{port}", within_s=ANSWERS_WITHIN_S)
    try:
        _wait(prometheus, process, log)
        yield prometheus
    finally:
        _end(process)
        shutil.rmtree(home, ignore_errors=True)


def _command(program: Path, home: Path, port: int) -> list[str]:
    return [
        str(program),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--storage.tsdb.retention.time={FOR_EVER}",
        f"--web.listen-address={HOST}:{port}",
    ]


def _wait(prometheus: PrometheusApi, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            last = log.read_text(errors="replace").rstrip().rpartition("\n")[2]
            raise UnreadableBlocksError(f"Prometheus does not start on the data: {last}")
        with suppress(ApiError):
            if prometheus.ask("/-/ready").is_success:
                return
        time.sleep(LOOK_EVERY_S)
    raise UnreadableBlocksError(f"Prometheus is not ready within {STARTS_WITHIN_S:g} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
