"""What runs the service in containers and under systemd, checked by the tools that there are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose
from compose_spec.models import ComposeSpecification

from tests.acceptance.deployed import FILES, REPOSITORY, generate
from tests.acceptance.test_deploy import VERSIONS, passes, run
from vitrine.deployment.secrets import DATABASE, KEYS, OWN, REDIS
from vitrine.settings import Settings

OURS = {"portfolio_backend", "worker", "migrate", "backup", "postgres", "redis"}
WATCHING = {"prometheus", "long-term", "alertmanager", "grafana"}
BOTH = ("docker-compose.yml", "docker-compose.monitoring.yml")
MANIFESTS = sorted(
    path
    for path in FILES
    if path.parts[0] == "k8s"
    and path.parts[1] in {"service", "migrate", "backup", "restore"}
    and path.name != "kustomization.yml"
)
UNITS = ("vitrine.service", "vitrine-worker.service")
WORKERS = "vitrine.service.d/workers.conf"
SYSTEMD = REPOSITORY / "deploy" / "systemd"
MOST_EXPOSED = 15
"""Tenths, as `systemd-analyze security` counts: 0 is nothing, 100 is everything."""


def config(root: Path, *files: str, **env: str) -> dict[str, dict[str, dict[str, object]]]:
    named = [word for file in files for word in ("-f", file)]
    read: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(
        passes("docker-compose", *named, "config", cwd=root, **env)
    )
    return read


def test_docker_compose_reads_the_stack_alone_and_with_what_watches_it(tmp_path: Path) -> None:
    root = generate(tmp_path / "repository")
    assert set(config(root, BOTH[0])["services"]) == OURS
    for files in (BOTH, BOTH[::-1]):
        together = config(root, *files)
        assert set(together["services"]) == OURS | WATCHING
        for name in ("portfolio_backend", "worker", "prometheus"):
            assert "monitoring" in str(together["services"][name]["networks"])
        assert "extra_hosts" not in together["services"]["prometheus"]


def test_docker_compose_finds_a_service_on_the_machine_with_one_more_file(tmp_path: Path) -> None:
    root = generate(tmp_path / "repository")
    watching = config(root, BOTH[1], "docker-compose.host.yml")["services"]
    assert watching["prometheus"]["extra_hosts"] == {"portfolio_backend": "host-gateway"}


def test_a_setting_of_the_owner_reaches_the_containers(tmp_path: Path) -> None:
    root = generate(tmp_path / "repository")
    (root / ".env").write_text("VITRINE_PUBLIC_URL=https://me.example.org\n")
    for name in ("portfolio_backend", "worker", "migrate", "backup"):
        given = config(root, BOTH[0])["services"][name]["environment"]
        assert isinstance(given, dict)
        assert given["VITRINE_PUBLIC_URL"] == "https://me.example.org"
        assert given["LOG_LEVEL"] == "INFO"


def test_the_schema_of_compose_takes_the_files_and_knows_every_key_in_them() -> None:
    text = FILES[Path(BOTH[0])]
    ComposeSpecification.model_validate(yaml.safe_load(text))
    read = PyCompose.from_yaml(text)
    read.validate()
    assert set(read.service_names()) == OURS
    added = FILES[Path("docker-compose.host.yml")]
    ComposeSpecification.model_validate(yaml.safe_load(added))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_schema_of_kubernetes_takes_every_manifest(path: Path, version: str) -> None:
    for manifest in yaml.safe_load_all(FILES[path]):
        kubernetes_validate.validate(manifest, version, strict=True)


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Return a unit's sections: each key with all its values, in order."""
    read: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (SYSTEMD / name).read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            read[section] = {}
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            read[section].setdefault(key, []).append(value)
    return read


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_confined_and_is_given_every_secret(name: str) -> None:
    service = unit(name)["Service"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]
    (home,) = service["StateDirectory"]
    assert f"VITRINE_HOME=/var/lib/{home}" in service["Environment"][0]
    given = {one.partition(":")[0] for one in service["LoadCredential"]}
    assert given == {*OWN, DATABASE, REDIS, *KEYS}
    assert int(service["TimeoutStopSec"][0]) >= 30
    command = "worker" if "worker" in name else "serve"
    assert service["ExecStart"] == [f"/opt/vitrine/current/bin/vitrine {command}"]


def test_the_worker_does_not_start_without_what_it_shares_with_the_service() -> None:
    """A credential with a path of its own must be there."""
    given = unit(UNITS[1])["Service"]["LoadCredential"]
    for name in (DATABASE, "VITRINE_SECRET", "VITRINE_METRICS_TOKEN"):
        assert f"{name}:/etc/credstore/{name}" in given
        assert name in unit(UNITS[0])["Service"]["LoadCredential"]
    assert "vitrine.service" in unit(UNITS[1])["Unit"]["After"][0].split()


def test_only_several_processes_are_reloaded_and_they_fit_into_a_postgresql_as_it_comes() -> None:
    """At SIGHUP a service of one process ends, and systemd calls that a clean exit."""
    assert not [name for name in UNITS if "ExecReload" in unit(name)["Service"]]
    several = unit(WORKERS)["Service"]
    assert several["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    emptied, command = several["ExecStart"]
    assert emptied == ""
    assert command.startswith(unit(UNITS[0])["Service"]["ExecStart"][0])
    (pool,) = several["Environment"]
    processes = int(command.rpartition("--workers ")[2]) + 1  # one gets ready before another ends
    worker = int(Settings.model_fields["db_pool_size"].default) + 1 + 5
    held = processes * (int(pool.removeprefix("DB_POOL_SIZE=")) + 1) + worker
    assert held <= 100 - 3 - 10


@pytest.mark.parametrize("name", UNITS)
def test_systemd_knows_every_line_and_finds_little_that_is_open(name: str, tmp_path: Path) -> None:
    text = (SYSTEMD / name).read_text()
    there = tmp_path / name
    program = shutil.which("true") or ""
    there.write_text(text.replace("/opt/vitrine/current/bin/vitrine", program))
    if name == UNITS[0]:
        (tmp_path / WORKERS).parent.mkdir()
        added = (SYSTEMD / WORKERS).read_text()
        (tmp_path / WORKERS).write_text(added.replace("/opt/vitrine/current/bin/vitrine", program))
    done = run("systemd-analyze", "verify", "--man=no", there, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    words = ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", there)
    passes("systemd-analyze", *words, cwd=tmp_path)
