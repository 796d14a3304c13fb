"""What Compose and Kubernetes are given, checked by every tool that there is without them.

There is neither a Docker engine nor a cluster, a Grafana or a Prometheus 3 here. So files are
checked by docker-compose 1.29.2, by the schemas of Compose and of Kubernetes, by promtool and
amtool. `test_composed.py` runs Compose's services as processes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose
from compose_spec.models import ComposeSpecification

from tests.acceptance.deployed import FILES, generate, make_secrets
from tests.acceptance.live import environment, vitrine
from tests.acceptance.prometheus import WITHIN_S
from vitrine.catalogue.alert import Severity
from vitrine.monitoring.containers import SECRETS

COMPOSE = "docker-compose.monitoring.yml"
MANIFESTS = sorted(path for path in FILES if path.parent == Path("k8s/monitoring"))
VERSIONS = ("1.25", kubernetes_validate.latest_version())
"""The oldest and the newest cluster whose schemas there are."""
WEBHOOK = "https://hooks.example.com/services/hush"
MAIL = {"ALERT_EMAIL_TO": "owner@example.com", "SMTP_HOST": "mail.example.com"}
LOGIN = {"SMTP_USER": "vitrine", "SMTP_PASSWORD": "hush-hush"}
BEAT = {"VITRINE_HEARTBEAT_URL": "https://beat.example.com/1"}
TOLD = {
    "slack": {"SLACK_WEBHOOK_URL": WEBHOOK},
    "mail": {**MAIL, **LOGIN},
    "all": {"SLACK_WEBHOOK_URL": WEBHOOK, **MAIL, **LOGIN, **BEAT},
}


def run(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a tool that must be installed; return what it did and said."""
    program = shutil.which(str(words[0]))
    assert program is not None, f"these tests need {words[0]}: `make test` installs it"
    return subprocess.run(
        [program, *map(str, words[1:])],
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )


