"""Manifests for Kubernetes: plain ones, and those of the Prometheus operator apart."""

from vitrine.monitoring.kubernetes.manifests import manifests
from vitrine.monitoring.kubernetes.secrets import kubernetes_secrets

__all__ = ["kubernetes_secrets", "manifests"]
