"""Settings from files: what Compose, Kubernetes and systemd make of a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from vitrine.domain.failure import Failure

DIRECTORY = "VITRINE_SECRETS_DIR"
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd says that it has put the credentials of a unit, if any."""
APART = "kept-apart"
"""A file in a home of simulated visitors or a replayed log: its data never mix with real ones."""


class SettingFileError(Failure):
    """A directory or file of settings cannot be read; the message names it."""


class SettingFiles(PydanticBaseSettingsSource):
    """Reads each setting from the file of its name in the directory that `DIRECTORY` names.

    Without it, in systemd's directory of credentials, where there is one. What the environment
    says wins. An empty file sets nothing: Compose wants each file that it mounts to be there.
    pydantic-settings' own source would only warn of what it cannot read.
    """

    def __call__(self) -> dict[str, Any]:
        directory = self._directory()
        if directory is None:
            return {}
        read = {
            str(field.alias): _text(directory / str(field.alias))
            for field in self.settings_cls.model_fields.values()
        }
        return {name: text for name, text in read.items() if text}

    def _directory(self) -> Path | None:
        if named := self.current_state.get(DIRECTORY):
            directory = Path(named)
            if not directory.is_dir():
                raise SettingFileError(f"{DIRECTORY}: there is no directory {directory}")
            return directory
        given = Path(os.environ.get(CREDENTIALS) or os.devnull)
        return given if given.is_dir() else None

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: this source gives all of its values at once."""
        raise NotImplementedError(field_name, field)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no text"
        raise SettingFileError(f"{file.name}: cannot read {file}: {reason}") from None
