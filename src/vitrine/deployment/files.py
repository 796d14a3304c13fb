"""Everything that runs the service in containers, by its path in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from vitrine.deployment.compose import SERVICE_FILE, service_yml
from vitrine.deployment.kubernetes import manifests
from vitrine.monitoring.links import LOCAL, Links

EXAMPLE = "https://vitrine.example.com"
"""Where a service in a cluster is reached, unless said otherwise."""


def service_files(links: Links = LOCAL) -> Mapping[Path, str]:
    """Return every file; `links` say under which address people reach the service."""
    public = EXAMPLE if links == LOCAL else links.public_url
    host = urlsplit(public).hostname or ""
    return {SERVICE_FILE: service_yml(), **manifests(public, host)}
