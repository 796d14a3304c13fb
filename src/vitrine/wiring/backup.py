"""What a backup of a home holds, as the settings and the running parts say."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from vitrine.adapters.alertmanager_api import AlertmanagerApi
from vitrine.adapters.database.sqlite.copy import site_of
from vitrine.adapters.grafana import Grafana
from vitrine.adapters.http_api import ApiError, NotThereError
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.failure import Failure
from vitrine.monitoring.containers import GRAFANA, GRAFANA_PASSWORD
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS
from vitrine.operations.backup import CannotSnapshotError, Plan, Tier, store_of, tier_at
from vitrine.settings import Settings, SettingsError
from vitrine.wiring.database import place_of
from vitrine.wiring.settings_file import SettingsFile, settings_file

PSEUDONYMS = "pseudonyms"
ANSWERS_WITHIN_S = 120.0
AS_ASKED = "as asked"


class PartMissingError(Failure):
    """A part that should be backed up cannot be; the message says how to go on without."""


def plan_of(
    settings: Settings,
    without: Collection[str] = (),
    long_term: str | None = None,
    data: Mapping[str, Path] | None = None,
) -> Plan:
    """Return what is backed up of a home; nothing that should be in it is left out in silence.

    The long-term store is the one that Prometheus writes to, unless another is named. `data`
    says by tier where its data is seen from here, where Prometheus runs in a container.
    """
    settings.require_home()
    if not settings.home.is_dir():
        raise SettingsError(f"there is no home at {settings.home}; name one with --home")
    file = find_site(settings.site)
    site = load_site(file).id
    owner = _site_of(settings)
    if owner not in (None, site):
        raise SettingsError(
            f"{place_of(settings)} belongs to the site {owner!r}, not to {site!r};"
            " name its site with --site"
        )
    left = dict.fromkeys(without, AS_ASKED)
    tiers = _tiers(settings, left, long_term, data or {})
    grafana = None if GRAFANA in left else _grafana(settings, left)
    alertmanager = None if ALERTMANAGER in left else _alertmanager(settings, left)
    kept = settings_file(settings)
    if settings.secret is not None:
        left[PSEUDONYMS] = "VITRINE_SECRET is set outside of the home; keep it yourself"
    return Plan(
        home=settings.home,
        database=settings.database_path,
        site=site,
        site_file=file,
        tiers=tiers,
        grafana=grafana,
        left_out=left,
        postgres=settings.postgres_url,
        owner=owner_of(settings),
        alertmanager=alertmanager,
        settings=kept.text,
        settings_said=_said(kept),
        key=settings.backup_key.get_secret_value() if settings.backup_key else None,
    )


def _said(kept: SettingsFile) -> str:
    without = f"; without the secrets {', '.join(kept.secrets)}" if kept.secrets else ""
    return (", ".join(kept.names) or "all as by default") + without


def _alertmanager(settings: Settings, left: dict[str, str]) -> AlertmanagerApi | None:
    """Return the Alertmanager to ask; where none was named and none runs, it is left out."""
    alertmanager = AlertmanagerApi(settings.alertmanager_url, within_s=ANSWERS_WITHIN_S)
    try:
        alertmanager.silences()
    except ApiError as problem:
        if "alertmanager_url" in settings.model_fields_set:
            raise PartMissingError(
                f"{problem}; or leave it out with --without {ALERTMANAGER}"
            ) from None
        left[ALERTMANAGER] = _why_none(alertmanager.url, problem)
        return None
    return alertmanager


def _why_none(url: str, problem: ApiError) -> str:
    return f"none runs at {url}" if isinstance(problem, NotThereError) else str(problem)


def owner_of(settings: Settings) -> str:
    """Return the mark by which a home's archives are told from others; without its key, none.

    Names of files are seen by more people than files: it is made so slowly that nobody finds a
    key by trying. A home that was restored is the same home.
    """
    given = settings.secret
    key = given.get_secret_value() if given else settings.known_secret("secret")
    if key is None:
        return ""
    return hashlib.scrypt(key.encode(), salt=b"vitrine backup", n=2**14, r=8, p=1, dklen=4).hex()


def _site_of(settings: Settings) -> str | None:
    if settings.postgres_url is None:
        return site_of(settings.database_path)
    from vitrine.adapters.database.postgres.copy import site_in

    return site_in(settings.postgres_url)


def _tiers(
    settings: Settings, left: dict[str, str], store: str | None, data: Mapping[str, Path]
) -> list[Tier]:
    found = []
    if PROMETHEUS not in left:
        first = _tier(PROMETHEUS, settings.prometheus_url, data)
        store = store or store_of(first.prometheus)
        found.append(first)
    if LONG_TERM not in left and store is not None:
        found.append(_tier(LONG_TERM, store, data))
    elif LONG_TERM not in left:
        left[LONG_TERM] = "no Prometheus says that it writes to one"
    return found


def _tier(name: str, url: str, data: Mapping[str, Path]) -> Tier:
    try:
        return tier_at(name, url, data.get(name), ANSWERS_WITHIN_S)
    except (ApiError, CannotSnapshotError) as problem:
        raise PartMissingError(f"{problem}; or leave it out with --without {name}") from None


def _grafana(settings: Settings, left: dict[str, str]) -> Grafana | None:
    """Return the Grafana to ask; where none was named and none runs, it is left out."""
    password = settings.known_secret(GRAFANA_PASSWORD.name)
    grafana = Grafana(settings.grafana_url, password, ANSWERS_WITHIN_S)
    try:
        grafana.version()
    except ApiError as problem:
        if "grafana_url" in settings.model_fields_set:
            raise PartMissingError(f"{problem}; or leave it out with --without {GRAFANA}") from None
        left[GRAFANA] = _why_none(grafana.url, problem)
        return None
    if password is None:
        raise PartMissingError(
            f"{grafana.url} asks for its administrator's password: write it into"
            f" {settings.home / GRAFANA_PASSWORD.name}, or leave it out with --without {GRAFANA}"
        )
    return grafana
