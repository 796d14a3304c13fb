"""`docker-compose.yml`, read back: who waits for whom, who may do and reach what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from vitrine.cli.backup import command as backup_command
from vitrine.deployment import compose_secrets, service_files
from vitrine.deployment.image import BACKUPS_AT, POSTGRES_CLIENT, WATCHING
from vitrine.deployment.secrets import KEYS, OWN
from vitrine.monitoring.deployment import deployment_files
from vitrine.settings import Settings

REPOSITORY = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load(service_files()[Path("docker-compose.yml")])
MONITORING: dict[str, Any] = yaml.safe_load(
    deployment_files()[Path("docker-compose.monitoring.yml")]
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("portfolio_backend", "worker", "migrate", "backup")
EVERY = pytest.mark.parametrize("name", sorted(SERVICES))
NAMES = {str(field.alias) for field in Settings.model_fields.values()}


def test_the_guides_name_is_that_of_the_services_container() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis"}
    assert SERVICES["portfolio_backend"]["container_name"] == "portfolio_backend"


def test_nobody_starts_before_the_database_is_migrated() -> None:
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert waits["migrate"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("portfolio_backend", "worker"):
        assert waits[name]["migrate"] == {"condition": "service_completed_successfully"}
        assert waits[name]["redis"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_a_backup_is_made_only_when_it_is_asked_for_and_stays() -> None:
    backup = SERVICES["backup"]
    assert backup["profiles"] == ["backup"]
    assert not [name for name, one in SERVICES.items() if "profiles" in one and name != "backup"]
    assert backup["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    (archives,) = [one for one in backup["volumes"] if one.endswith(f":{BACKUPS_AT}")]
    assert archives.partition(":")[0] in COMPOSE["volumes"]
    # Beside the archive, and in the home the list of who was erased.
    assert backup["command"][:2] == ["backup", BACKUPS_AT]
    assert set(backup["volumes"]) - {archives} == set(SERVICES["portfolio_backend"]["volumes"])


def test_the_server_is_of_the_version_that_the_image_can_back_up() -> None:
    version = SERVICES["postgres"]["image"].rpartition(":")[2]
    assert version.split(".")[0] == str(POSTGRES_CLIENT)
    installed = re.findall(r"postgresql-client-(\d+)", (REPOSITORY / "Dockerfile").read_text())
    assert installed == [str(POSTGRES_CLIENT)]


@EVERY
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    version = SERVICES[name]["image"].rpartition(":")[2].partition("-")[0]
    assert version.replace(".", "").isdigit()
    assert version.count(".") >= 1


def test_only_the_service_has_a_port_and_that_is_on_loopback() -> None:
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {
        "portfolio_backend": ["127.0.0.1:8000:8000"]
    }


def test_nothing_leads_from_the_databases_to_the_outside() -> None:
    assert COMPOSE["networks"]["data"] == {"internal": True}
    for name in ("postgres", "redis", "migrate", "backup"):
        assert SERVICES[name]["networks"] == ["data"]
    for name in ("portfolio_backend", "worker"):
        assert set(SERVICES[name]["networks"]) == {"data", "monitoring"}
    assert "monitoring" in MONITORING["services"]["prometheus"]["networks"]


@EVERY
def test_each_runs_without_privileges_and_with_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert not [at for at in service["tmpfs"] if at not in ("/tmp", *writable(name))]


def writable(name: str) -> tuple[str, ...]:
    others = {"postgres": ("/var/run/postgresql",), "redis": ("/data",), "backup": ()}
    return others.get(name, ("/var/lib/vitrine",))


@EVERY
def test_each_that_stays_is_asked_for_its_health(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in ("migrate", "backup"):
        assert check == {"disable": True}
        return
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_prometheus_scrapes_the_containers_where_they_listen() -> None:
    scrapes = yaml.safe_load(deployment_files()[Path("prometheus.yml")])["scrape_configs"]
    assert scrapes[0]["static_configs"] == [{"targets": ["portfolio_backend:8000"]}]
    assert scrapes[1]["dns_sd_configs"][0]["names"] == ["worker"]
    assert ":8001/" in SERVICES["worker"]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", OURS)
def test_what_the_service_is_given_are_settings(name: str) -> None:
    secrets = {secret["target"] for secret in SERVICES[name]["secrets"]}
    assert secrets == {*OWN, *KEYS, "DATABASE_URL"}
    assert {*secrets, *SERVICES[name]["environment"]} <= {*NAMES, "TMPDIR"}
    assert SERVICES[name]["environment"]["VITRINE_SECRETS_DIR"] == "/run/secrets"


def test_what_is_passed_on_is_by_default_what_the_service_takes_by_default() -> None:
    given = SERVICES["portfolio_backend"]["environment"]
    defaults = {str(field.alias): field.default for field in Settings.model_fields.values()}
    for name, value in given.items():
        if value.startswith("${") and name != "VITRINE_TRUSTED_PROXIES":
            default = defaults[name]
            assert value == f"${{{name}:-{'' if default in ((), None) else default}}}"


def test_a_secret_is_in_a_file_and_in_no_environment() -> None:
    for service in SERVICES.values():
        assert not {*OWN, *KEYS, "DATABASE_URL", "POSTGRES_PASSWORD"} & set(
            service.get("environment", {})
        )
    used = {one["source"] for service in SERVICES.values() for one in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    files = {Path(secret["file"]) for secret in COMPOSE["secrets"].values()}
    assert files == set(compose_secrets({}, "hush"))


def test_the_token_of_prometheus_is_that_of_the_service() -> None:
    for name, secret in MONITORING["secrets"].items():
        assert COMPOSE["secrets"].get(name, secret) == secret
    mounted = {one["target"]: one["source"] for one in SERVICES["portfolio_backend"]["secrets"]}
    assert mounted["VITRINE_METRICS_TOKEN"] == "metrics-token"


def test_the_database_of_the_stack_is_named_with_its_own_password() -> None:
    files = compose_secrets(
        {"DATABASE_URL": "postgresql://elsewhere/v", "VITRINE_SECRET": "s"}, "p"
    )
    assert (
        files[Path("deploy/secrets/DATABASE_URL")] == "postgresql://vitrine:p@postgres:5432/vitrine"
    )
    assert files[Path("deploy/secrets/postgres-password")] == "p"
    assert files[Path("deploy/secrets/GEMINI_API_KEY")] == ""


def test_redis_forgets_what_was_not_asked_for_and_postgres_counts_statements() -> None:
    redis, postgres = SERVICES["redis"]["command"], SERVICES["postgres"]["command"]
    assert redis[redis.index("--maxmemory-policy") + 1] == "allkeys-lru"
    assert "--maxmemory" in redis
    assert "shared_preload_libraries=pg_stat_statements" in postgres


def test_a_backup_of_a_deployment_waits_for_nothing_that_it_cannot_reach() -> None:
    (without,) = (one for one in backup_command.params if one.name == "without")
    assert isinstance(without.type, click.Choice)
    assert set(without.type.choices) == set(WATCHING)
