"""The manifests of the service, read back: whatever one names, another has."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.deployment import kubernetes_secret, service_files
from vitrine.deployment.image import BACK_UP, BACKUPS_AT
from vitrine.deployment.secrets import KEYS, OWN
from vitrine.monitoring.deployment import deployment_files
from vitrine.monitoring.links import Links
from vitrine.settings import Settings

FILES = service_files()
MANIFESTS = {
    path: text
    for path, text in FILES.items()
    if path.parts[0] == "k8s" and path.parts[1] != "adapter" and path.name != "kustomization.yml"
}
Object = dict[str, Any]


def objects() -> Iterator[Object]:
    for text in MANIFESTS.values():
        yield from yaml.safe_load_all(text)


ALL = list(objects())
NAMES = {str(field.alias) for field in Settings.model_fields.values()}
SECRET: Object = yaml.safe_load(
    kubernetes_secret(dict.fromkeys((*OWN, "DATABASE_URL", "REDIS_URL", *KEYS), "a value"))
)


def named(kind: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one for one in ALL if one["kind"] == kind}


def pod_of(workload: Object) -> Object:
    """Return the pod that a workload makes, or is."""
    if workload["kind"] == "Pod":
        return workload
    return dict(workload["spec"].get("jobTemplate", workload)["spec"]["template"])


KINDS = ("Deployment", "Job", "CronJob", "Pod")
PODS = {name: pod_of(one) for kind in KINDS for name, one in named(kind).items()}
EVERY = pytest.mark.parametrize("name", sorted(PODS))


def container(name: str) -> Object:
    (found,) = PODS[name]["spec"]["containers"]
    return dict(found)


def selected(selector: Object) -> set[str]:
    """Return the workloads whose pods a selector takes."""
    wanted = selector.get("matchLabels", selector).items()
    return {name for name, pod in PODS.items() if wanted <= pod["metadata"]["labels"].items()}


def test_every_kind_that_a_service_needs_is_there() -> None:
    assert {one["kind"] for one in ALL} == {
        *("ConfigMap", "CronJob", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job"),
        *("NetworkPolicy", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "Service"),
        "ServiceAccount",
    }
    assert set(PODS) == {
        *("vitrine", "vitrine-worker", "vitrine-migrate", "vitrine-backup", "vitrine-restore")
    }


def test_no_namespace_and_no_secret_is_written_in() -> None:
    assert '"namespace"' not in json.dumps(ALL)
    assert not named("Secret")


@EVERY
def test_each_pod_may_do_little_and_ask_the_cluster_nothing(name: str) -> None:
    pod, may = PODS[name]["spec"], container(name)["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    assert (
        named("ServiceAccount")[pod["serviceAccountName"]]["automountServiceAccountToken"] is False
    )
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert may["readOnlyRootFilesystem"] is True
    assert may["allowPrivilegeEscalation"] is False
    assert may["capabilities"] == {"drop": ["ALL"]}
    assert {"requests", "limits"} == set(container(name)["resources"])


@EVERY
def test_every_volume_and_every_configuration_that_a_pod_names_is_there(name: str) -> None:
    pod, made = PODS[name]["spec"], container(name)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in made["volumeMounts"]} == set(volumes)
    for source in made["envFrom"]:
        assert set(named("ConfigMap")[source["configMapRef"]["name"]]["data"]) <= NAMES
    for source in volumes["secrets"]["projected"]["sources"]:
        assert source["secret"]["name"] == SECRET["metadata"]["name"]
        for item in source["secret"]["items"]:
            assert item["key"] == item["path"]
            assert item["key"] in SECRET["data"]
    (at,) = [mount["mountPath"] for mount in made["volumeMounts"] if mount["name"] == "secrets"]
    assert {"name": "VITRINE_SECRETS_DIR", "value": at} in made["env"]


@EVERY
def test_a_pod_without_what_all_must_share_does_not_start(name: str) -> None:
    """With a secret or a database of its own, it would answer, and wrongly."""
    (volume,) = [one for one in PODS[name]["spec"]["volumes"] if one["name"] == "secrets"]
    must, may = (source["secret"] for source in volume["projected"]["sources"])
    assert {item["key"] for item in must["items"]} == {*OWN, "DATABASE_URL"}
    assert "optional" not in must
    assert may["optional"] is True


def test_every_selector_takes_the_pods_that_it_is_for() -> None:
    for name, deployment in named("Deployment").items():
        assert selected(deployment["spec"]["selector"]) == {name}
    for name, service in named("Service").items():
        assert selected(service["spec"]["selector"]) == {name}
        (port,) = service["spec"]["ports"]
        (opened,) = container(name)["ports"]
        assert port["targetPort"] == opened["name"]
        assert port["port"] == opened["containerPort"]
    (budget,) = named("PodDisruptionBudget").values()
    assert selected(budget["spec"]["selector"]) == {"vitrine"}
    (scaler,) = named("HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] in named("Deployment")
    for spread in PODS["vitrine"]["spec"]["topologySpreadConstraints"]:
        assert selected(spread["labelSelector"]) == {"vitrine"}


def test_a_new_version_takes_over_while_none_is_missing() -> None:
    spec = named("Deployment")["vitrine"]["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    made = container("vitrine")
    assert made["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert made["livenessProbe"]["httpGet"]["path"] == "/health"
    pause = int(made["lifecycle"]["preStop"]["exec"]["command"][1])
    assert PODS["vitrine"]["spec"]["terminationGracePeriodSeconds"] > pause
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert made[probe]["httpGet"]["port"] == made["ports"][0]["name"]


def test_a_backup_and_who_brings_it_back_share_a_claim_and_unpack_in_it() -> None:
    (claim,) = named("PersistentVolumeClaim")
    for name in ("vitrine-backup", "vitrine-restore"):
        made = container(name)
        (at,) = [one["mountPath"] for one in made["volumeMounts"] if one["name"] == "backups"]
        assert at == BACKUPS_AT
        assert {"name": "TMPDIR", "value": at} in made["env"]
        assert {
            "name": "backups",
            "persistentVolumeClaim": {"claimName": claim},
        } in PODS[name]["spec"]["volumes"]
    script = container("vitrine-backup")["args"][0].splitlines()
    assert script[0] == shlex.join(["vitrine", *BACK_UP])
    assert named("CronJob")["vitrine-backup"]["spec"]["concurrencyPolicy"] == "Forbid"


def test_prometheus_discovers_both_behind_services_of_its_jobs_names() -> None:
    text = deployment_files()[Path("k8s/monitoring/prometheus.yml")]
    (found,) = [
        one
        for one in yaml.safe_load_all(text)
        if (one["kind"], one["metadata"]["name"]) == ("ConfigMap", "prometheus")
    ]
    scrapes = yaml.safe_load(found["data"]["prometheus.yml"])["scrape_configs"]
    discovered = [one for one in scrapes if "kubernetes_sd_configs" in one]
    assert [one["job_name"] for one in discovered] == list(named("Service"))
    for scrape in discovered:
        service, port, *_ = scrape["relabel_configs"]
        (opened,) = named("Service")[service["regex"]]["spec"]["ports"]
        assert port["regex"] == f"({opened['name']})?"


def test_the_operator_scrapes_the_service_and_the_worker() -> None:
    (monitor,) = yaml.safe_load_all(deployment_files()[Path("k8s/operator/service-monitor.yml")])
    (wanted,) = monitor["spec"]["selector"]["matchExpressions"]
    taken = [
        name
        for name, one in named("Service").items()
        if one["metadata"]["labels"][wanted["key"]] in wanted["values"]
    ]
    assert (wanted["operator"], taken) == ("In", ["vitrine", "vitrine-worker"])
    (endpoint,) = monitor["spec"]["endpoints"]
    for name in taken:
        assert endpoint["port"] == container(name)["ports"][0]["name"]


def test_the_ingress_leads_to_the_service_with_tls_and_not_inside() -> None:
    (ingress,) = named("Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        (port,) = named("Service")[backend["name"]]["spec"]["ports"]
        assert backend["port"]["name"] == port["name"]
        for inside in ("/metrics", "/api/admin", "/console", "/ready", "/health"):
            below = path["pathType"] == "Prefix" and inside.startswith(path["path"])
            assert not below, f"{path['path']} opens {inside}"
            assert not path["path"].startswith(inside)


def test_nobody_is_reached_or_reaches_whom_no_policy_names() -> None:
    policies = {name: one["spec"] for name, one in named("NetworkPolicy").items()}
    deny = policies["vitrine-deny"]
    assert selected(deny["podSelector"]) == set(PODS)
    assert (deny["ingress"], deny["egress"]) == ([], [])
    assert set(deny["policyTypes"]) == {"Ingress", "Egress"}
    (rule,) = policies["vitrine"]["ingress"]
    callers = [
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]
    ]
    assert callers == ["ingress-nginx", "prometheus"]
    assert "namespaceSelector" in rule["from"][0]
    (rule,) = policies["vitrine-worker"]["ingress"]
    assert len(rule["from"]) == 1
    assert rule["ports"][0]["port"] == container("vitrine-worker")["ports"][0]["containerPort"]
    prometheus, mail = policies["vitrine-worker"]["egress"]
    assert prometheus["to"] == policies["vitrine"]["egress"][0]["to"]
    assert [port["port"] for port in mail["ports"]] == [465, 587]
    opened = {
        port["port"] for rule in policies["vitrine-outside"]["egress"] for port in rule["ports"]
    }
    assert opened == {53, 5432, 6379, 443}
    assert selected(policies["vitrine-outside"]["podSelector"]) == set(PODS)


def test_the_policies_name_the_pods_of_the_monitoring_by_their_labels() -> None:
    pods = [
        one["spec"]["template"]["metadata"]["labels"]
        for path, text in deployment_files().items()
        if path.parent == Path("k8s/monitoring")
        for one in yaml.safe_load_all(text)
        if one["kind"] == "StatefulSet"
    ]
    spec = named("NetworkPolicy")["vitrine"]["spec"]
    named_peers = [
        peer["podSelector"]["matchLabels"] for rule in spec["egress"] for peer in rule["to"]
    ]
    assert len(named_peers) == 2
    for labels in (*named_peers, spec["ingress"][0]["from"][1]["podSelector"]["matchLabels"]):
        assert labels in pods


def test_the_autoscaler_asks_for_what_the_adapter_answers() -> None:
    (scaler,) = named("HorizontalPodAutoscaler").values()
    asked = [
        one["pods"]["metric"]["name"] for one in scaler["spec"]["metrics"] if one["type"] == "Pods"
    ]
    (rule,) = yaml.safe_load(FILES[Path("k8s/adapter/prometheus-adapter.yml")])["rules"]
    assert asked == [rule["name"]["as"]]
    assert scaler["spec"]["minReplicas"] == named("Deployment")["vitrine"]["spec"]["replicas"]


def test_all_pods_together_fit_into_a_postgresql_as_it_comes() -> None:
    """Counted from the manifests: most replicas, those of a roll-out, workers, jobs in passing."""
    config = named("ConfigMap")["vitrine"]["data"]
    a_process = int(config["DB_POOL_SIZE"]) + 1
    (scaler,) = named("HorizontalPodAutoscaler").values()
    surge = named("Deployment")["vitrine"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    one_that_ends = 1
    replicas = scaler["spec"]["maxReplicas"] + surge + one_that_ends
    workers = named("Deployment")["vitrine-worker"]["spec"]["replicas"] + surge
    queue, migration, backup = 5, 1, 3
    held = (replicas + workers) * a_process + workers * queue + migration + backup
    max_connections, for_superusers, for_people = 100, 3, 10
    assert held <= max_connections - for_superusers - for_people
    assert held + replicas + workers > max_connections - for_superusers - for_people


def test_the_list_of_kustomize_is_whole_and_leaves_the_number_to_the_autoscaler() -> None:
    read = yaml.safe_load(FILES[Path("k8s/service/kustomization.yml")])
    beside = {path.name for path in MANIFESTS if path.parent.name == "service"}
    assert set(read["resources"]) == beside
    (image,) = read["images"]
    assert {container(name)["image"] for name in PODS} == {f"{image['name']}:{image['newTag']}"}
    for name in ("migrate", "backup", "restore"):
        other = yaml.safe_load(FILES[Path("k8s", name, "kustomization.yml")])
        beside = {path.name for path in MANIFESTS if path.parent.name == name}
        assert (set(other["resources"]), other["images"]) == (beside, read["images"])
    (patch,) = read["patches"]
    assert json.loads(patch["patch"]) == [{"op": "remove", "path": "/spec/replicas"}]
    assert patch["target"]["name"] in named("Deployment")


def test_a_deployment_of_ones_own_has_its_own_name() -> None:
    files = service_files(Links("https://me.example.org"))
    (ingress,) = yaml.safe_load_all(files[Path("k8s/service/ingress.yml")])
    assert ingress["spec"]["rules"][0]["host"] == "me.example.org"
    config, _ = yaml.safe_load_all(files[Path("k8s/service/config.yml")])
    assert config["data"]["VITRINE_PUBLIC_URL"] == "https://me.example.org"
