"""Manifests of the service itself: pods, who reaches them, and how many there are."""

from vitrine.deployment.kubernetes.manifests import manifests

__all__ = ["manifests"]
