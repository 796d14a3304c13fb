"""A server that speaks as much of Grafana's API as we ask, and misbehaves on command.

There is no Grafana here. What it answers has the form of Grafana's documentation.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.acceptance.pages import served

FOLDERS = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders"
NEW = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards"
NOT_FOUND = (404, {"message": "Not found"})
UNAUTHORIZED = (401, {"message": "Invalid username or password"})


def dashboard(uid: str) -> dict[str, Any]:
    return {"title": uid.title(), "schemaVersion": 39, "panels": [{"id": 1, "title": "é"}]}


def _under(name: str, folder: str) -> dict[str, str]:
    return {name: folder} if folder else {}


def _folder(uid: str, title: str, parent: str) -> dict[str, Any]:
    metadata = {"name": uid, "annotations": _under("grafana.app/folder", parent)}
    return {"metadata": metadata, "spec": {"title": title}}


@dataclass
class Grafana:
    """How it behaves; `tried` are the names and passwords that came."""

    password: str
    new_api: bool = True
    unconverted: tuple[str, ...] = ()
    uids: tuple[str, ...] = ("vitrine-overview", "own-one", "own-two")
    folders: tuple[tuple[str, str, str], ...] = (("team", "Team", ""), ("old", "Old", "team"))
    """Uid, title, and the uid of the folder in which it is; `own-one` is in the second one."""
    expiration: str | None = "2030-01-01T00:00:00Z"
    source_health: str | None = "OK"
    url: str = ""
    tried: list[str] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, list[str]], user: str) -> tuple[int, Any]:
        """Return status and JSON of what is asked by whom (`name:password`)."""
        if path == "/api/health":
            return 200, {"database": "ok", "version": "13.1.3"}
        self.tried.append(user)
        if user != f"admin:{self.password}":
            return UNAUTHORIZED
        if path.startswith("/api/serviceaccounts/"):
            return self._accounts(path)
        if path.startswith("/api/datasources/uid/vitrine") and self.source_health is not None:
            return 200, {"uid": "vitrine", "status": self.source_health}
        if path == FOLDERS and self.new_api:
            return 200, {"metadata": {}, "items": [_folder(*one) for one in self.folders]}
        if path.startswith(NEW) and self.new_api:
            return self._new(path.removeprefix(NEW), query)
        if path.startswith("/api/dashboards/uid/") and path.rpartition("/")[2] in self.uids:
            uid = path.rpartition("/")[2]
            return 200, {
                "dashboard": {"id": 7, "uid": uid, **dashboard(uid)},
                "meta": self._in(uid),
            }
        if path == "/api/search" and query["type"] == ["dash-db"]:
            return 200, [{"uid": uid, "type": "dash-db"} for uid in self.uids]
        if path == "/api/search" and query["type"] == ["dash-folder"]:
            return 200, [
                {"uid": uid, "title": title, "type": "dash-folder", **_under("folderUid", parent)}
                for uid, title, parent in self.folders
            ]
        return (200, {"id": 1, "name": "Main Org."}) if path == "/api/org" else NOT_FOUND

    def _in(self, uid: str) -> dict[str, str]:
        return {"folderUid": "old" if uid == "own-one" else ""}

    def _accounts(self, path: str) -> tuple[int, Any]:
        if path == "/api/serviceaccounts/search":
            return 200, {"totalCount": 1, "serviceAccounts": [{"id": 2, "name": "deploy"}]}
        return 200, [{"id": 1, "name": "ci", "expiration": self.expiration, "hasExpired": False}]

    def _new(self, uid: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        """Answer one at a time, as the list does where there are more than was asked for."""
        if uid:
            name = uid.strip("/")
            status = {"conversion": {"failed": True}} if name in self.unconverted else {}
            folder = _under("grafana.app/folder", self._in(name)["folderUid"])
            metadata = {"name": name, "uid": "another", "annotations": folder}
            return 200, {"metadata": metadata, "spec": dashboard(name), "status": status}
        number = int(query.get("continue", ["0"])[0])
        more = {"continue": str(number + 1)} if number + 1 < len(self.uids) else {}
        items = [{"metadata": {"name": self.uids[number]}}] if self.uids else []
        return 200, {"metadata": more, "items": items}


@contextmanager
def grafana(password: str) -> Iterator[Grafana]:
    """Give one that listens until the block ends."""
    found = Grafana(password)

    def answer(path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        asked = urlsplit(path)
        scheme, _, word = headers.get("authorization", "").partition(" ")
        user = b64decode(word).decode() if scheme == "Basic" else ""
        return found.answer(asked.path, parse_qs(asked.query), user)

    with served(answer) as found.url:
        yield found
