"""Backups beside a running service with two tiers of Prometheus: made, damaged, restored."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.acceptance.backed_up import (
    EVERY_S,
    Stack,
    alertmanager_at,
    click,
    learn_of_ada,
    old_enough,
    prometheus_of,
    rebuilt,
    silence_for,
)
from tests.acceptance.grafana import dashboard, grafana
from tests.acceptance.live import LiveService, environment, vitrine
from tests.acceptance.prometheus import INSTALL, WITHIN_S, running, wait_for
from tests.acceptance.visitors import visitors
from vitrine.adapters.database.sqlite.copy import rows_of
from vitrine.cli import main
from vitrine.operations.backup import (
    CannotSnapshotError,
    new_key,
    put_back,
    restore,
    scratch,
    tier_at,
    verify,
)
from vitrine.operations.backup.restoring import NotTheSameError
from vitrine.operations.backup.scratch import NoScratchError
from vitrine.operations.backup.seal import KeyRefusedError, check_key
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port
from vitrine.settings import Settings
from vitrine.wiring.backup import plan_of

RECORD = "instance:objective_api_success_total:sum"
ADA = {"user_id": "ada"}
STAYS_AT_ITS_SNAPSHOT = """
import signal
from vitrine.cli import main
from vitrine.operations.backup import tier

ask = tier.figures

def figures(prometheus, selector, until_ms=None):
    if until_ms is not None:
        signal.pause()
    return ask(prometheus, selector, until_ms)

tier.figures = figures
main()
"""
"""A `vitrine` that waits for a signal where a backup has made its snapshot."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack in which events flow, with some seconds of data in both tiers."""
    place = tmp_path_factory.mktemp("backup")
    binary = find_prometheus()
    assert binary is not None, INSTALL
    service = LiveService(place / "home")
    home = service.home
    (home / "grafana-admin-password").touch(mode=0o600)
    (home / "grafana-admin-password").write_text("hush-of-grafana")
    store = LongTerm(binary, home / "long-term", free_port())
    token = (home / "metrics-token").read_text()
    first = Prometheus(binary, home / "prometheus", free_port(), token)
    store.configure()
    first.configure(f"127.0.0.1:{service.port}", every_s=EVERY_S, long_term=store.address)
    try:
        with (
            grafana("hush-of-grafana") as beside,
            alertmanager_at(place / "alertmanager") as told,
            visitors(service, click),
            running(store, place / "long-term.log") as kept,
            running(first, place / "prometheus.log") as raw,
        ):
            wait_for(lambda: old_enough(raw, "up"), "seconds of scrapes")
            wait_for(lambda: old_enough(kept, RECORD), "seconds of records")
            told.silence(silence_for(hours=8, comment="while the disk is changed"))
            yield Stack(service, raw, kept, beside, told, place)
    finally:
        service.end()


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Path:
    """Give a backup that was made while events flowed, and look at what was said of it."""
    learn_of_ada(stack.service)
    code, out, err = stack.backup(
        stack.place / "backups", SLACK_CHANNEL="#on call", SLACK_WEBHOOK_URL="http://hush"
    )
    assert (code, err) == (0, ""), out + err
    found = Path(out.splitlines()[-1].split()[1])
    assert re.fullmatch(r"vitrine-backup-\d{8}T\d{6}Z-[0-9a-f]{8}\.tar\.gz", found.name)
    assert out.splitlines()[-1].endswith("restored, and the same")
    assert [path.name for path in found.parent.iterdir()] == [found.name]
    said = {line.split()[0] for line in out.splitlines()}
    assert said == {
        *("database", "secrets", "site", "settings", "dashboards", "folders", "silences"),
        *("prometheus", "long-term", "verified"),
    }
    assert "hush" not in out
    return found


