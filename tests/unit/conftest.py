"""What a unit test gives to what is well."""

from __future__ import annotations

import pytest

from vitrine.telemetry.logs import writer


@pytest.fixture(autouse=True)
def _a_log_is_written_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service gives up a stream after two seconds; a busy machine may need more."""
    monkeypatch.setattr(writer, "CLOSE_S", 60.0)
