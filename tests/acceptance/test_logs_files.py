"""The log of a live service in its files, and the command that reads them."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.live import FAKETIME, VITRINE, LiveService, environment, vitrine
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine.operations.logs.places import family

DAY_S = 24 * 3_600
HELD_S = 0.4
WEEK_S = 7 * DAY_S
DOCKER = """docker() {
    shift 2
    case "$*" in "") cat "$LOG" ;; "-f --tail "*) tail -f -n "$3" "$LOG" ;; *) exit 2 ;; esac
}
"""
"""What `docker logs NAME` prints: the standard output of the service."""
GUIDE = {
    'docker logs portfolio_backend -f --tail 100 | grep -m 1 "Service"': '"Service started"',
    'docker logs portfolio_backend | grep "ERROR"': '"level":"ERROR"',
    'docker logs portfolio_backend | grep "db_query"': '"db_query":"',
    "docker logs portfolio_backend | jq 'select(.level==\"ERROR\")'": '"level": "ERROR"',
    "docker logs portfolio_backend 2>&1 | vitrine logs - --level ERROR": "  ERROR    ",
}
"""The guide's searches, and ours on the same output, with what each must find."""


@pytest.fixture
def kept(start_service: Callable[..., LiveService], tmp_path: Path) -> tuple[LiveService, Path]:
    """Give a service that writes small files, and the newest of them."""
    service = start_service(LOG_DIR=str(tmp_path / "logs"), LOG_FILE_BYTES=str(64 * 1024))
    return service, tmp_path / "logs" / "service.log"


def visits(service: LiveService, times: int, visitor: str = "ada") -> str:
    """Ask for a page so many times; return the id of the last request."""
    with service.client() as client:
        for _ in range(times):
            answer = client.get("/api/personalization", params={"user_id": visitor})
    return answer.headers["x-request-id"]


