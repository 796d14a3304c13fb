"""What runs the service itself in containers: Compose, Kubernetes, and their secrets."""

from vitrine.deployment.files import service_files
from vitrine.deployment.secrets import compose_secrets, kubernetes_secret

__all__ = ["compose_secrets", "kubernetes_secret", "service_files"]
