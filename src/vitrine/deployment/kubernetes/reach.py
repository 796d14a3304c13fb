"""Who reaches the pods: Services, the Ingress for visitors, and the policies of the network."""

from __future__ import annotations

from vitrine.deployment.image import PORT, WORKER_PORT
from vitrine.deployment.labels import NAME, PART_OF, WORKER, Object, labels, metadata
from vitrine.monitoring.containers import PORTS
from vitrine.monitoring.kubernetes.objects import labels as monitoring_labels
from vitrine.monitoring.prometheus import ALERTMANAGER, PORT_NAME, PROMETHEUS, SERVICE

TLS_SECRET = "vitrine-tls"  # noqa: S105 - the name of an object
CONTROLLER = "ingress-nginx"
"""The namespace and the name of the ingress controller."""
EXACT = (
    *("/", "/resume", "/visitor", "/de/", "/de/resume", "/de/visitor"),
    *("/vitrine.js", "/favicon.ico", "/.well-known/gpc.json"),
)
BELOW = (
    *("/api/events", "/api/personalization", "/api/visitor"),
    *("/assets", "/projects", "/de/projects", "/runbooks"),
)
"""What visitors may ask for, and whoever reads an alert. All else stays inside: `/metrics`, the
admin interface, the console, and what kubelets ask for."""
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
PRIVATE_6 = ("fc00::/7", "fe80::/10")
POSTGRES_PORT, REDIS_PORT, HTTPS = 5432, 6379, 443
MAIL_PORTS = (465, 587)


def service(name: str, port: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, name),
        "spec": {
            "selector": labels(name),
            "ports": [{"name": PORT_NAME, "port": port, "targetPort": PORT_NAME}],
        },
    }


def services() -> list[Object]:
    """Return both; behind the worker's stands its metrics, for Prometheus to discover."""
    return [service(SERVICE, PORT), service(WORKER, WORKER_PORT)]


def ingress(host: str) -> Object:
    """Return what is open to the world, path by path, under one name and with TLS."""
    backend = {"service": {"name": SERVICE, "port": {"name": PORT_NAME}}}
    kinds = {**dict.fromkeys(EXACT, "Exact"), **dict.fromkeys(BELOW, "Prefix")}
    paths = [{"path": path, "pathType": kind, "backend": backend} for path, kind in kinds.items()]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            **metadata(SERVICE, SERVICE),
            "annotations": {
                "nginx.ingress.kubernetes.io/proxy-body-size": "64k",
                "nginx.ingress.kubernetes.io/proxy-read-timeout": "30",
                "nginx.ingress.kubernetes.io/ssl-redirect": "true",
            },
        },
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": [host], "secretName": TLS_SECRET}],
            "rules": [{"host": host, "http": {"paths": paths}}],
        },
    }


def policies() -> list[Object]:
    """Return who may reach whom: nobody, and then whom the pods need."""
    everybody = {"matchLabels": {PART_OF: SERVICE}}
    return [
        _policy("vitrine-deny", everybody, ingress=[], egress=[]),
        _policy(
            SERVICE,
            {"matchLabels": labels(SERVICE)},
            ingress=[_from([_controller(), _pods(PROMETHEUS)], PORT)],
            egress=[_to(PROMETHEUS), _to(ALERTMANAGER)],
        ),
        _policy(
            WORKER,
            {"matchLabels": labels(WORKER)},
            ingress=[_from([_pods(PROMETHEUS)], WORKER_PORT)],
            # What a report is made of, and where it goes.
            egress=[_to(PROMETHEUS), {"ports": [_tcp(port) for port in MAIL_PORTS]}],
        ),
        _policy("vitrine-outside", everybody, egress=_outside()),
    ]


def _outside() -> list[Object]:
    """Return names, the databases wherever they are, and models on the internet."""
    anywhere = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE)}},
        {"ipBlock": {"cidr": "::/0", "except": list(PRIVATE_6)}},
    ]
    return [
        {"ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")]},
        {"ports": [_tcp(POSTGRES_PORT), _tcp(REDIS_PORT)]},
        {"to": anywhere, "ports": [_tcp(HTTPS)]},
    ]


def _policy(
    name: str,
    pods: Object,
    *,
    ingress: list[Object] | None = None,
    egress: list[Object] | None = None,
) -> Object:
    rules = {"Ingress": ingress, "Egress": egress}
    kinds = {kind: given for kind, given in rules.items() if given is not None}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, SERVICE),
        "spec": {
            "podSelector": pods,
            "policyTypes": list(kinds),
            **{kind.lower(): given for kind, given in kinds.items()},
        },
    }


def _from(peers: list[Object], port: int) -> Object:
    return {"from": peers, "ports": [_tcp(port)]}


def _to(name: str) -> Object:
    return {"to": [_pods(name)], "ports": [_tcp(PORTS[name])]}


def _pods(name: str) -> Object:
    return {"podSelector": {"matchLabels": monitoring_labels(name)}}


def _controller() -> Object:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": CONTROLLER}},
        "podSelector": {"matchLabels": {NAME: CONTROLLER}},
    }


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}
