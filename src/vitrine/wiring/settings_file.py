"""Settings as a file of the kind of `.env`, from which secrets are left out."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from vitrine.settings import Settings

OF_A_PLACE = frozenset({"home", "site", "secrets_dir"})
"""What a restored home is told anew."""
_PLAIN = re.compile(r"[\w./:,+-]*")


class SettingsFile(NamedTuple):
    """What was set: the text of the file, the names in it, and those of the secrets left out."""

    text: str
    names: tuple[str, ...]
    secrets: tuple[str, ...]


def settings_file(settings: Settings) -> SettingsFile:
    """Return what is set in a file that can become the `.env` of a restored home."""
    fields = type(settings).model_fields.items()
    values = {
        str(one.alias): getattr(settings, name)
        for name, one in fields
        if name in settings.model_fields_set - OF_A_PLACE and getattr(settings, name) is not None
    }
    secrets = tuple(name for name, value in values.items() if _is_secret(value))
    shown = {name: _text(value) for name, value in values.items() if name not in secrets}
    lines = [f"{name}={_quoted(text)}" for name, text in shown.items()]
    lines += [f"# {name} was set: a secret, left out" for name in secrets]
    return SettingsFile("".join(f"{line}\n" for line in lines), tuple(shown), secrets)


def _is_secret(value: Any) -> bool:
    """Return whether a value is a secret, or an address with a password in it."""
    return isinstance(value, SecretStr) or (
        isinstance(value, str) and "@" in urlsplit(value).netloc
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
