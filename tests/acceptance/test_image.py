"""The Dockerfile, step by step on this machine: there is no Docker engine here.

What it copies is in the repository and past `.dockerignore`; its first stage builds the wheel,
and what is installed of that runs, with nothing but the wheel's own files, as somebody who may
not write where it is installed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from packaging.requirements import Requirement

from tests.acceptance.live import ONCE, environment
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine import __version__
from vitrine.deployment.image import BACKUPS_AT, HOME_AT, IMAGE, PORT, SERVE, USER, asks
from vitrine.operations.server import free_port

REPOSITORY = Path(__file__).parents[2]
USES = re.compile(r"^(\S+)\s+(.*)$", re.DOTALL)


class Step(NamedTuple):
    """One instruction of a Dockerfile, of the stage with this number."""

    stage: int
    word: str
    rest: str


def steps() -> list[Step]:
    text = re.sub(r"^#.*\n", "", (REPOSITORY / "Dockerfile").read_text(), flags=re.MULTILINE)
    found, stage = [], -1
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if parts := USES.match(line):
            stage += parts[1] == "FROM"
            found.append(Step(stage, parts[1], parts[2]))
    return found


STEPS = steps()


def of(word: str, stage: int = 1) -> list[str]:
    return [step.rest for step in STEPS if (step.word, step.stage) == (word, stage)]


def copied() -> list[str]:
    """Return what the first stage copies out of the repository."""
    return [name for rest in of("COPY", 0) for name in shlex.split(rest)[:-1]]


def test_both_stages_begin_with_the_same_pinned_python() -> None:
    first, second = (of("FROM", stage)[0].removesuffix(" AS build") for stage in (0, 1))
    assert first == second
    assert re.fullmatch(r"docker\.io/library/python:3\.11\.\d+-slim-trixie", first)


def test_the_image_says_what_everything_else_relies_on() -> None:
    assert of("USER") == [f"{USER}:{USER}"]
    assert of("EXPOSE") == [str(PORT)]
    assert of("STOPSIGNAL") == ["SIGTERM"]
    assert of("VOLUME") == of("WORKDIR") == [HOME_AT]
    assert f"VITRINE_HOME={HOME_AT}" in of("ENV")[0].split()
    (made,) = [line for line in of("RUN") if "install --directory" in line]
    assert f"--owner={USER}" in made
    assert made.split()[-2:] == [HOME_AT, BACKUPS_AT]
    words = ", ".join(f'"{word}"' for word in SERVE)
    assert (of("ENTRYPOINT"), of("CMD")) == (['["vitrine"]'], [f"[{words}]"])
    assert asks(PORT) in of("HEALTHCHECK")[0]
    assert f"docker build -t {IMAGE} ." in (REPOSITORY / "Dockerfile").read_text()


def test_what_is_copied_is_in_the_repository_and_not_ignored() -> None:
    kept = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert "*" in kept
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in copied():
        assert [path for path in tracked if path == name or path.startswith(f"{name}/")], name
        assert f"!{name}" in kept


def test_what_is_installed_is_pinned_to_the_last_dependency() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pinned = {canonical(re.split("==| ", line)[0]) for line in lines if "==" in line}
    due, seen = [Requirement("vitrine")], set[str]()
    while due:
        one = due.pop()
        if str(one) not in seen:
            seen.add(str(one))
            assert canonical(one.name) in pinned | {"vitrine"}, one
            due += [
                needed for needed in map(Requirement, requires(one.name) or ()) if on(needed, one)
            ]


def on(needed: Requirement, by: Requirement) -> bool:
    """Whether one requirement brings another here, by itself or by an extra that it names."""
    marker = needed.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *by.extras))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a fresh venv with the wheel, built from a copy of what the image copies.

    Its dependencies are those of this environment, which the same constraints have chosen.
    """
    root = tmp_path_factory.mktemp("image")
    for name in copied():
        source = REPOSITORY / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root / name)
    (build,) = [line for line in of("RUN", 0)[0].split(" && ") if "pip wheel" in line]
    program = shlex.split(build.replace("/build/dist", str(root / "dist")))
    run([sys.executable, *program[1:]], root)
    (wheel,) = (root / "dist").iterdir()
    venv = root / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", str(venv)], root)
    site = next(venv.glob("lib/python*/site-packages"))
    run(
        [sys.executable, "-m", "pip", "--python", str(venv), "install", "--no-deps", str(wheel)],
        root,
    )
    (site / "dependencies.pth").write_text(f"{distribution('click').locate_file('')}\n")
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    yield venv
    for path in (root, *root.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


def run(words: list[str], cwd: Path) -> str:
    done = subprocess.run(
        words,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
        timeout=5 * WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def as_somebody() -> list[str]:
    """Return what makes of root the user of the image, in a space of its own."""
    mapped = [f"--map-{kind}={USER}" for kind in ("user", "group")]
    return [] if os.geteuid() else ["unshare", "--user", *mapped]


def test_the_wheel_has_every_file_that_the_package_has(installed: Path) -> None:
    def files(root: Path) -> set[str]:
        found = (path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)) for path in found if path.suffix != ".pyc"}

    site = next(installed.glob("lib/python*/site-packages"))
    assert files(site / "vitrine") == files(REPOSITORY / "src" / "vitrine")


def test_what_is_installed_runs_as_somebody_who_may_not_write_there(
    installed: Path, tmp_path: Path
) -> None:
    program = [*as_somebody(), str(installed / "bin" / "python"), "-m", "vitrine"]
    assert __version__ in run([*program, "--version"], tmp_path)
    port, log = free_port(), tmp_path / "log"
    words = [*program, *SERVE[:-1], "127.0.0.1", "--port", str(port)]
    env = environment(VITRINE_HOME=str(tmp_path / "home"), PYTHONDONTWRITEBYTECODE="1")
    with log.open("wb") as out:
        process = subprocess.Popen(words, cwd=tmp_path, env=env, stdout=out, stderr=out)
    try:
        wait_for(lambda: process.poll() is not None or answers(port), "an answer")
        assert process.poll() is None, log.read_text()
        run([sys.executable, "-c", asks(PORT).replace(str(PORT), str(port))], tmp_path)
        for path in ("/ready", "/", "/de/", "/visitor", "/vitrine.js", "/console/login"):
            answer = ONCE.get(f"http://127.0.0.1:{port}{path}")
            assert answer.status_code == 200, path
    finally:
        process.terminate()
        assert process.wait(WITHIN_S) == 0, log.read_text()
    _check_downgrade(program, tmp_path / "home")


def _check_downgrade(program: list[str], home: Path) -> None:
    """After a newer version has changed the schema, this one says so and changes nothing."""
    database = home / "vitrine.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = database.read_bytes()
    for command in ("migrate", "serve"):
        done = subprocess.run(
            [*program, command, "--home", str(home)],
            cwd=home,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        assert done.returncode != 0
        assert "newer" in done.stderr
        assert "Traceback" not in done.stderr
    assert database.read_bytes() == before


def answers(port: int) -> bool:
    try:
        return ONCE.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.HTTPError:
        return False


def test_the_version_of_the_image_is_the_one_of_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert f"vitrine:{project.get('version', __version__)}" == IMAGE
