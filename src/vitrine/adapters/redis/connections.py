"""Connections to a Redis, by its address."""

from __future__ import annotations

from typing import Any

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import RedisSSLContext, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

MOST_CONNECTIONS = 16
"""Of one process, whose event loop is busy long before so many commands wait."""


def pool_of(url: str, within_s: float) -> BlockingConnectionPool:
    """Return connections that give up after some seconds, whatever the address says of that.

    Raises `TypeError` or `ValueError` for options that no connection has, and `OSError` for
    certificates that cannot be loaded; connects to nothing yet.
    """
    options: dict[str, Any] = {
        **parse_url(url),
        "max_connections": MOST_CONNECTIONS,
        "timeout": within_s,
        "socket_timeout": within_s,
        "socket_connect_timeout": within_s,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,
        "decode_responses": False,
    }
    pool = BlockingConnectionPool(**options)
    one = pool.connection_class(**pool.connection_kwargs)
    if isinstance(one, SSLConnection):
        one.ssl_context.get()
        pool.connection_class = _sharing(one.ssl_context)
    return pool


def _sharing(loaded: RedisSSLContext) -> type[SSLConnection]:
    """Return connections that share certificates: loading them takes longer than an answer may."""

    class Sharing(SSLConnection):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.ssl_context = loaded

    return Sharing


def place_of(options: dict[str, Any]) -> str:
    """Return where a Redis is, without who asks and by which password."""
    path = options.get("path")
    host, port = options.get("host", "localhost"), options.get("port", 6379)
    return str(path) if path else f"{host}:{port}"
