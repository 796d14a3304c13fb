"""What is generated for containers, laid out as in a repository, with personal files or without."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.acceptance.live import vitrine
from vitrine.deployment import service_files
from vitrine.monitoring.deployment import deployment_files

REPOSITORY = Path(__file__).parents[2]
FILES = {**deployment_files(), **service_files()}


def generate(root: Path) -> Path:
    """Write everything that is generated for containers below `root`, and return it."""
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for name in ("own", "archive"):
        (root / "deploy/grafana" / name).mkdir()
    shutil.copy(REPOSITORY / ".gitignore", root)
    return root


def make_secrets(root: Path, **told: str) -> None:
    """Make the personal files below `root`, in a home of their own."""
    words = ("secrets", "compose", "--root", root, "--home", root / ".vitrine")
    code, _, err = vitrine(*words, stdin=None, **told)
    assert code == 0, err
