"""What an operator asks of a Grafana: its dashboards, its tokens, its data source, its door.

Dashboards and folders are asked of the API that Grafana 12 brought, and of the one before where
that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from vitrine.adapters.http_api import WITHIN_S, ApiError, HttpApi, RefusedError

ADMIN = "admin"
NEW = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards"
OLD = "/api/dashboards/uid"
FOLDERS = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders"
IN_FOLDER = "grafana.app/folder"
"""The annotation that names the folder in which a dashboard or another folder is."""
PAGE = 500
NOT_HERE = 404
_UID = re.compile(r"[a-zA-Z0-9_-]{1,80}")


class Dashboard(NamedTuple):
    """A dashboard as classic JSON, which a folder of files can provision.

    `folder` is the uid of the folder in which it is; without one, none.
    """

    uid: str
    model: dict[str, Any]
    folder: str


class Folder(NamedTuple):
    """A folder, and the uid of the one in which it is, if any."""

    uid: str
    title: str
    parent: str


class Token(NamedTuple):
    """A token of a service account; `lasting` ones are valid and never end."""

    account: str
    name: str
    lasting: bool


class Grafana:
    """The API of the Grafana at `url`, asked as its administrator where a password is given."""

    def __init__(self, url: str, password: str | None = None, within_s: float = WITHIN_S) -> None:
        self._api = HttpApi(url, (ADMIN, password) if password else None, within_s)
        self._asked_at = url
        self.url = self._api.url

    def version(self) -> str:
        """Return its version; raises `NotThereError` where none runs."""
        return str(_of(self._api.json("/api/health"), "version"))

    def opens_to(self, name: str, password: str) -> bool:
        """Try a name and a password; one failure counts as one of the five that it allows."""
        return HttpApi(self._asked_at, (name, password)).ask("/api/org").is_success

    def dashboards(self) -> Iterator[Dashboard]:
        """Yield each dashboard."""
        for uid in self._uids():
            yield Dashboard(self._fit(uid), *self._model(uid))

    def folders(self) -> Iterator[Folder]:
        """Yield each folder."""
        try:
            found = [
                Folder(one["metadata"]["name"], one["spec"]["title"], _folder_of(one["metadata"]))
                for one in self._listed(FOLDERS)
            ]
        except RefusedError as refused:
            if refused.status != NOT_HERE:
                raise
            found = [
                Folder(one["uid"], one["title"], one.get("folderUid") or "")
                for one in self._searched("dash-folder")
            ]
        yield from (folder._replace(uid=self._fit(folder.uid)) for folder in found)

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens of all service accounts."""
        accounts = self._api.json("/api/serviceaccounts/search", {"perpage": 1_000, "page": 1})
        for account in _of(accounts, "serviceAccounts"):
            for token in self._api.json(f"/api/serviceaccounts/{int(account['id'])}/tokens"):
                lasting = token.get("expiration") is None and not token.get("isRevoked", False)
                yield Token(str(account["name"]), str(token["name"]), lasting)

    def source(self, uid: str) -> str | None:
        """Return what the data source says of its health; `None` where there is none."""
        try:
            self._api.json(f"/api/datasources/uid/{uid}")
            return str(_of(self._api.json(f"/api/datasources/uid/{uid}/health"), "status"))
        except RefusedError as refused:
            if refused.status == NOT_HERE:
                return None
            raise

    def _uids(self) -> list[str]:
        try:
            return [str(one["metadata"]["name"]) for one in self._listed(NEW)]
        except RefusedError as refused:
            if refused.status != NOT_HERE:
                raise
            return [str(one["uid"]) for one in self._searched("dash-db")]

    def _fit(self, uid: str) -> str:
        """Return a uid that can be the name of a file; raises `ApiError` for any other."""
        if not _UID.fullmatch(uid):
            raise ApiError(f"{self.url}: {uid!r} is no uid of a dashboard or folder")
        return uid

    def _listed(self, path: str) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"limit": PAGE}
        while True:
            found = self._api.json(path, asked)
            yield from _of(found, "items") or ()
            more = (found.get("metadata") or {}).get("continue")
            if not more:
                return
            asked["continue"] = more

    def _searched(self, kind: str) -> Iterator[dict[str, Any]]:
        number = 1
        while True:
            asked = {"type": kind, "limit": PAGE, "page": number}
            found = self._api.json("/api/search", asked)
            yield from found
            if len(found) < PAGE:
                return
            number += 1

    def _model(self, uid: str) -> tuple[dict[str, Any], str]:
        """Return a dashboard's JSON and its folder's uid.

        What the new API cannot turn into it, the old one may.
        """
        try:
            found = self._api.json(f"{NEW}/{uid}")
            if not _of(found, "status", {}).get("conversion", {}).get("failed"):
                return {**_of(found, "spec"), "uid": uid}, _folder_of(_of(found, "metadata"))
        except RefusedError as refused:
            if refused.status != NOT_HERE:
                raise
        found = self._api.json(f"{OLD}/{uid}")
        model = dict(_of(found, "dashboard"))
        model.pop("id", None)  # of that Grafana's database, and of no other's
        return model, str(found.get("meta", {}).get("folderUid") or "")


def _folder_of(metadata: dict[str, Any]) -> str:
    return str((metadata.get("annotations") or {}).get(IN_FOLDER) or "")


def _of(answer: Any, name: str, otherwise: Any = None) -> Any:
    """Return a part of an answer; raises `ApiError` where it has none."""
    if not isinstance(answer, dict) or (name not in answer and otherwise is None):
        raise ApiError(f"an answer of Grafana has no {name!r}")
    return answer.get(name) or otherwise
