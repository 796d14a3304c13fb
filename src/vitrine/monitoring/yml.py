"""YAML as we write it: marked as generated, with notes on top, texts as they stand in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from vitrine.monitoring.reference import MARK

BARE_MARK = MARK.replace("`", "")
WIDE = 1_000
"""Expressions stay on one line, as a person would look for them."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Repeat what is the same: a reader shall not have to look for an anchor."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def head(*notes: str) -> str:
    """Return the comment that every generated file begins with, and what to know of this one."""
    lines = [BARE_MARK, *(("", *notes) if notes else ())]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + ("\n" if notes else "")


def documents(*contents: Mapping[str, Any]) -> str:
    """Return one YAML document after the other."""
    return "---\n".join(
        yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=WIDE, allow_unicode=True)
        for content in contents
    )
