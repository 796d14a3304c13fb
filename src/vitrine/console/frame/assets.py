"""The console's files, under addresses that change with their content.

A browser may keep such a file for good, and never asks again. Plotly's JavaScript comes from
its Python package, which is not imported for it: that would take longer than a page.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

PREFIX = "/console/assets"
OWN = Path(__file__).parents[1] / "assets"
PLOTLY = "plotly.min.js"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_INSERTED = re.compile(rb"createElement\(\"style\"\)")
_WRITTEN = re.compile(rb"\.textContent='((?:[^'\\]|\\.)*)'")
_SEARCHED = 200
"""Bytes behind the element's making in which Plotly says what it writes into it."""


class Asset(NamedTuple):
    """A file as it is sent, zipped once, with its type."""

    body: bytes
    zipped: bytes
    content_type: str


class Assets:
    """Knows each file's address and content; nothing is read before it is asked for."""

    def __init__(self) -> None:
        self._paths = {path.name: path for path in OWN.iterdir()} | {PLOTLY: plotly_path()}
        self._digests: dict[str, str] = {}
        self._ready: dict[str, Asset] = {}
        self._hashes: tuple[str, ...] = ()
        self._reading = asyncio.Lock()

    def url(self, name: str) -> str:
        """Return the address of a file; `KeyError` where there is none such."""
        return f"{PREFIX}/{self._digest(name)}/{name}"

    async def find(self, digest: str, name: str) -> Asset | None:
        """Return the file under an address, or `None` where it is no (longer an) address."""
        if name not in self._paths or digest != self._digest(name):
            return None
        async with self._reading:
            if name not in self._ready:
                self._ready[name] = await asyncio.to_thread(_asset, self._paths[name])
        return self._ready[name]

    async def style_hashes(self) -> tuple[str, ...]:
        """Return what a Content-Security-Policy calls the styles that Plotly writes."""
        if not self._hashes:  # reading megabytes takes longer than an answer may wait
            self._hashes = await asyncio.to_thread(_style_hashes, self._paths[PLOTLY])
            await asyncio.to_thread(self._digest, PLOTLY)
        return self._hashes

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            content = self._paths[name].read_bytes()
            self._digests[name] = hashlib.blake2b(content, digest_size=8).hexdigest()
        return self._digests[name]


@cache
def _style_hashes(path: Path) -> tuple[str, ...]:
    return tuple(_hash(style) for style in inserted_styles(path.read_bytes()))


def plotly_path() -> Path:
    """Return where the Python package of Plotly keeps its JavaScript."""
    package = find_spec("plotly")
    assert package is not None
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "package_data" / PLOTLY


def inserted_styles(script: bytes) -> list[bytes]:
    """Return the text of each style element that a script inserts, in its order.

    One that is given no text at once is filled rule by rule, which a policy lets pass.
    """
    styles = []
    for made in _INSERTED.finditer(script):
        begins = script.find(b".textContent=", made.end(), made.end() + _SEARCHED)
        written = _WRITTEN.match(script, begins) if begins >= 0 else None
        styles.append(re.sub(rb"\\(.)", rb"\1", written[1]) if written else b"")
    return styles


def _hash(style: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, gzip.compress(body, mtime=0), TYPES[path.suffix])
