"""What a command pays before it does anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vitrine.cli.collector import NEW_OBJECTS

WEB = {"fastapi", "starlette", "jinja2", "granian", "httpx"}


def printed(script: str) -> list[str]:
    """Run a script in a Python of its own, and return the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("module", ["database", "home", "visitors", "models"])
def test_a_command_on_the_database_imports_no_web_framework(module: str) -> None:
    modules = printed(f"import sys, vitrine.wiring.{module}; print(*sys.modules)")
    assert "sqlalchemy" in modules
    assert not WEB.intersection(modules)


def test_the_collector_looks_seldom_in_a_command_and_not_at_its_end() -> None:
    script = (
        "import atexit, gc, sys; sys.argv = ['vitrine', 'sign', '--help'];"
        # What is registered first is called last, after what a command registers.
        "atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count()));"
        "from vitrine.cli import main; main()"
    )
    threshold, frozen = printed(script)[-2:]
    assert int(threshold) == NEW_OBJECTS
    assert int(frozen) > 10_000
