from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dotenv.parser import parse_stream

from vitrine.cli import main
from vitrine.monitoring.yml import head
from vitrine.settings import Settings


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository in which everything has just been generated."""
    found = tmp_path_factory.mktemp("repository")
    assert generate(found).exit_code == 0
    return found


def generate(root: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["generate", "--root", str(root), *words], prog_name="vitrine")


def test_what_is_generated_is_current_and_at_the_root_are_the_guides_files(root: Path) -> None:
    assert generate(root, "--check").exit_code == 0
    for name in ("prometheus.yml", "alertmanager.yml", "docker-compose.monitoring.yml"):
        assert (root / name).read_text().startswith(head().strip())
    assert list((root / "k8s/monitoring").glob("*.yml"))


def test_what_is_no_longer_generated_is_named_and_then_removed_or_put_aside(root: Path) -> None:
    old, board = Path("k8s/monitoring/old.yml"), Path("deploy/grafana/dashboards/old.json")
    (root / old).write_text(head())
    (root / board).write_text("{}")
    result = generate(root, "--check")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{path}: no longer generated; run 'vitrine generate'" for path in (old, board)
    ]
    assert generate(root).stdout.splitlines()[1:] == [
        f"{old}: removed",
        f"{board}: moved to the archive",
    ]
    assert (root / "deploy/grafana/archive/old.json").is_file()
    assert generate(root, "--check").exit_code == 0


def test_a_changed_file_is_not_current(root: Path) -> None:
    (root / "prometheus.yml").write_text("global: {}\n")
    result = generate(root, "--check")
    assert result.exit_code == 1
    assert result.stderr == "prometheus.yml: not current; run 'vitrine generate'\n"


def test_each_setting_is_a_comment_of_the_example_and_a_row_of_the_reference(root: Path) -> None:
    named = [str(field.alias) for field in Settings.model_fields.values()]
    with (root / ".env.example").open() as file:
        found = [(line.original.string, line.key or line.error) for line in parse_stream(file)]
    assert [text for text, sets in found if sets] == []
    example = (root / ".env.example").read_text()
    assert re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE) == named
    table = (root / "docs/reference/settings.md").read_text().partition("| --- |")[2]
    rows = table.splitlines()[1:]
    assert [row.split("`")[1] for row in rows] == named
    assert all(row.startswith("| `") and row.endswith(" |") for row in rows)
