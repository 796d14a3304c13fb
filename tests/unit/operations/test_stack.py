from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from vitrine.operations import stack as module
from vitrine.operations.stack import Part, Stack, State
from vitrine.telemetry.logs.files import Rotation

PYTHON = [sys.executable, "-I", "-S", "-c"]
LASTING = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); {LASTING}"
ENDS_WELL = "print('done')"
ENDS_BADLY = "import sys; print('oh', file=sys.stderr); sys.exit(3)"
REFUSES = "import sys; print('starting\\nno room', file=sys.stderr); sys.exit(1)"
CALLED_WRONGLY = "import sys; print('usage:\\nno such option\\n'); sys.exit(2)"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - processes and files ring no bell
            await asyncio.sleep(0.005)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Show:
    """A stack with what it reported and wrote."""

    def __init__(self, logs: Path, *parts: Part) -> None:
        self.logs = logs
        self.reports: list[str] = []
        self.stack = Stack(parts, logs, self.reports.append)

    def start(self) -> None:
        for part in self.stack.parts:
            self.stack.start(part)

    def log(self, name: str) -> str:
        path = self.logs / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def pid(self, part: Part) -> int:
        assert part.process is not None
        return part.process.pid


Makes = Callable[..., Show]


@pytest.fixture
async def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Makes]:
    monkeypatch.setattr(module, "RESTART_AFTER_S", 0)
    made: list[Show] = []

    def make(*parts: Part) -> Show:
        made.append(Show(tmp_path / "logs", *parts))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        await one.stack.end()


async def test_a_part_runs_and_what_it_says_is_in_its_log(show: Makes) -> None:
    part = Part("service", [*PYTHON, LASTING])
    running = show(part)
    await until(lambda: running.log("service") == "up\n")
    assert part.state is State.RUNNING
    assert running.logs.stat().st_mode & 0o777 == 0o700
    assert running.reports == []


async def test_a_part_that_is_killed_is_started_again_and_reported(show: Makes) -> None:
    part = Part("service", [*PYTHON, LASTING])
    running = show(part)
    await until(lambda: "up" in running.log("service"))
    first = running.pid(part)
    os.kill(first, signal.SIGKILL)
    await until(lambda: running.log("service").count("up") == 2)
    assert running.pid(part) != first
    assert (part.state, part.restarts) == (State.RUNNING, 1)
    assert running.reports == ["service ended (killed by SIGKILL) and is started again"]


async def test_a_part_that_cannot_live_is_left_alone_after_a_while(show: Makes) -> None:
    part = Part("service", [*PYTHON, ENDS_BADLY])
    running = show(part)
    await until(lambda: part.state is State.GIVEN_UP)
    assert part.restarts == module.MOST_RESTARTS
    assert running.log("service") == "oh\n" * (module.MOST_RESTARTS + 1)
    *again, last = running.reports
    assert again == ["service ended (exit code 3) and is started again"] * module.MOST_RESTARTS
    assert last.startswith("service ended 6 times within 60 s and is left alone; see ")
    assert last.endswith("service.log")


async def test_a_part_that_says_that_it_cannot_start_is_left_alone_with_its_reason(
    show: Makes,
) -> None:
    part = Part("service", [*PYTHON, REFUSES])
    running = show(part)
    await until(lambda: part.state is State.GIVEN_UP)
    assert part.restarts == 0
    (said,) = running.reports
    assert said.startswith("service ended (exit code 1: no room) and is left alone; see ")


