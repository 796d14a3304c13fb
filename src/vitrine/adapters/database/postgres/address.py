"""The address of a PostgreSQL: read as libpq reads it, and told to each driver in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

TIMEOUT = "connect_timeout"
SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg")
FORM = "postgresql://USER:PASSWORD@HOST/DATABASE"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS = (
    *("host", "port", "user", "password", "dbname"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey"),
    *(TIMEOUT, "application_name", "options"),
)
"""What may stand behind the question mark, under libpq's names."""
PORT = 5432


class AddressError(ValueError):
    """It is no address of a PostgreSQL; the message says what to write, and has no password."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a PostgreSQL is: a `host`, or the directory of its socket, and how it is reached.

    `password` and `options`, which may name secrets, are not shown.
    """

    host: str
    port: int
    database: str
    user: str | None
    password: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, url: str) -> Self:
        """Return what an address says; raises `AddressError`."""
        try:
            parts = urlsplit(url)
            said = _options(parts.query)
            host = said.pop("host", _host(parts))
            port = int(said.pop("port", parts.port or PORT))
        except ValueError:
            raise AddressError(f"must be {FORM}") from None
        path = unquote(parts.path.strip("/"))
        database = said.pop("dbname", path)
        if parts.scheme not in SCHEMES or not host or "," in host or not database:
            raise AddressError(f"must be {FORM}, or postgresql:///DATABASE?host=DIRECTORY")
        user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
        user, password = said.pop("user", user), said.pop("password", password)
        _demand_known(said)
        return cls(host, port, database, user, password, said)

    @property
    def place(self) -> str:
        """Where the database is, without what opens it."""
        where = f"[{self.host}]" if ":" in self.host else self.host
        return f"{where}:{self.port}/{self.database}"

    def of(self, database: str) -> Self:
        """Return the address of another database on the same server."""
        return replace(self, database=database)

    @property
    def shown(self) -> str:
        """The whole address as people write it, with stars for its password."""
        password = ":***" if self.password else ""
        who = f"{quote(self.user, safe='')}{password}@" if self.user else ""
        of_socket = {"host": self.host} if self.host.startswith("/") else {}
        where = f"/{self.database}" if of_socket else self.place
        said = urlencode({**of_socket, **self.options}, safe="/", quote_via=quote)
        return f"postgresql://{who}{where}{said and f'?{said}'}"

    def without_password(self) -> Self:
        return replace(self, password=None)

    def by_default(self, **options: str) -> Self:
        """Return it with options where it has none of its own."""
        return replace(self, options={**options, **self.options})

    def for_psycopg(self) -> dict[str, str]:
        """Return it as the arguments of psycopg's `connect`, which are libpq's own."""
        where = {"host": self.host, "port": str(self.port), "dbname": self.database}
        said = {**where, "user": self.user, "password": self.password, **self.options}
        return {name: value for name, value in said.items() if value is not None}

    def for_libpq(self) -> str:
        """Return it as PostgreSQL's own programs read it."""
        said = self.for_psycopg()
        database = quote(said.pop("dbname"), safe="")
        return f"postgresql:///{database}?{urlencode(said, quote_via=quote)}"

    def for_asyncpg(self) -> dict[str, Any]:
        """Return it as the arguments of asyncpg's `connect`, which reads libpq's addresses.

        But of `connect_timeout` it makes a setting of the server, and of the colons of an IPv6
        address a port.
        """
        left = {name: said for name, said in self.options.items() if name != TIMEOUT}
        found: dict[str, Any] = {"host": self.host, "port": self.port}
        if TIMEOUT in self.options:
            found["timeout"] = float(self.options[TIMEOUT])
        return {"dsn": replace(self, options=left).for_libpq(), **found}


def _host(parts: SplitResult) -> str:
    """Return the host, in which the case of letters is kept: it may be a directory."""
    bare = parts.netloc.rpartition("@")[2]
    return parts.hostname or "" if "[" in bare else unquote(bare.partition(":")[0])


def _options(query: str) -> dict[str, str]:
    """Return the options of an address, in which libpq takes a plus for itself."""
    return dict(parse_qsl(query.replace("+", "%2B"), strict_parsing=bool(query)))


def _demand_known(options: Mapping[str, str]) -> None:
    for name, said in options.items():
        if name not in OPTIONS:
            raise AddressError(f"does not know the option {name!r}; it knows {', '.join(OPTIONS)}")
        if name == "sslmode" and said not in SSL_MODES:
            raise AddressError(f"sslmode must be one of {', '.join(SSL_MODES)}")
        if name == TIMEOUT and not (said.isdecimal() and int(said)):
            raise AddressError("connect_timeout must be a number of seconds")
        if name == "sslrootcert" and said == "system":
            raise AddressError(
                "sslrootcert must be a file, such as /etc/ssl/certs/ca-certificates.crt"
            )
