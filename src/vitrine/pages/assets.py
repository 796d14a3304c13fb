"""Files that pages load, under addresses that name their content and may be kept for ever."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.pages.route import PageRoute

STATIC = Path(__file__).parent / "static"
ICON = "icon.svg"
FOR_A_DAY = "public, max-age=86400"
FOR_EVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """A body as it is sent, plain or zipped, with the tag that changes when it does."""

    body: bytes
    zipped: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> File:
        tag = blake2b(body, digest_size=6).hexdigest()
        return cls(body, gzip.compress(body, 9, mtime=0), media_type, tag)

    def answer(self, request: Request, cache_control: str) -> Response:
        """Return the file, or that what the browser has is still the same."""
        headers = {
            "Cache-Control": cache_control,
            "ETag": f'W/"{self.tag}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = self.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = self.zipped, "gzip"
        return Response(body, headers=headers, media_type=self.media_type)


class Assets:
    """The files in `static/`, read once."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, File] = {}
        for path in sorted(folder.iterdir()):
            file = File.of(path.read_bytes(), MEDIA_TYPES[path.suffix])
            named = f"{path.stem}.{file.tag}{path.suffix}"
            self._files[named] = file
            self._addresses[path.name] = f"/assets/{named}"

    def address(self, name: str) -> str:
        """Return where a file is; a changed file is elsewhere."""
        return self._addresses[name]

    def router(self) -> APIRouter:
        """Return the route of all of them."""
        router = APIRouter(
            route_class=PageRoute, include_in_schema=False, default_response_class=Response
        )

        @router.get("/assets/{name}", responses={304: {}, 404: {}})
        async def asset(name: str, request: Request) -> Response:
            file = self._files.get(name)
            if file is None:
                raise HTTPException(404, "there is no such file; load its page again")
            return file.answer(request, FOR_EVER)

        @router.get("/favicon.ico", responses={304: {}})
        async def favicon(request: Request) -> Response:
            """Answer what browsers ask for where a page names no icon, such as JSON."""
            icon = self._files[self._addresses[ICON].rpartition("/")[2]]
            return icon.answer(request, FOR_A_DAY)

        return router