@contextmanager
def following(*words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    # Who runs tests in the background has Ctrl-C ignored.
    command = ["env", "--default-signal=INT", *VITRINE, "logs", "-f", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(), **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_files_have_every_line_that_was_printed_and_a_follower_sees_them_all(
    kept: tuple[LiveService, Path], tmp_path: Path
) -> None:
    service, path = kept
    seen = tmp_path / "seen"
    with following("--json", "-n", "100000", path) as follower, seen.open("wb", 0) as file:
        assert follower.stdout is not None
        copying = threading.Thread(target=lambda: file.writelines(follower.stdout or ()))
        copying.start()
        visits(service, 500)
        wait_for(lambda: path.with_name("service.log.1").exists(), "a second file")
        path.rename(path.with_name("service.log-20260301"))  # as logrotate would
        service.process.send_signal(signal.SIGHUP)
        visits(service, 5)
        assert service.end() == 0
        printed = service.log.read_bytes()
        wait_for(lambda: seen.stat().st_size >= len(printed) or follower.poll(), "all lines")
        follower.send_signal(signal.SIGINT)
        copying.join()
        assert follower.wait() == 130
        assert follower.stderr is not None
        assert follower.stderr.read() == b""
    assert seen.read_bytes() == printed
    assert sorted(b"".join(one.read_bytes() for one in family(path)).splitlines()) == sorted(
        printed.splitlines()
    )
    assert {one.stat().st_mode & 0o027 for one in family(path)} == {0}


def test_lines_are_found_by_request_visitor_component_level_and_time(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    service = start_service(LOG_DIR=str(tmp_path / "logs"))
    with service.client() as client:
        event = {"event_name": "download_resume", "user_pseudo_id": "ada"}
        sent = client.post("/api/events", json=event).headers["x-request-id"]
    visits(service, 3)
    assert service.end() == 0
    lines = service.lines()
    (segmented,) = (line for line in lines if line["message"].startswith("Segmentation"))

    def found(*words: str) -> list[dict[str, object]]:
        home = ("--home", str(service.home))
        code, out, err = vitrine("logs", "--json", *home, *words, LOG_DIR=str(tmp_path / "logs"))
        assert (code, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]

    assert found("--user", "ada") == found("--user", segmented["user_id"]) == [segmented]
    assert found("--request", sent) == [line for line in lines if line.get("request_id") == sent]
    assert found("--component", "usecases.ingest") == [segmented]
    assert found("--level", "warning", "--component", "granian") == [
        line for line in lines if line["level"] == "WARNING" and "granian" in line["logger"]
    ]
    assert found("--since", "1h", "-n", "2") == lines[-2:]
    assert found("--since", "2999-01-01") == []


def test_a_visitor_is_found_and_erased_in_lines_of_two_weeks_and_untraceable_after_their_keys(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    logs, clock = tmp_path / "logs", tmp_path / "clock"
    env = {
        "LOG_DIR": str(logs),
        "LD_PRELOAD": FAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }

    def run(*words: str) -> str:
        code, out, err = vitrine(*words, "--home", service.home, stdin=None, **env)
        assert (code, err) == (0, "")
        return out

    def found(who: str) -> list[str]:
        lines = run("logs", "--json", "--user", who).splitlines()
        return [json.loads(line)["user_id"] for line in lines]

    def written() -> bytes:
        return b"".join(one.read_bytes() for one in logs.iterdir())

    def weeks() -> set[int]:
        with closing(sqlite3.connect(service.home / "vitrine.db")) as database:
            return {week for (week,) in database.execute("SELECT week FROM log_keys")}

    clock.write_text("+0\n")
    service = start_service(**env)
    download(service, "ada")
    assert service.end() == 0
    clock.write_text(f"{WEEK_S:+d}\n")
    service.start()
    download(service, "ada")
    download(service, "ben")
    wait_for(lambda: written().count(b"Segmentation completed") == 3, "three lines")
    names, (ben,) = found("ada"), found("ben")
    assert len({*names, ben}) == 3
    assert run("forget", "ada") == "erased (visits: 2, events: 2)\n"
    assert not any(name.encode() in written() for name in names)
    assert ben.encode() in written()
    assert service.end() == 0
    over = set(sorted(weeks())[:2])
    clock.write_text(f"{WEEK_S + 37 * DAY_S:+d}\n")
    assert found("ben") == [], "a key that is over is of no use before it is destroyed"
    assert over <= weeks()
    service.start()
    wait_for(lambda: weeks().isdisjoint(over), "keys that are over to be destroyed")


def download(service: LiveService, visitor: str) -> None:
    event = {"event_name": "download_resume", "user_pseudo_id": visitor}
    with service.client() as client:
        assert client.post("/api/events", json=event).status_code == 202


def test_the_guides_searches_find_what_they_look_for(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    event = {"event_name": "download_resume", "user_pseudo_id": "ada"}
    with (
        closing(sqlite3.connect(service.home / "vitrine.db", isolation_level=None)) as holder,
        service.client() as client,
    ):

        def waited() -> bool:
            """Keep an event waiting for a moment, unless the log says that one has."""
            if any("db_query" in line for line in service.lines()):
                return True
            holder.execute("BEGIN IMMEDIATE")
            waiting = threading.Thread(target=lambda: client.post("/api/events", json=event))
            waiting.start()
            waiting.join(HELD_S)
            holder.execute("ROLLBACK")
            waiting.join()
            return False

        wait_for(waited, "a slow statement")
        holder.execute("ALTER TABLE visits RENAME TO hidden")
        other = {**event, "user_pseudo_id": "somebody else"}
        assert client.post("/api/events", json=other).status_code == 503
    wait_for(lambda: [one for one in service.lines() if one["level"] == "ERROR"], "an error")
    words = " ".join(VITRINE)
    for command, expected in GUIDE.items():
        script = f"{DOCKER}export -f docker\n{command.replace('vitrine logs', f'{words} logs')}"
        env = environment(LOG=str(service.log))
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, env=env, check=False, timeout=WITHIN_S
        )
        assert expected in done.stdout.decode(), command
        assert done.stderr == b"", command


def test_a_reader_that_leaves_ends_the_command_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "any.log"
    path.write_text("plain words\n" * 3)
    with following(path) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline() == b"plain words\n"
        follower.stdout.close()
        assert follower.wait(WITHIN_S) == 0
        assert follower.stderr is not None
        assert follower.stderr.read() == b""
    path.write_text("plain words\n" * 200_000)
    script = f"{' '.join(VITRINE)} logs -n 200000 {path} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, env=environment(), check=True
    )
    assert (done.stdout, done.stderr) == (b"plain words\n0\n", b"")


def test_what_other_programs_print_comes_through_as_it_is(tmp_path: Path) -> None:
    strange = b"plain\n\xff\xfe\x1b[31mred\n" + b"x" * 3_000_000 + b'\n{"half": '
    command = [*VITRINE, "logs", "-", "--level", "ERROR"]
    done = subprocess.run(
        command, input=strange, capture_output=True, env=environment(), cwd=tmp_path, check=True
    )
    assert done.stdout == strange + b"\n"


def test_a_directory_that_cannot_be_written_is_said_and_costs_lines_alone(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("no directory")
    service = start_service(LOG_DIR=str(tmp_path / "taken" / "logs"))
    visits(service, 3)
    wait_for(lambda: dropped(service) >= 3, "lines that are counted")
    assert service.end() == 0
    said, *lines = service.log.read_text().splitlines()
    assert said == (
        f"LOG_DIR: cannot write to {tmp_path}/taken/logs/service.log: not a directory;"
        " lines go to standard output alone until it can be"
    )
    messages = [json.loads(line)["message"] for line in lines]
    assert messages.count("Log output fails") == 1
    assert messages.count("Request finished") >= 3


def dropped(service: LiveService) -> float:
    """Return how many lines of a level an operator is told are lost, at most."""
    token = (service.home / "metrics-token").read_text()
    with service.client() as client:
        told = client.get("/metrics", headers={"authorization": f"Bearer {token}"}).text
    found = [line for line in told.splitlines() if line.startswith("log_dropped_total{")]
    return max(float(line.split()[-1]) for line in found)


def test_without_a_log_it_is_said_where_was_looked(tmp_path: Path) -> None:
    code, out, err = vitrine("logs", "--home", tmp_path, LOG_DIR=str(tmp_path / "var"))
    assert (code, out) == (1, "")
    places = ("var", "logs", "simulated/logs", "replayed/logs")
    assert f"looked for {', '.join(f'{tmp_path}/{one}/service.log' for one in places)};" in err
    assert err.count("\n") == 1


def test_a_wrong_time_is_a_wrong_call() -> None:
    code, _, err = vitrine("logs", "--since", "yesterday")
    assert code == 2
    assert "write 15m, 2h, 1d or 2026-03-01T10:00" in err
