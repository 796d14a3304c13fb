"""`k8s/`, read back: plain objects in any namespace, of pods that may do little."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.monitoring.containers import PORTS
from vitrine.monitoring.deployment import deployment_files

FILES = deployment_files()
MOST_BYTES = 256 * 1024
"""What `kubectl apply` may note of an object on itself."""
PLAIN = {
    "ConfigMap",
    "NetworkPolicy",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
    "StatefulSet",
}
Object = dict[str, Any]


def objects(folder: str) -> Iterator[Object]:
    for path, text in FILES.items():
        if path.parent == Path("k8s") / folder:
            yield from yaml.safe_load_all(text)


ALL = [*objects("monitoring"), *objects("operator")]


def named(kind: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one for one in objects("monitoring") if one["kind"] == kind}


PODS = {name: one["spec"]["template"]["spec"] for name, one in named("StatefulSet").items()}
EVERY = pytest.mark.parametrize("name", sorted(PORTS))


def label(one: Object) -> str:
    return f"{one['kind']}-{one['metadata']['name']}"


def container(name: str) -> Object:
    (found,) = PODS[name]["containers"]
    return dict(found)


def directory(name: str, at: str) -> dict[str, tuple[str, str]]:
    """Return what a pod finds below a mounted directory: path to object and key."""
    (mount,) = [one for one in container(name)["volumeMounts"] if one["mountPath"] == at]
    (volume,) = [one for one in PODS[name]["volumes"] if one["name"] == mount["name"]]
    found: dict[str, tuple[str, str]] = {}
    for source in volume["projected"]["sources"]:
        ((_, of),) = source.items()
        keys = named("ConfigMap").get(of["name"], {}).get("data", {})
        items = of.get("items", [{"key": key, "path": key} for key in keys])
        found |= {item["path"]: (of["name"], item["key"]) for item in items}
    return found


@pytest.mark.parametrize("one", ALL, ids=label)
def test_no_namespace_is_written_in(one: Object) -> None:
    assert '"namespace"' not in json.dumps(one)


def test_the_folder_of_the_guide_has_plain_objects_only() -> None:
    assert {one["kind"] for one in objects("monitoring")} == PLAIN
    assert {one["kind"] for one in objects("operator")} == {"ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("one", ALL, ids=label)
def test_every_object_can_be_applied(one: Object) -> None:
    assert len(json.dumps(one).encode()) < MOST_BYTES


def test_no_two_objects_are_the_same() -> None:
    assert len({label(one) for one in ALL}) == len(ALL)


@EVERY
def test_each_program_is_a_service_of_its_name_and_one_pod_with_a_claim(name: str) -> None:
    service, pods = named("Service")[name]["spec"], named("StatefulSet")[name]["spec"]
    (port,) = service["ports"]
    assert port["port"] == PORTS[name]
    assert service["selector"] == pods["template"]["metadata"]["labels"]
    assert pods["selector"]["matchLabels"] == service["selector"]
    assert pods["replicas"] == 1
    (claim,) = pods["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"]
    (opened,) = container(name)["ports"]
    assert (opened["name"], opened["containerPort"]) == (port["targetPort"], PORTS[name])


@EVERY
def test_each_pod_may_do_little(name: str) -> None:
    pod, may = PODS[name]["securityContext"], container(name)["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["fsGroup"] == pod["runAsGroup"]
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert may == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = container(name)["volumeMounts"]
    assert {one["name"] for one in mounts if not one.get("readOnly")} == {"data", "tmp"}


@EVERY
def test_each_container_is_probed_and_bounded(name: str) -> None:
    found = container(name)
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(found)
    for bound in ("requests", "limits"):
        assert set(found["resources"][bound]) == {"cpu", "memory"}
    assert found["image"].rpartition(":")[2] not in ("", "latest")


def test_only_prometheus_may_ask_the_cluster_and_only_who_is_behind_a_service() -> None:
    asking = [name for name, pod in PODS.items() if pod["automountServiceAccountToken"]]
    assert asking == ["prometheus"]
    (role,) = named("Role").values()
    assert {kind for rule in role["rules"] for kind in rule["resources"]} == {
        "services",
        "pods",
        "endpointslices",
    }
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    (binding,) = named("RoleBinding").values()
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "prometheus"}]
    assert PODS["prometheus"]["serviceAccountName"] == "prometheus"
    assert set(named("ServiceAccount")) == {"prometheus"}


def test_the_pods_of_the_service_are_discovered_as_the_job_of_the_service() -> None:
    text = named("ConfigMap")["prometheus"]["data"]["prometheus.yml"]
    scrapes = {one["job_name"]: one for one in yaml.safe_load(text)["scrape_configs"]}
    others = {"prometheus", "long-term", "alertmanager"}
    assert set(scrapes) == {"vitrine", "vitrine-worker", *others}
    scrape = scrapes["vitrine"]
    assert scrape["kubernetes_sd_configs"] == [
        {"role": "endpointslice", "namespaces": {"own_namespace": True}}
    ]
    service, _, pod, namespace = scrape["relabel_configs"]
    assert (service["action"], service["regex"]) == ("keep", "vitrine")
    assert (pod["target_label"], namespace["target_label"]) == ("instance", "namespace")
    assert scrape["authorization"]["credentials_file"] == "deploy/secrets/metrics-token"


def test_the_cluster_evaluates_the_rules_and_shows_the_dashboards_of_the_repository() -> None:
    maps = named("ConfigMap")
    rules = maps["prometheus-rules"]["data"]
    assert rules == {
        name: FILES[Path("deploy/prometheus/rules") / name]
        for name in ("recording.yml", "alerts.yml")
    }
    found = directory("grafana", "/etc/grafana/dashboards/vitrine")
    shown = {name: maps[of]["data"][key] for name, (of, key) in found.items()}
    files = [Path(f"deploy/grafana/dashboards/{board.uid}.json") for board in DASHBOARDS]
    assert shown == {path.name: FILES[path] for path in files}


def test_each_finds_its_files_below_its_directory_as_in_the_repository() -> None:
    assert directory("prometheus", "/etc/prometheus") == {
        "prometheus.yml": ("prometheus", "prometheus.yml"),
        "deploy/prometheus/web.yml": ("prometheus", "web.yml"),
        "deploy/prometheus/rules/recording.yml": ("prometheus-rules", "recording.yml"),
        "deploy/prometheus/rules/alerts.yml": ("prometheus-rules", "alerts.yml"),
        "deploy/secrets/metrics-token": ("prometheus-secrets", "metrics-token"),
    }
    assert directory("alertmanager", "/etc/alertmanager") == {
        "alertmanager.yml": ("alertmanager-secrets", "alertmanager.yml"),
        "deploy/alertmanager/vitrine.tmpl": ("alertmanager", "vitrine.tmpl"),
        "deploy/secrets/slack-webhook": ("alertmanager-secrets", "slack-webhook"),
        "deploy/secrets/smtp-password": ("alertmanager-secrets", "smtp-password"),
    }
    assert directory("grafana", "/etc/grafana/deploy/secrets") == {
        "grafana-admin-password": ("grafana-secrets", "grafana-admin-password")
    }


@EVERY
def test_every_key_that_a_pod_names_is_in_its_config_map(name: str) -> None:
    maps = named("ConfigMap")
    for volume in PODS[name]["volumes"]:
        for source in volume.get("projected", {}).get("sources", ()):
            ((kind, of),) = source.items()
            if kind == "secret" or of.get("optional"):
                continue
            held = set(maps[of["name"]]["data"])
            assert {item["key"] for item in of.get("items", ())} <= held


def test_folders_that_a_user_may_fill_need_not_be_there() -> None:
    optional = {
        source["configMap"]["name"]
        for volume in PODS["grafana"]["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        if source.get("configMap", {}).get("optional")
    }
    assert optional == {"grafana-own-dashboards", "grafana-archived-dashboards"}


def test_who_may_reach_whom() -> None:
    def callers(policy: Object) -> set[str]:
        return {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
            for rule in policy["spec"]["ingress"]
            for peer in rule["from"]
        }

    policies = named("NetworkPolicy")
    assert {name: callers(policy) for name, policy in policies.items()} == {
        "prometheus": {"grafana", "vitrine", "vitrine-worker"},
        "long-term": {"prometheus"},
        "alertmanager": {"prometheus", "vitrine"},
        "grafana": set(),
    }
    for name, policy in policies.items():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert (
            policy["spec"]["podSelector"]["matchLabels"]
            == named("Service")[name]["spec"]["selector"]
        )
    assert policies["long-term"]["spec"]["egress"] == []
    assert {} not in policies["grafana"]["spec"]["egress"]


def test_the_volume_is_never_full_before_old_data_go() -> None:
    for name in ("prometheus", "long-term"):
        (claim,) = named("StatefulSet")[name]["spec"]["volumeClaimTemplates"]
        room = int(claim["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")) * 2**30
        assert "--storage.tsdb.retention.size=10GB" in container(name)["args"]
        assert 0.8 * room >= 10 * 2**30


def test_a_changed_configuration_starts_its_program_anew() -> None:
    def hashed(name: str) -> str:
        template = named("StatefulSet")[name]["spec"]["template"]
        return str(template["metadata"]["annotations"]["vitrine/config"])

    assert len({hashed(name) for name in PORTS}) == len(PORTS)


def test_the_operator_scrapes_the_same_and_evaluates_the_same_rules() -> None:
    (monitor,) = [one for one in objects("operator") if one["kind"] == "ServiceMonitor"]
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    assert endpoint["authorization"]["credentials"] == {
        "name": "prometheus-secrets",
        "key": "metrics-token",
    }
    rules = [one["spec"] for one in objects("operator") if one["kind"] == "PrometheusRule"]
    assert rules == [
        yaml.safe_load(FILES[Path("deploy/prometheus/rules") / name])
        for name in ("recording.yml", "alerts.yml")
    ]
