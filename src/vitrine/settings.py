"""Settings: environment, `.env` or files, read once, checked at once; secrets print as stars."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from vitrine.adapters.database.postgres.address import FORM, SCHEMES, Address
from vitrine.adapters.setting_files import APART, SettingFiles
from vitrine.catalogue import limits
from vitrine.domain.failure import Failure
from vitrine.domain.limit import Bounds
from vitrine.domain.period import Period

SHORTEST_KEY, LONGEST_KEY = 16, 64
"""Bytes of a key of BLAKE2b; shorter ones could be guessed."""

SHORTEST_ACCOUNT_KEY = 32
"""Characters: 128 bits in hexadecimal."""

LEGIBLE = "abcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for one another: 5 bits each."""

ELSEWHERE = ("redis_url", "secret", "log_dir", "cloudwatch_log_group")
"""Settings that say where real data are, or go; they say nothing of a home that is kept apart."""

SQLITE = "sqlite:///"

Network = IPv4Network | IPv6Network
Listed = Annotated[tuple[str, ...], NoDecode]
Networks = Annotated[tuple[Network, ...], NoDecode]
Periods = Annotated[tuple[Period, ...], NoDecode]


def _random() -> str:
    return secrets.token_urlsafe(32)


def _typeable() -> str:
    """Return 100 random bits that a person can type from one screen into another."""
    return "-".join("".join(secrets.choice(LEGIBLE) for _ in range(5)) for _ in range(4))


def _of(limit: limits.Limit) -> Any:
    """Return the setting of a limit, under the name, default and meaning that it declares."""
    return Field(limit.per_minute, alias=limit.setting, ge=1, description=limit.meaning)


class SettingsError(Failure):
    """A setting cannot be used; the message names it and says what to do."""


