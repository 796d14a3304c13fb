"""A home in order, without any service."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite.engine import sqlite_engine
from vitrine.operations.doctor.patient import Patient

NOWHERE = "http://127.0.0.1:1"
VISIT = (
    "INSERT INTO visits (visitor, ordinal, started, last, events, features, confidence, held_out,"
    " conversions, converted, bot, burst_started, burst)"
    " VALUES ('v', 1, :at, :at, 1, '{}', 0, 0, 0, 0, 0, 0, 0)"
)


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for name in ("secret", "metrics-token"):
        (home / name).touch(mode=0o600)
        (home / name).write_text("hush")
    engine = sqlite_engine(home / "vitrine.db", 1)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(VISIT), {"at": time.time_ns() // 1_000_000})
    engine.dispose()
    return Patient(home, home / "vitrine.db", NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
