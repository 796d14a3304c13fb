"""`docker-compose.monitoring.yml`, read back: who may read, write and reach what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.monitoring.containers import PORTS
from vitrine.monitoring.deployment import deployment_files

FILES = deployment_files()
COMPOSE: dict[str, Any] = yaml.safe_load(FILES[Path("docker-compose.monitoring.yml")])
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPOSITORY = Path(__file__).parents[3]
EVERY = pytest.mark.parametrize("name", sorted(PORTS))


def mounts(name: str) -> list[tuple[str, str, str]]:
    """Return source, target and mode of each mount."""
    parts = [volume.split(":") for volume in SERVICES[name]["volumes"]]
    return [(part[0], part[1], part[2] if len(part) > 2 else "rw") for part in parts]


def test_the_guides_names_are_those_of_services_and_containers() -> None:
    assert set(SERVICES) == {"prometheus", "long-term", "alertmanager", "grafana"}
    assert {name: service["container_name"] for name, service in SERVICES.items()} == {
        name: name for name in SERVICES
    }


@EVERY
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    _, _, version = SERVICES[name]["image"].rpartition(":")
    assert version.removeprefix("v").replace(".", "").isdigit()
    assert version.count(".") == 2


def test_ports_are_open_on_loopback_alone_and_the_long_term_store_has_none() -> None:
    assert {name: service.get("ports") for name, service in SERVICES.items()} == {
        "prometheus": ["127.0.0.1:9090:9090"],
        "long-term": None,
        "alertmanager": ["127.0.0.1:9093:9093"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_only_prometheus_reaches_the_long_term_store() -> None:
    assert [name for name, one in SERVICES.items() if "store" in one["networks"]] == [
        "prometheus",
        "long-term",
    ]
    assert SERVICES["long-term"]["networks"] == ["store"]
    assert COMPOSE["networks"]["store"] == {"internal": True}


@EVERY
def test_each_writes_into_its_named_volume_and_nowhere_else(name: str) -> None:
    written = [(source, target) for source, target, mode in mounts(name) if mode == "rw"]
    assert [source for source, _ in written] == [f"{name}-data"]
    assert f"{name}-data" in COMPOSE["volumes"]
    assert SERVICES[name]["read_only"] is True


@EVERY
def test_what_is_mounted_is_in_the_repository(name: str) -> None:
    for source, _, mode in mounts(name):
        if mode == "ro":
            assert (REPOSITORY / source).exists(), source


@EVERY
def test_each_runs_without_privileges_and_with_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["restart"] == "unless-stopped"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@EVERY
def test_each_is_asked_for_its_health_with_what_its_image_has(name: str) -> None:
    kind, program, option, url = SERVICES[name]["healthcheck"]["test"]
    assert (kind, program, option) == ("CMD", "wget", "-qO-")
    assert url.startswith(f"http://127.0.0.1:{PORTS[name]}/")


def test_each_is_given_the_secrets_that_it_needs_and_no_other() -> None:
    given = {
        name: {secret["source"] for secret in service.get("secrets", ())}
        for name, service in SERVICES.items()
    }
    assert given == {
        "prometheus": {"metrics-token"},
        "long-term": set(),
        "alertmanager": {"alertmanager", "slack-webhook", "smtp-password"},
        "grafana": {"grafana-admin-password"},
    }
    assert set(COMPOSE["secrets"]) == set().union(*given.values())
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./deploy/secrets/")


def test_every_file_that_a_configuration_names_is_where_its_container_has_it() -> None:
    configuration = yaml.safe_load(FILES[Path("prometheus.yml")])
    target = {source: target for source, target, _ in mounts("prometheus")}
    inside = target["./deploy/prometheus"]
    for rules in configuration["rule_files"]:
        assert f"/etc/prometheus/{rules}".startswith(inside)
    (token,) = SERVICES["prometheus"]["secrets"]
    scrape = configuration["scrape_configs"][0]
    assert token["target"] == f"/etc/prometheus/{scrape['authorization']['credentials_file']}"


def test_the_service_is_scraped_with_its_token_and_so_is_each_worker_if_there_is_one() -> None:
    scrapes = yaml.safe_load(FILES[Path("prometheus.yml")])["scrape_configs"]
    (worker,) = [scrape for scrape in scrapes if "dns_sd_configs" in scrape]
    assert worker["job_name"] == "vitrine-worker"
    assert worker["dns_sd_configs"] == [{"names": ["worker"], "type": "A", "port": 8001}]
    assert worker["authorization"] == scrapes[0]["authorization"]
    scrapes.remove(worker)
    assert {scrape["job_name"]: scrape["static_configs"][0]["targets"] for scrape in scrapes} == {
        "vitrine": ["portfolio_backend:8000"],
        "prometheus": ["localhost:9090"],
        "long-term": ["long-term:9091"],
        "alertmanager": ["alertmanager:9093"],
    }
    assert "authorization" in scrapes[0]


def test_a_service_on_the_machine_is_found_by_one_more_file() -> None:
    added = yaml.safe_load(FILES[Path("docker-compose.host.yml")])
    assert added == {
        "services": {"prometheus": {"extra_hosts": ["portfolio_backend:host-gateway"]}}
    }
    assert "extra_hosts" not in SERVICES["prometheus"], "a container of that name would be hidden"


def test_two_weeks_are_kept_in_detail_and_a_year_in_records() -> None:
    raw, records = SERVICES["prometheus"]["command"], SERVICES["long-term"]["command"]
    assert "--storage.tsdb.retention.time=14d" in raw
    assert "--web.enable-admin-api" in raw
    assert "--enable-feature=exemplar-storage" in raw
    assert "--web.enable-remote-write-receiver" not in raw
    assert "--storage.tsdb.retention.time=1y" in records
    assert "--web.enable-remote-write-receiver" in records


def test_grafana_has_a_password_from_a_file_and_tells_nobody_anything() -> None:
    settings = SERVICES["grafana"]["environment"]
    (secret,) = SERVICES["grafana"]["secrets"]
    assert settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] == secret["target"]
    assert "GF_SECURITY_ADMIN_PASSWORD" not in settings
    off = ("AUTH_ANONYMOUS_ENABLED", "USERS_ALLOW_SIGN_UP", "ANALYTICS_REPORTING_ENABLED")
    assert {settings[f"GF_{name}"] for name in off} == {"false"}
    assert all(isinstance(value, str) for value in settings.values())


def test_each_folder_of_grafana_is_mounted_where_its_provider_looks() -> None:
    provided = yaml.safe_load(FILES[Path("deploy/grafana/provisioning/dashboards/vitrine.yml")])
    looked = {one["name"]: one["options"]["path"] for one in provided["providers"]}
    mounted = {target: source for source, target, _ in mounts("grafana")}
    assert {name: mounted[path] for name, path in looked.items()} == {
        "vitrine": "./deploy/grafana/dashboards",
        "own": "./deploy/grafana/own",
        "archive": "./deploy/grafana/archive",
    }
    assert {one["name"]: one["allowUiUpdates"] for one in provided["providers"]} == {
        "vitrine": False,
        "own": True,
        "archive": False,
    }


def test_nothing_of_the_users_own_is_generated() -> None:
    for path in FILES:
        assert not path.is_relative_to("deploy/grafana/own")
        assert not path.is_relative_to("deploy/grafana/archive")
        assert not path.is_relative_to("deploy/secrets")