class Settings(BaseSettings):
    """Everything that an owner may set, with its unit in the name where it has one."""

    # By alias alone: by name, `home` would be read from the shell's own HOME.
    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    home: Path = Field(Path(".vitrine"), alias="VITRINE_HOME")
    """Where data and secrets live."""
    secrets_dir: Path | None = Field(None, alias="VITRINE_SECRETS_DIR")
    """A directory of files: what is in `DATABASE_URL` there is that setting, if nothing else is."""
    site: str = Field("portfolio", alias="VITRINE_SITE")
    """A site file, or the name of a shipped site."""
    database_url: SecretStr | None = Field(None, alias="DATABASE_URL")
    """Where the database is: `sqlite:///PATH` (by default `vitrine.db` in the home), or for
    several processes `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, which may have options of
    libpq (`?sslmode=verify-full&sslrootcert=FILE`) or `host=DIRECTORY` of a socket."""
    simulated_database_url: SecretStr | None = Field(None, alias="VITRINE_SIMULATED_DATABASE_URL")
    """A PostgreSQL for `vitrine up --workers`, which leaves that of `DATABASE_URL` alone."""
    db_pool_size: int = Field(20, alias="DB_POOL_SIZE", ge=1, le=200)
    """Connections to the database."""
    db_statement_timeout_s: float = Field(10.0, alias="VITRINE_DB_STATEMENT_TIMEOUT_S", ge=0.1)
    """Seconds after which PostgreSQL ends a statement."""
    retention_days: int = Field(395, alias="VITRINE_RETENTION_DAYS", ge=1, le=3_650)
    """Days for which visits and their events are kept, counted from the visit's end."""
    secret: SecretStr | None = Field(None, alias="VITRINE_SECRET")
    """Key of the pseudonyms, 16 to 64 characters; by default generated and kept in the home."""
    account_keys: SecretStr | None = Field(None, alias="VITRINE_ACCOUNT_KEYS")
    """Keys with which your own server signs the ids of its accounts, each of at least 32
    characters, with commas between; the first one also signs for `vitrine sign`."""
    unsigned_ids: Literal["taken", "refused"] = Field("taken", alias="VITRINE_UNSIGNED_IDS")
    """Whether an id without a signature is `taken` at its word or `refused`."""
    metrics_token: SecretStr | None = Field(None, alias="VITRINE_METRICS_TOKEN", min_length=16)
    """Token that `/metrics` asks for; by default generated and kept in the home."""
    admin_password: SecretStr | None = Field(None, alias="VITRINE_ADMIN_PASSWORD", min_length=8)
    """Password of the console; by default generated and kept in the home."""
    admin_token: SecretStr | None = Field(None, alias="VITRINE_ADMIN_TOKEN", min_length=16)
    """Token that `/api/admin` asks for; by default generated and kept in the home."""
    public_url: str = Field("http://127.0.0.1:8000", alias="VITRINE_PUBLIC_URL")
    """Where people reach the service; every link in a message starts with it."""
    prometheus_url: str = Field("http://127.0.0.1:9090", alias="VITRINE_PROMETHEUS_URL")
    """The Prometheus that the console asks."""
    alertmanager_url: str = Field("http://127.0.0.1:9093", alias="VITRINE_ALERTMANAGER_URL")
    """The Alertmanager that the console asks and `vitrine backup` keeps the silences of."""
    grafana_url: str = Field("http://127.0.0.1:3000", alias="GRAFANA_URL")
    """The Grafana that `vitrine doctor` looks at and `vitrine backup` reads."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    log_format: Literal["json", "gcp"] = Field("json", alias="LOG_FORMAT")
    """`json`, or `gcp` with what Google Cloud Logging reads in a line beside."""
    google_cloud_project: str | None = Field(None, alias="GOOGLE_CLOUD_PROJECT")
    """With `LOG_FORMAT=gcp`, the project whose traces lines belong to."""
    log_dir: Path | None = Field(None, alias="LOG_DIR")
    """A directory for log files beside standard output; `service.log` is written there."""
    log_file_bytes: int = Field(10 * 1024 * 1024, alias="LOG_FILE_BYTES", ge=64 * 1024)
    """Bytes after which another log file is begun."""
    log_file_hours: int = Field(24, alias="LOG_FILE_HOURS", ge=1, le=8_784)
    """Hours after which another log file is begun, counted from midnight UTC."""
    log_files: int = Field(10, alias="LOG_FILES", ge=1, le=1_000)
    """Earlier log files that are kept, as `service.log.1` and so on."""
    log_key_days: int = Field(30, alias="VITRINE_LOG_KEY_DAYS", ge=1, le=3_650)
    """Days after the end of an ISO week for which the key to who its log lines name is kept."""
    cloudwatch_log_group: str | None = Field(None, alias="CLOUDWATCH_LOG_GROUP", max_length=512)
    """CloudWatch's log group for the log's lines; needs `vitrine[cloudwatch]`."""
    cloudwatch_log_stream: str = Field(
        "backend-stream", alias="CLOUDWATCH_LOG_STREAM", min_length=1, max_length=512
    )
    """The log stream in that group."""
    cloudwatch_endpoint_url: str | None = Field(None, alias="CLOUDWATCH_ENDPOINT_URL")
    """Where CloudWatch Logs is, if not at AWS's own address of the region."""
    trusted_proxies: Networks = Field((), alias="VITRINE_TRUSTED_PROXIES")
    """Networks whose `X-Forwarded-For` is believed, with commas between."""
    owner_ids: Listed = Field((), alias="VITRINE_OWNER_IDS")
    """Visitor ids whose visits are left out, with commas between."""
    owner_addresses: Networks = Field((), alias="VITRINE_OWNER_ADDRESSES")
    """Networks whose visits are left out, with commas between."""
    holdout_share: float = Field(0.1, alias="VITRINE_HOLDOUT_SHARE", ge=0, le=0.5)
    """Share of the visitors who always see the default page."""
    decision_deadline_ms: int = Field(100, alias="VITRINE_DECISION_DEADLINE_MS", ge=1, le=5_000)
    """Milliseconds after which a visitor gets the default page."""
    visitor_events_per_minute: int = _of(limits.VISITOR_EVENTS)
    network_events_per_minute: int = _of(limits.NETWORK_EVENTS)
    site_events_per_minute: int = _of(limits.SITE_EVENTS)
    network_asks_per_minute: int = _of(limits.NETWORK_ASKS)
    network_questions_per_minute: int = _of(limits.NETWORK_QUESTIONS)
    token_requests_per_minute: int = _of(limits.TOKEN_REQUESTS)
    network_wrong_tokens_per_minute: int = _of(limits.NETWORK_WRONG_TOKENS)
    network_logins_per_minute: int = _of(limits.NETWORK_LOGINS)
    site_logins_per_minute: int = _of(limits.SITE_LOGINS)
    cache_entries: int = Field(10_000, alias="VITRINE_CACHE_ENTRIES", ge=1)
    """Entries that the in-process cache may hold."""
    cache_bytes: int = Field(16 * 1024 * 1024, alias="VITRINE_CACHE_BYTES", ge=1_024)
    """Bytes that the in-process cache may hold."""

    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    """A Redis for cache and limits, as `redis://:PASSWORD@HOST:6379/0`; by default the process."""

    gemini_api_key: SecretStr | None = Field(None, alias="GEMINI_API_KEY", min_length=8)
    """Key of Google's Gemini API; without it Gemini is not asked."""
    gemini_base_url: str = Field(
        "https://generativelanguage.googleapis.com", alias="GEMINI_BASE_URL"
    )
    """Where the Gemini API is."""
    gemini_model: str = Field("gemini-3.1-flash-lite", alias="GEMINI_MODEL")
    """Gemini's model."""
    deepseek_api_key: SecretStr | None = Field(None, alias="DEEPSEEK_API_KEY", min_length=8)
    """Key of the DeepSeek API; without it DeepSeek is not asked."""
    deepseek_base_url: str = Field("https://api.deepseek.com", alias="DEEPSEEK_BASE_URL")
    """Where the DeepSeek API is."""
    deepseek_model: str = Field("deepseek-v4-flash", alias="DEEPSEEK_MODEL")
    """DeepSeek's model."""
    openai_compatible_base_url: str | None = Field(None, alias="OPENAI_COMPATIBLE_BASE_URL")
    """Where a server is that speaks OpenAI's chat completions, such as Ollama or vLLM."""
    openai_compatible_model: str | None = Field(None, alias="OPENAI_COMPATIBLE_MODEL")
    """The model that is asked for there."""
    openai_compatible_api_key: SecretStr | None = Field(None, alias="OPENAI_COMPATIBLE_API_KEY")
    """Key of that server, where it wants one."""
    llm_daily_budget_usd: float = Field(1.0, alias="LLM_DAILY_BUDGET_USD", ge=0, le=10_000)
    """US dollars that models may cost in a UTC day; then local rules answer. 0 asks none."""
    llm_deadline_s: float = Field(20.0, alias="VITRINE_LLM_DEADLINE_S", gt=0, le=120)
    """Seconds after which local rules answer, whichever model is still being asked."""
    slack_webhook_url: SecretStr | None = Field(None, alias="SLACK_WEBHOOK_URL")
    """Slack's incoming webhook, where alerts go."""
    slack_channel: str = Field("#alerts", alias="SLACK_CHANNEL")
    """The channel for alerts."""
    alert_email_to: str | None = Field(None, alias="ALERT_EMAIL_TO")
    """The address to which alerts go."""
    alert_email_from: str = Field("vitrine@localhost", alias="ALERT_EMAIL_FROM")
    """The address from which alerts come."""
    smtp_host: str = Field("localhost", alias="SMTP_HOST")
    """The server that takes mail; TLS is required unless it is this machine."""
    smtp_port: int = Field(587, alias="SMTP_PORT", ge=1, le=65_535)
    """Its port."""
    smtp_user: str = Field("", alias="SMTP_USER")
    """The name to log in with, where it wants one."""
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD")
    """The password to that name."""
    reports: Periods = Field((), alias="VITRINE_REPORTS")
    """Reports that are mailed to `ALERT_EMAIL_TO` at 06:00 UTC of their days, with commas between:
    `daily`, `weekly` (Mondays), `monthly` and `quarterly` (the first day)."""
    heartbeat_url: SecretStr | None = Field(None, alias="VITRINE_HEARTBEAT_URL")
    """An outside listener that is called every minute while alerting works."""
    backup_key: SecretStr | None = Field(None, alias="BACKUP_KEY")
    """Key of encrypted backups, an age identity; without it they are not encrypted."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours takes its place
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from: of two that name one, the first counts."""
        return init_settings, env_settings, dotenv_settings, SettingFiles(settings_cls)

    @field_validator("owner_ids", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("reports", mode="before")
    @classmethod
    def _are_periods(cls, value: Any) -> Any:
        named = _parts(value) if isinstance(value, str) else value
        if not set(named) <= set(Period):
            raise ValueError(f"name some of {', '.join(Period)}, with commas between")
        return named

    @field_validator("trusted_proxies", "owner_addresses", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return tuple(map(ip_network, _parts(value))) if isinstance(value, str) else value

    @field_validator("database_url", "simulated_database_url")
    @classmethod
    def _is_a_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(SQLITE):
            url = value.get_secret_value()
            if url.partition("://")[0] not in SCHEMES:
                raise ValueError(f"must be {SQLITE}PATH or {FORM}")
            Address.read(url)
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _names_a_redis(value.get_secret_value()):
            raise ValueError("write redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")
        return value

    @field_validator("secret")
    @classmethod
    def _fits_the_hash(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _fits(value.get_secret_value()):
            raise ValueError(f"must have {SHORTEST_KEY} to {LONGEST_KEY} bytes")
        return value

    @field_validator("account_keys")
    @classmethod
    def _cannot_be_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        keys = _parts(value.get_secret_value()) if value is not None else ()
        if any(len(key) < SHORTEST_ACCOUNT_KEY for key in keys):
            raise ValueError(f"each key must have at least {SHORTEST_ACCOUNT_KEY} characters")
        return value

    @field_validator("public_url", "prometheus_url", "alertmanager_url", "grafana_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Return the settings; what is given (and not `None`) wins over the environment.

        Raises `SettingsError` with one line per setting that cannot be used.
        """
        try:
            found = cls(
                **{
                    str(cls.model_fields[name].alias): value
                    for name, value in given.items()
                    if value is not None
                }
            )
        except ValidationError as problem:
            raise SettingsError("\n".join(map(_line, problem.errors()))) from None
        if not (found.home / APART).exists():
            return found
        return found._apart(found.home).model_copy(
            update={name: getattr(found, name) for name in given if given[name] is not None}
        )

    def keep_apart(self, name: str) -> Self:
        """Make a home of this name inside this one, and return its settings, now and later.

        Its data never mix with real ones, wherever the settings say that those are.
        """
        apart = self._apart(self.home / name)
        apart.make_home()
        (apart.home / APART).touch(mode=0o600)
        return apart

    def _apart(self, home: Path) -> Self:
        left_out = dict.fromkeys(ELSEWHERE)
        own = {
            "home": home,
            "database_url": self.simulated_database_url,
            "reports": (),
            "unsigned_ids": "taken",  # nobody signs for visitors who are made up, or from a log
        }
        return self.model_copy(update={**left_out, **own})

    @property
    def database_path(self) -> Path:
        """Where the embedded database is."""
        if self.database_url is None or self.postgres_url is not None:
            return self.home / "vitrine.db"
        return Path(self.database_url.get_secret_value().removeprefix(SQLITE))

    @property
    def postgres_url(self) -> str | None:
        """Where PostgreSQL is, with its password; `None` for the embedded database."""
        found = None if self.database_url is None else self.database_url.get_secret_value()
        return None if found is None or found.startswith(SQLITE) else found

    def bounds(self, limit: limits.Limit) -> Bounds:
        """Return how much a limit allows."""
        return limit.bounds(getattr(self, limit.field))

    def make_home(self) -> None:
        """Create the home and what is missing above it, for their owner alone.

        Raises `SettingsError` where that cannot be done.
        """
        try:
            for place in (*reversed(self.home.parents), self.home):  # `parents=True` has no mode
                place.mkdir(exist_ok=True, mode=0o700)
        except OSError as problem:
            raise SettingsError(
                f"VITRINE_HOME: cannot create {self.home}: {problem.strerror}"
            ) from None

    def require_home(self) -> None:
        """Raise `SettingsError` where there is no home yet."""
        if self.postgres_url is None and not self.database_path.exists():
            raise SettingsError(f"there is no home at {self.home}; name one with --home")

    def require_key(self) -> None:
        """Raise `SettingsError` where a PostgreSQL's visitors are named by a key not known here.

        A new key would only be another one.
        """
        known = self.secret is not None or self.known_secret("secret") is not None
        if self.postgres_url is not None and not known:
            raise SettingsError(
                f"there is no key in {self.home} to find visitors with: set VITRINE_SECRET to that"
                " of the service, or name its home with --home"
            )

    def without_log_copies(self) -> Self:
        """Return the settings of a service whose lines go to standard output alone."""
        return self.model_copy(update={"log_dir": None, "cloudwatch_log_group": None})

    def key(self) -> bytes:
        """Return the key of the home's pseudonyms: as set, else generated and kept there."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        kept = self.kept_secret("secret")
        if not _fits(kept):
            raise SettingsError(
                f"{self.home / 'secret'}: must have {SHORTEST_KEY} to {LONGEST_KEY} bytes;"
                " restore it from a backup"
            )
        return kept.encode()

    @property
    def keys_of_accounts(self) -> tuple[bytes, ...]:
        """The keys with which the site's own server signs the ids of its accounts."""
        keys = self.account_keys.get_secret_value() if self.account_keys is not None else ""
        return tuple(key.encode() for key in _parts(keys))

    def token_for_metrics(self) -> str:
        """Return the token of `/metrics`: as set, else generated and kept in the home."""
        if self.metrics_token is not None:
            return self.metrics_token.get_secret_value()
        return self.kept_secret("metrics-token")

    def token_for_admin(self) -> str:
        """Return the token of `/api/admin`: as set, else generated and kept in the home."""
        if self.admin_token is not None:
            return self.admin_token.get_secret_value()
        return self.kept_secret("admin-token")

    def password(self) -> str:
        """Return the password of the console: as set, else generated and kept in the home."""
        if self.admin_password is not None:
            return self.admin_password.get_secret_value()
        return self.kept_secret("admin-password", _typeable)

    def kept_secret(self, name: str, make: Callable[[], str] = _random) -> str:
        """Return a random secret that is made on first use and kept in the home, mode 0600."""
        path = self.home / name
        try:
            if not path.exists():
                _make_secret(path, make())
            kept = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "it is no text"
            raise SettingsError(f"{path}: cannot be used: {reason}") from None
        if not kept:
            raise SettingsError(f"{path} is empty; restore it or delete it")
        return kept

    def known_secret(self, name: str) -> str | None:
        """Return a secret that the home keeps already; `None` where there is none to read."""
        try:
            return (self.home / name).read_text().strip() or None
        except (OSError, UnicodeDecodeError):
            return None


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in listed.split(",") if part.strip())


def _names_a_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and port != 0


def _line(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"])
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"


def _make_secret(path: Path, secret: str) -> None:
    """Make the file whole or not at all; the first of two processes wins."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(secret)
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


def _fits(key: str) -> bool:
    return SHORTEST_KEY <= len(key.encode()) <= LONGEST_KEY