def test_a_backup_is_its_owners_and_leaves_nothing_behind(stack: Stack, archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    for tier in ("prometheus", "long-term"):
        snapshots = stack.service.home / tier / "data" / "snapshots"
        assert list(snapshots.iterdir()) == []
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        overview = json.load(tar.extractfile("home/grafana/vitrine-overview.json"))  # type: ignore[arg-type]
    assert {"home/secret", "home/site.yaml", "home/admin-token"} <= set(names)
    assert overview == {**dashboard("vitrine-overview"), "uid": "vitrine-overview"}
    assert len([name for name in names if name.startswith("home/grafana/")]) == 3 + 2


def test_silences_come_back_once_and_settings_without_their_secrets(
    stack: Stack, archive: Path, tmp_path: Path
) -> None:
    code, out, err = vitrine("restore", archive, "--home", tmp_path / "one")
    assert (code, err) == (0, "")
    assert "silences        not put back, since --alertmanager names none; by hand: amtool " in out
    settings = (tmp_path / "one" / "settings.env").read_text()
    assert "SLACK_CHANNEL='#on call'\n" in settings
    assert "# SLACK_WEBHOOK_URL was set: a secret, left out\n" in settings
    assert "hush" not in settings
    silences = tmp_path / "one" / "alertmanager" / "silences.json"
    assert str(put_back(silences, stack.alertmanager)).startswith("0 put back, 1 known there")
    with alertmanager_at(tmp_path / "new") as new:
        words = ("--home", tmp_path / "two", "--alertmanager", new.url)
        code, out, err = vitrine("restore", archive.parent, *words)
        assert (code, err) == (0, "")
        assert "silences        1 put back, 0 known there already, 0 over meanwhile" in out
        assert str(put_back(silences, new)).startswith("0 put back, 1 known there already")
        (found,) = new.silences()
    assert (found["comment"], found["createdBy"]) == ("while the disk is changed", "ada")


def test_a_restored_home_answers_as_the_one_that_was_backed_up(
    stack: Stack, archive: Path, tmp_path: Path
) -> None:
    with stack.service.client() as client:
        before = client.get("/api/personalization", params=ADA).json()
    assert before["segment"] == "ML_ENGINEER"
    home = tmp_path / "new" / "home"
    code, out, err = vitrine("restore", archive, "--home", home)
    assert (code, err) == (0, ""), out
    assert f"vitrine serve --home {home} --site {home / 'site.yaml'}" in out
    (made_at,) = re.findall(r"^prometheus .* to (.*) UTC$", out, re.MULTILINE)
    service = LiveService(home, site=str(home / "site.yaml"))
    try:
        with service.client() as client:
            assert client.get("/api/personalization", params=ADA).json() == before
        with prometheus_of(home) as raw:
            asked = {"query": "api_requests_total", "time": f"{made_at.replace(' ', 'T')}Z"}
            assert raw.get("query", **asked)["result"]
            assert raw.get("query", **asked) == stack.prometheus.get("query", **asked)
    finally:
        service.end()
    done = CliRunner().invoke(main, ["restore", str(archive), "--home", str(home)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{home} is there already: name a new directory with --home\n"


def test_a_byte_that_was_flipped_is_found_before_anything_is_restored(
    archive: Path, tmp_path: Path
) -> None:
    bad = bytearray(archive.read_bytes())
    bad[len(bad) // 2] ^= 1
    (tmp_path / archive.name).write_bytes(bad)
    code, out, err = vitrine("restore", tmp_path / archive.name, "--home", tmp_path / "home")
    assert (code, out) == (1, "")
    assert re.match(rf"{tmp_path}/.*is damaged: |the archive is damaged: ", err)
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [archive.name]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (r"home/prometheus/data/.*", r"prometheus: 0 series instead of [1-9]"),
        (r"home/long-term/data/.*/chunks/.*", r"long-term: "),
    ],
)
def test_a_block_that_is_missing_is_noticed_by_what_prometheus_answers(
    archive: Path, tmp_path: Path, gone: str, said: str
) -> None:
    def drop(members: dict[str, bytes]) -> None:
        for name in [name for name in members if re.fullmatch(gone, name)]:
            del members[name]

    with pytest.raises(NotTheSameError, match=said):
        verify(rebuilt(archive, tmp_path / "bad.tar.gz", drop), None)


def test_without_a_prometheus_here_nothing_counts_as_verified(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "find_prometheus", lambda: None)
    with pytest.raises(NoScratchError, match="nothing can be compared without a Prometheus"):
        verify(archive, None)
    manifest, left = restore(archive, tmp_path / "home", None)
    assert "nothing can be compared" in left
    assert rows_of(tmp_path / "home" / "vitrine.db") == manifest.tables


def test_an_encrypted_backup_opens_with_its_key_alone(stack: Stack, tmp_path: Path) -> None:
    key = new_key()
    code, out, err = stack.backup(tmp_path / "b", BACKUP_KEY=key)
    assert (code, err) == (0, ""), out
    (sealed,) = (tmp_path / "b").iterdir()
    assert sealed.name.endswith(".tar.gz.age")
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert (stack.service.home / "secret").read_bytes() not in sealed.read_bytes()
    assert set(verify(sealed, key).tiers) == {"prometheus", "long-term"}
    with pytest.raises(KeyRefusedError, match="BACKUP_KEY does not open it"):
        verify(sealed, new_key())


def test_dashboards_come_from_the_api_before_where_the_new_one_does_not_have_them(
    stack: Stack, tmp_path: Path
) -> None:
    without = ("--without", "prometheus", "--without", "long-term", "--without", "alertmanager")
    stack.grafana.unconverted = ("own-one",)
    for new_api in (True, False):
        stack.grafana.new_api = new_api
        code, out, err = stack.backup(tmp_path / str(new_api), *without)
        assert (code, err) == (0, ""), out
        assert re.search(r"^long-term +left out: as asked$", out, re.MULTILINE)
        (archive,) = (tmp_path / str(new_api)).iterdir()
        with tarfile.open(archive) as tar:
            for uid in stack.grafana.uids:
                found = json.load(tar.extractfile(f"home/grafana/{uid}.json"))  # type: ignore[arg-type]
                assert found == {**dashboard(uid), "uid": uid}
            old = json.load(tar.extractfile("home/grafana/folders/old.json"))  # type: ignore[arg-type]
            assert (old["title"], old["parentUid"], old["dashboards"]) == (
                "Old",
                "team",
                ["own-one"],
            )
    stack.grafana.new_api, stack.grafana.unconverted = True, ()


def test_a_new_key_is_all_that_is_printed() -> None:
    done = CliRunner().invoke(main, ["backup", "--new-key"])
    assert (done.exit_code, done.stderr) == (0, "")
    check_key(done.stdout.strip())


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (("--prometheus", "http://127.0.0.1:1"), {}, "leave it out with --without prometheus"),
        (("--long-term", "http://127.0.0.1:1"), {}, "leave it out with --without long-term"),
        (("--grafana", "http://127.0.0.1:1"), {}, "leave it out with --without grafana"),
        (("--alertmanager", "http://127.0.0.1:1"), {}, "out with --without alertmanager"),
        (("--prometheus-data", "/nowhere"), {}, "cannot be read from here"),
        (("--site", "semicomplete"), {}, "belongs to the site 'portfolio', not to 'semicomplete'"),
        (("--without", "grafana"), {"BACKUP_KEY": "a password"}, "BACKUP_KEY is no key of age"),
        (("--home", "/nowhere"), {}, "there is no home at /nowhere"),
    ],
)
def test_what_cannot_be_backed_up_is_one_line_and_no_archive(
    stack: Stack, tmp_path: Path, words: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    parts = ["--prometheus", stack.prometheus.url, "--grafana", stack.grafana.url]
    home = ["--home", str(stack.service.home)]
    command = ["backup", str(tmp_path / "b"), *home, *parts, *words]
    done = CliRunner().invoke(main, command, prog_name="vitrine", env=env)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not list(tmp_path.iterdir())


def test_whoever_ends_it_finds_nothing_left_behind(stack: Stack, tmp_path: Path) -> None:
    snapshots = stack.service.home / "prometheus" / "data" / "snapshots"
    parts = ("--prometheus", stack.prometheus.url, "--without", "grafana")
    words = ("backup", tmp_path / "b", "--home", stack.service.home, *parts)
    running_one = subprocess.Popen(
        [sys.executable, "-c", STAYS_AT_ITS_SNAPSHOT, *map(str, words)],
        env=environment(TMPDIR=str(tmp_path)),
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: list(snapshots.glob("*")), "a snapshot")
    running_one.terminate()
    assert running_one.wait(WITHIN_S) == 128 + signal.SIGTERM
    assert list(snapshots.iterdir()) == []
    assert [path.name for path in tmp_path.rglob("*")] == ["b"]


def test_a_prometheus_without_its_admin_api_is_told_what_to_be_started_with(
    stack: Stack, tmp_path: Path
) -> None:
    class Closed(Prometheus):
        def command(self) -> list[str]:
            return [word for word in super().command() if word != "--web.enable-admin-api"]

    binary = find_prometheus()
    assert binary is not None
    closed = Closed(binary, tmp_path / "closed", free_port(), "")
    closed.configure("127.0.0.1:1")
    with (
        running(closed, tmp_path / "closed.log"),
        pytest.raises(CannotSnapshotError, match=r"start it with --web\.enable-admin-api"),
    ):
        tier_at("prometheus", closed.url, None, WITHIN_S)


def test_a_part_that_nobody_named_is_left_out_with_what_it_answered(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert CliRunner().invoke(main, ["migrate", "--home", str(home)]).exit_code == 0
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as refusing:  # which answers 501
        url = f"http://127.0.0.1:{refusing.server_port}"
        settings = Settings.load(home=home, alertmanager_url=url, grafana_url="http://127.0.0.1:1")
        settings.model_fields_set.difference_update({"alertmanager_url", "grafana_url"})
        threading.Thread(target=refusing.handle_request, daemon=True).start()
        left = plan_of(settings, ("prometheus", "long-term")).left_out
    assert left["grafana"] == "none runs at http://127.0.0.1:1"
    assert left["alertmanager"].startswith(f"{url}/api/v2/silences answers 501: ")
