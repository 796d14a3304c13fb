"""Who was erased is nowhere any more, and no backup brings them back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import wait_for
from vitrine.adapters.file_search import holds

PARTS = ("prometheus", "long-term", "grafana", "alertmanager")
ALONE = [word for part in PARTS for word in ("--without", part)]


def visit(service: LiveService, *people: str) -> None:
    with service.client() as client:
        for who in people:
            event = {"event_name": "download_resume", "user_pseudo_id": who}
            client.post("/api/events", json=event).raise_for_status()


def pseudonym(home: Path, who: str) -> str | None:
    """Return what somebody is known under in a home, if at all."""
    code, out, _ = vitrine("export", who, "--home", home)
    return json.loads(out)["visitor"] if code == 0 else None


def in_log(service: LiveService) -> list[str]:
    """Return what stands in the log for ada and for ben."""
    return [line["user_id"] for line in service.said("Segmentation completed for user", 2)]


def back_up(home: Path, into: Path) -> Path:
    code, out, err = vitrine("backup", into, "--home", home, *ALONE)
    assert code == 0, err
    return Path(out.splitlines()[-1].split()[1])


def restored(archive: Path, home: Path, *words: str | Path, since: Path | None = None) -> str:
    current = {} if since is None else {"VITRINE_HOME": str(since)}
    code, out, err = vitrine("restore", archive, "--home", home, *words, stdin=None, **current)
    assert code == 0, err
    return out


def files_with(folder: Path, words: str) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and holds(file, words.encode())]


@pytest.fixture
def known(start_service: Callable[..., LiveService], tmp_path: Path) -> LiveService:
    """Give a service that knows ada and ben, and logs into its home and beside it."""
    service = start_service(LOG_DIR=str(tmp_path / "logs"))
    visit(service, "ada", "ben")
    logs = service.home / "logs"
    logs.mkdir()
    (logs / "service.log").hardlink_to(service.log)
    return service


def test_a_restore_brings_nobody_back_who_was_erased_since(
    known: LiveService, tmp_path: Path
) -> None:
    ada, ben = pseudonym(known.home, "ada"), pseudonym(known.home, "ben")
    assert ada
    assert ben
    ada_in_log, ben_in_log = in_log(known)
    older = back_up(known.home, tmp_path / "backups")
    code, out, err = vitrine("forget", "ada", "--home", known.home)
    assert (code, out) == (0, "erased (visits: 1, events: 1)\n"), err
    for place in (known.home, tmp_path / "logs"):
        assert files_with(place, ada) == files_with(place, ada_in_log) == []
        assert files_with(place, ben_in_log) != []
    assert len(known.lines()) > 1, "the log is still one of whole lines"

    without = tmp_path / "without-the-list"
    out = restored(older, without)
    assert "no list was found at .vitrine/forgotten; name one with --forgotten" in out
    assert pseudonym(without, "ada") == ada, "or there would be nothing to prove"

    home = tmp_path / "restored"
    out = restored(older, home, since=known.home)
    assert (
        f"erased since    {known.home / 'forgotten'}: 1 entry\nerased again    1 visitor\n" in out
    )
    assert pseudonym(home, "ada") is None
    assert pseudonym(home, "ben") == ben
    assert files_with(home, ada) == []

    later = back_up(home, tmp_path / "later")
    again = tmp_path / "restored-of-the-later-one"
    assert "the backup's own: 1 entry" in restored(later, again)
    assert pseudonym(again, "ada") is None
    assert (again / "forgotten").read_text() == (known.home / "forgotten").read_text()
    out = restored(older, tmp_path / "once-more", "--forgotten", again / "forgotten")
    assert "erased again    1 visitor\n" in out


def test_who_comes_again_after_being_erased_is_kept_by_a_later_backup(
    known: LiveService, tmp_path: Path
) -> None:
    vitrine("forget", "ada", "--home", known.home)
    time.sleep(1)  # an archive names the second in which it was begun
    visit(known, "ada")
    home = tmp_path / "restored"
    later = back_up(known.home, tmp_path / "backups")
    out = restored(later, home, since=known.home)
    assert "erased again" not in out
    assert pseudonym(home, "ada") is not None


def test_what_the_console_shows_of_the_log_names_nobody_who_was_erased(
    known: LiveService,
) -> None:
    ada, _ = in_log(known)
    password = (known.home / "admin-password").read_text().strip()
    with known.client() as client:
        page = client.get("/console/login").text
        csrf = page.partition('name="csrf" value="')[2].split('"')[0]
        form = {"password": password, "csrf": csrf}
        client.post("/console/login", data=form, headers={"origin": known.url})
        wait_for(lambda: ada in client.get("/console/logs").text, "her line in the console")
        assert vitrine("forget", "ada", "--home", known.home)[0] == 0
        shown = client.get("/console/logs").text
    assert ada not in shown
    assert "[erased]" in shown