def passes(*words: str | Path, cwd: Path, **env: str) -> str:
    done = run(*words, cwd=cwd, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a repository with what is generated, and nothing personal."""
    return generate(tmp_path / "repository")


def test_docker_compose_reads_the_file_as_the_guide_types_it(root: Path) -> None:
    read = yaml.safe_load(passes("docker-compose", "-f", COMPOSE, "config", cwd=root))
    assert set(read["services"]) == {"prometheus", "long-term", "alertmanager", "grafana"}
    meant = yaml.safe_load(FILES[Path(COMPOSE)])
    for name, service in read["services"].items():
        assert service["image"] == meant["services"][name]["image"]
        assert service.get("command") == meant["services"][name].get("command")


def test_a_setting_of_the_owner_does_not_disturb_docker_compose(root: Path) -> None:
    (root / ".env").write_text("SLACK_CHANNEL=#alerts\nSMTP_PASSWORD=pa$$word${x}\n")
    passes("docker-compose", "-f", COMPOSE, "config", cwd=root)


def test_docker_compose_names_each_secret_that_has_not_been_made(root: Path) -> None:
    """With an engine, 1.29.2 warns with these paths, and the engine then refuses the mount."""
    read = yaml.safe_load(passes("docker-compose", "-f", COMPOSE, "config", cwd=root))
    service = yaml.safe_load(passes("docker-compose", "config", cwd=root))
    declared = {**read["secrets"], **service["secrets"]}
    files = {Path(secret["file"]) for secret in declared.values()}
    assert {file.parent for file in files} == {root / SECRETS}
    assert not any(file.exists() for file in files)
    make_secrets(root, **TOLD["slack"])
    assert all(file.is_file() for file in files)
    assert {file.name for file in files} == {path.name for path in (root / SECRETS).iterdir()}


def test_the_schema_of_compose_takes_the_file_and_knows_every_key_in_it() -> None:
    text = FILES[Path(COMPOSE)]
    ComposeSpecification.model_validate(yaml.safe_load(text))
    # The library's own reader knows every key, but no `host-gateway`, which engines have.
    read = PyCompose.from_yaml(text.replace("host-gateway", "172.17.0.1"))
    read.validate()
    assert len(read.service_names()) == 4


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_schema_of_kubernetes_takes_every_manifest(path: Path, version: str) -> None:
    for manifest in yaml.safe_load_all(FILES[path]):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_of_kubernetes_takes_the_secrets(tmp_path: Path, version: str) -> None:
    words = ("secrets", "kubernetes", "--home", tmp_path / "home")
    told = {**TOLD["all"], "DATABASE_URL": "postgresql://vitrine:hush@db.example/vitrine"}
    code, out, err = vitrine(*words, stdin=None, **told)
    assert code == 0, err
    for manifest in yaml.safe_load_all(out):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_key_that_kubernetes_does_not_know_is_found_out() -> None:
    manifest = next(yaml.safe_load_all(FILES[Path("k8s/monitoring/long-term.yml")]))
    manifest["dta"] = manifest.pop("data")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


def test_promtool_takes_every_configuration_where_it_is(root: Path) -> None:
    for path in ("prometheus.yml", "deploy/prometheus/long-term.yml"):
        assert "SUCCESS" in passes("promtool", "check", "config", "--syntax-only", path, cwd=root)
    make_secrets(root, **TOLD["slack"])
    said = passes("promtool", "check", "config", "prometheus.yml", cwd=root)
    assert "SUCCESS: 2 rule files found" in said
    assert said.count("rules found") == 2, "a rule file was not looked into"
    passes("promtool", "check", "web-config", "deploy/prometheus/web.yml", cwd=root)


def test_promtool_takes_what_prometheus_finds_in_the_cluster(tmp_path: Path) -> None:
    """The directories that pods project, laid out as they would find them.

    Debian builds its Prometheus without Kubernetes' discovery, so that part is left out here.
    """
    for name in ("prometheus", "long-term"):
        lay_out(name, tmp_path / name)
    path = tmp_path / "prometheus" / "prometheus.yml"
    configuration = yaml.safe_load(path.read_text())
    for scrape in configuration["scrape_configs"][:2]:
        assert scrape.pop("kubernetes_sd_configs")
    path.write_text(yaml.safe_dump(configuration))
    said = passes("promtool", "check", "config", path.name, cwd=path.parent)
    assert "SUCCESS: 2 rule files found" in said
    for name in ("prometheus", "long-term"):
        web = tmp_path / name / "deploy" / "prometheus" / "web.yml"
        passes("promtool", "check", "web-config", web, cwd=tmp_path)
    passes("promtool", "check", "config", web.with_name("long-term.yml"), cwd=tmp_path)


def lay_out(name: str, place: Path) -> None:
    """Write what the pod of a program finds in its directory."""
    manifests = [one for path in MANIFESTS for one in yaml.safe_load_all(FILES[path])]
    maps = {one["metadata"]["name"]: one["data"] for one in manifests if one["kind"] == "ConfigMap"}
    given = {**maps, "prometheus-secrets": {"metrics-token": "a token"}}
    (pod,) = [
        one["spec"]["template"]["spec"]
        for one in manifests
        if (one["kind"], one["metadata"]["name"]) == ("StatefulSet", name)
    ]
    (volume,) = [one for one in pod["volumes"] if "projected" in one]
    for source in volume["projected"]["sources"]:
        ((_, of),) = source.items()
        for item in of["items"]:
            file = place / item["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(given[of["name"]][item["key"]])


def test_promtool_takes_the_rules_of_the_operator(tmp_path: Path) -> None:
    for rule in yaml.safe_load_all(FILES[Path("k8s/operator/prometheus-rules.yml")]):
        file = tmp_path / f"{rule['metadata']['name']}.yml"
        file.write_text(yaml.safe_dump(rule["spec"]))
        assert "SUCCESS" in passes("promtool", "check", "rules", file, cwd=tmp_path)


@pytest.mark.parametrize("told", [None, *TOLD])
def test_amtool_takes_every_configuration_and_each_severity_has_its_receiver(
    root: Path, told: str | None
) -> None:
    """The example at the root, and those that settings make, beside the same template."""
    path = root / "alertmanager.yml"
    if told is not None:
        make_secrets(root, **TOLD[told])
        shutil.copy(root / SECRETS / "alertmanager.yml", path)
    assert "1 templates" in passes("amtool", "check-config", path, cwd=root)
    listened = told in (None, "all")
    for severity, receiver in (
        (Severity.CRITICAL, "people"),
        (Severity.WARNING, "people"),
        (Severity.HEARTBEAT, "heartbeat" if listened else "people"),
    ):
        passes(
            "amtool",
            "config",
            "routes",
            "test",
            f"--config.file={path}",
            f"--verify.receivers={receiver}",
            f"severity={severity}",
            cwd=root,
        )
    for one in yaml.safe_load(path.read_text())["receivers"]:
        assert any(one[kind] for kind in one if kind.endswith("_configs")), "nobody is told"


def test_a_receiver_without_integration_is_what_amtool_would_not_notice(root: Path) -> None:
    """Why the test above looks for itself."""
    (root / "alertmanager.yml").write_text("route: {receiver: a}\nreceivers: [{name: a}]\n")
    passes("amtool", "check-config", "alertmanager.yml", cwd=root)


def test_secrets_never_reach_git(root: Path) -> None:
    make_secrets(root, **TOLD["all"])
    passes("git", "init", "-q", cwd=root)
    passes("git", "add", "--all", cwd=root)
    tracked = passes("git", "ls-files", cwd=root).splitlines()
    assert COMPOSE in tracked
    assert not [path for path in tracked if "secrets/" in path or path.startswith(".vitrine")]
    text = "\n".join((root / path).read_text() for path in tracked)
    for secret in (root / SECRETS).iterdir():
        if secret.suffix != ".yml" and secret.read_text():
            assert secret.read_text() not in text


def test_no_password_that_everybody_knows_is_anywhere() -> None:
    for path, text in FILES.items():
        assert not re.search(
            r"admin_?password\W+admin|admin\s*[/:]\s*admin", text, re.IGNORECASE
        ), path
