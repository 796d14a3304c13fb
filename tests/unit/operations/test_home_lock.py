from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.operations.home_lock import HomeInUseError, hold_home


def test_a_home_is_held_by_one_and_then_by_the_next(tmp_path: Path) -> None:
    with hold_home(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n\n"
        with pytest.raises(HomeInUseError), hold_home(tmp_path):
            pytest.fail("two hold the home")
    with hold_home(tmp_path):
        pass


def test_a_home_in_use_names_the_process_and_what_to_do(tmp_path: Path) -> None:
    said = f"process {os.getpid()}.* already runs on .*--home"
    with hold_home(tmp_path), pytest.raises(HomeInUseError, match=said), hold_home(tmp_path):
        pytest.fail("two hold the home")


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_home(tmp_path):
        raise ZeroDivisionError
    with hold_home(tmp_path):
        pass


def test_a_process_that_was_killed_has_let_go(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from vitrine.operations.home_lock import hold_home\n"
        "with hold_home(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeInUseError, match=str(holder.pid)), hold_home(tmp_path):
            pytest.fail("two hold the home")
        holder.kill()
        holder.wait()
        with hold_home(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n\n"


def test_the_lock_of_a_longer_process_id_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("99999999999999")
    with hold_home(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n\n"


def test_a_home_in_use_says_where_its_service_answers(tmp_path: Path) -> None:
    with (
        hold_home(tmp_path, "http://127.0.0.1:8000"),
        pytest.raises(HomeInUseError) as refusal,
        hold_home(tmp_path),
    ):
        pytest.fail("two hold the home")
    assert refusal.value.url == "http://127.0.0.1:8000"
    assert "http" not in str(refusal.value)
