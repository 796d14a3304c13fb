"""What docs/security.md calls safe from the start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.service import Parts
from vitrine.cli.serve import command as serve
from vitrine.settings import Settings, SettingsError

SECRETS = ("secret", "admin-token", "metrics-token", "admin-password")


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings of a machine on which nobody has set anything."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    settings = Settings.load()
    settings.make_home()
    return settings


def made(settings: Settings) -> tuple[str, ...]:
    return (
        settings.key().decode(),
        settings.kept_secret("admin-token"),
        settings.token_for_metrics(),
        settings.password(),
    )


def test_it_listens_on_loopback() -> None:
    host = next(option for option in serve.params if option.name == "host")
    assert host.default == "127.0.0.1"


def test_every_secret_is_made_by_itself_and_kept_from_others(
    fresh: Settings, tmp_path: Path
) -> None:
    first = made(fresh)
    assert made(fresh) == first
    assert len(set(first)) == len(SECRETS)
    assert all(len(secret) >= 20 for secret in first)
    assert fresh.home.stat().st_mode & 0o777 == 0o700
    assert {(fresh.home / name).stat().st_mode & 0o777 for name in SECRETS} == {0o600}
    other = Settings.load(home=tmp_path / "another")
    other.make_home()
    assert not set(made(other)) & set(first)


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("VITRINE_SECRET", "fifteen letters"),
        ("VITRINE_METRICS_TOKEN", "fifteen letters"),
        ("VITRINE_ADMIN_PASSWORD", "letters"),
    ],
)
def test_a_weak_secret_of_ones_own_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, weak: str
) -> None:
    monkeypatch.setenv(name, weak)
    with pytest.raises(SettingsError, match=name):
        Settings.load()


def test_no_proxy_is_trusted_no_model_is_asked_and_nobody_is_told_outside(
    fresh: Settings,
) -> None:
    assert fresh.trusted_proxies == ()
    asked = (fresh.gemini_api_key, fresh.deepseek_api_key, fresh.openai_compatible_base_url)
    told = (fresh.slack_webhook_url, fresh.alert_email_to, fresh.heartbeat_url)
    assert not any((*asked, *told))


def test_a_forwarding_header_that_nobody_vouches_for_changes_nothing() -> None:
    parts = Parts()

    async def status(**headers: str) -> int:
        local = {"peer": "127.0.0.1", "host": "localhost"}
        return (await parts.client.call("GET", "/metrics", **local, **headers)).status  # type: ignore[arg-type]

    assert asyncio.run(status()) == 200
    assert asyncio.run(status(x_forwarded_for="127.0.0.1")) == 401


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_frameworks_pages_of_documentation_are_off(path: str) -> None:
    assert (await Parts().client.call("GET", path)).status == 404


async def test_a_page_of_another_origin_may_neither_send_nor_read() -> None:
    event = {"event_name": "download_resume", "user_pseudo_id": "ada"}
    sent = await Parts().client.post(event, origin="https://evil.example")
    assert sent.status == 403
    read = await Parts().client.ask("ada", origin="https://evil.example")
    assert "access-control-allow-origin" not in read.headers