async def test_a_part_that_had_started_is_started_again_however_it_ends(
    show: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE_S", -1.0)
    part = Part("service", [*PYTHON, REFUSES])
    running = show(part)
    await until(lambda: part.restarts >= 1)
    assert running.reports[0] == "service ended (exit code 1) and is started again"


async def test_a_part_that_was_killed_and_cannot_start_at_once_is_given_time(
    show: Makes, tmp_path: Path
) -> None:
    held = tmp_path / "held"
    once = f"import os, sys; p = {str(held)!r}; os.path.exists(p) and sys.exit(1); open(p, 'x')"
    part = Part("service", [*PYTHON, f"{once}; {LASTING}"])
    running = show(part)
    await until(lambda: "up" in running.log("service"))
    os.kill(running.pid(part), signal.SIGKILL)
    await until(lambda: part.restarts >= 2)
    held.unlink()
    await until(lambda: running.log("service").count("up") == 2)


async def test_a_part_that_was_called_wrongly_is_left_alone_with_its_reason(show: Makes) -> None:
    part = Part("replay", [*PYTHON, CALLED_WRONGLY], lasting=False)
    running = show(part)
    await until(lambda: part.state is State.GIVEN_UP)
    assert part.restarts == 0
    (said,) = running.reports
    assert said.startswith("replay ended (exit code 2: no such option) and is left alone; see ")


async def test_deaths_of_long_ago_are_forgiven(
    show: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN_S", -1.0)
    part = Part("service", [*PYTHON, ENDS_BADLY])
    show(part)
    await until(lambda: part.restarts > module.MOST_RESTARTS + 1)
    assert part.state is not State.GIVEN_UP


async def test_a_part_that_has_an_end_may_come_to_it(show: Makes) -> None:
    part = Part("replay", [*PYTHON, ENDS_WELL], lasting=False)
    running = show(part)
    await until(lambda: part.state is State.FINISHED)
    assert running.reports == ["replay has finished"]
    assert running.log("replay") == "done\n"


async def test_a_lasting_part_that_ends_well_is_started_again_all_the_same(show: Makes) -> None:
    part = Part("service", [*PYTHON, ENDS_WELL])
    running = show(part)
    await until(lambda: part.restarts >= 1)
    assert running.reports[0] == "service ended (exit code 0) and is started again"


async def test_parts_are_ended_in_reverse_order(show: Makes, tmp_path: Path) -> None:
    told = tmp_path / "order"
    last_words = (
        "import signal, sys\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(15, end); print('up', flush=True)\n"
        "while 1: signal.pause()"
    )
    parts = [Part(name, [*PYTHON, last_words, str(told), name]) for name in "abc"]
    running = show(*parts)
    await until(lambda: all("up" in running.log(name) for name in "abc"))
    pids = [running.pid(part) for part in parts]
    await running.stack.end()
    assert told.read_text() == "cba"
    assert all(map(gone, pids))
    assert [part.state for part in parts] == [State.ENDED] * 3
    assert running.reports == []


async def test_a_part_that_does_not_want_to_end_is_killed(
    show: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "END_WITHIN_S", 0.05)
    part = Part("service", [*PYTHON, STUBBORN])
    running = show(part)
    await until(lambda: "up" in running.log("service"))
    await running.stack.end()
    assert gone(running.pid(part))


async def test_a_part_that_was_never_started_ends_too(tmp_path: Path) -> None:
    part = Part("replay", [*PYTHON, LASTING])
    stack = Stack([part], tmp_path / "logs", lambda _: None)
    await stack.end()
    assert part.state is State.ENDED


async def test_a_line_is_not_cut_where_a_piece_ends(tmp_path: Path) -> None:
    class Process:
        stdout = asyncio.StreamReader()

    process = Process()
    path, part = tmp_path / "service.log", Part("service", ())
    copying = asyncio.create_task(module._copy(part, process, path))  # type: ignore[arg-type]
    for piece in (b"first ha", b"lf \xc3", b"\xa9\nsecond\n\nth", b"ird\n", b"no end"):
        process.stdout.feed_data(piece)
        for _ in range(3):
            await asyncio.sleep(0)
    process.stdout.feed_eof()
    await copying
    assert path.read_text() == "first half é\nsecond\n\nthird\nno end\n"
    assert part.last_line == "no end"


def sizes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_a_log_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_ROTATION", Rotation(size=1_000, kept=3))

    class Process:
        stdout = asyncio.StreamReader()

    process = Process()
    copying = asyncio.create_task(
        module._copy(Part("a", ()), process, tmp_path / "a.log")  # type: ignore[arg-type]
    )
    for _ in range(50):
        process.stdout.feed_data(b"x" * 99 + b"\n")
        for _ in range(3):
            await asyncio.sleep(0)
    process.stdout.feed_eof()
    await copying
    sizes = sizes_in(tmp_path)
    assert set(sizes) == {"a.log", "a.log.1", "a.log.2", "a.log.3"}
    assert max(sizes.values()) <= 1_000
