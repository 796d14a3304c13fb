"""What was generated once, and what others have put beside it."""

from __future__ import annotations

from pathlib import Path

from vitrine.monitoring.leftovers import clear, leftovers
from vitrine.monitoring.reference import MARK
from vitrine.monitoring.yml import head

BOARDS, ARCHIVE = Path("deploy/grafana/dashboards"), Path("deploy/grafana/archive")
PAGES = {Path("docs/runbooks/Here.md"): f"# Here\n\n<!-- {MARK} -->\n", BOARDS / "here.json": "{}"}


def write(root: Path, path: str | Path, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def current(root: Path) -> None:
    for path, text in PAGES.items():
        write(root, path, text)


def test_nothing_is_left_over_where_everything_is_generated(tmp_path: Path) -> None:
    current(tmp_path)
    assert leftovers(PAGES, tmp_path) == ([], [])
    assert leftovers(PAGES, tmp_path / "empty") == ([], [])


def test_a_runbook_of_an_alert_that_is_gone_is_removed(tmp_path: Path) -> None:
    current(tmp_path)
    gone = write(tmp_path, "docs/runbooks/Gone.md", f"# Gone\n\n<!-- {MARK} -->\n")
    old = write(tmp_path, "k8s/monitoring/old.yml", head("of long ago"))
    left = leftovers(PAGES, tmp_path)
    assert left.stale == [Path("docs/runbooks/Gone.md"), Path("k8s/monitoring/old.yml")]
    clear(left, tmp_path)
    assert not gone.exists()
    assert not old.exists()
    assert (tmp_path / "docs/runbooks/Here.md").exists()


def test_what_others_put_there_is_left_alone(tmp_path: Path) -> None:
    current(tmp_path)
    write(tmp_path, "k8s/monitoring/ingress.yml", "kind: Ingress\n")
    write(tmp_path, "docs/runbooks/Ours.md", "# Of our own\n")
    write(tmp_path, "deploy/grafana/own/mine.json", "{}")
    assert leftovers(PAGES, tmp_path) == ([], [])


def test_a_retired_dashboard_is_put_aside_and_not_lost(tmp_path: Path) -> None:
    current(tmp_path)
    write(tmp_path, BOARDS / "gone.json", '{"title": "Gone"}')
    left = leftovers(PAGES, tmp_path)
    assert not left.stale
    assert left.dashboards == [BOARDS / "gone.json"]
    clear(left, tmp_path)
    assert not (tmp_path / BOARDS / "gone.json").exists()
    assert (tmp_path / ARCHIVE / "gone.json").read_text() == '{"title": "Gone"}'
    assert leftovers(PAGES, tmp_path) == ([], [])


def test_a_dashboard_that_is_declared_again_leaves_the_archive(tmp_path: Path) -> None:
    current(tmp_path)
    write(tmp_path, ARCHIVE / "here.json", "{}")
    kept = write(tmp_path, ARCHIVE / "other.json", "{}")
    left = leftovers(PAGES, tmp_path)
    assert left.stale == [ARCHIVE / "here.json"]
    clear(left, tmp_path)
    assert not (tmp_path / ARCHIVE / "here.json").exists()
    assert kept.exists()
