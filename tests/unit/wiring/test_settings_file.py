"""Settings in a file say what was set, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from dotenv import dotenv_values

from vitrine.settings import Settings
from vitrine.wiring.settings_file import settings_file


@pytest.mark.parametrize("channel", ["#alerts", 'it\'s \\ "this" one', "two words", ""])
def test_what_was_set_is_read_again_as_it_was(tmp_path: Path, channel: str) -> None:
    kept = settings_file(
        Settings.load(
            home=tmp_path,
            slack_channel=channel,
            db_pool_size=7,
            trusted_proxies="10.0.0.0/8, 192.168.0.0/16",
            prometheus_url="http://ada:hush@prometheus:9090",
            backup_key="hush-of-backups",
            heartbeat_url="https://beat.example.com/hush",
        )
    )
    (tmp_path / "settings.env").write_text(kept.text)
    assert dotenv_values(tmp_path / "settings.env") == {
        "SLACK_CHANNEL": channel,
        "DB_POOL_SIZE": "7",
        "VITRINE_TRUSTED_PROXIES": "10.0.0.0/8,192.168.0.0/16",
    }
    assert set(kept.secrets) == {"BACKUP_KEY", "VITRINE_HEARTBEAT_URL", "VITRINE_PROMETHEUS_URL"}
    assert "hush" not in kept.text
