"""Routes of pages, which answer HEAD as they answer GET: those who check links ask so."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute


class PageRoute(APIRoute):
    """A route that takes HEAD where it takes GET; servers leave the body out."""

    def __init__(self, *place: Any, methods: Any = None, **options: Any) -> None:
        super().__init__(*place, methods={*(methods or ("GET",)), "HEAD"}, **options)
