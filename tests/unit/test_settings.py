from __future__ import annotations

import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from vitrine.adapters.setting_files import SettingFileError
from vitrine.domain.period import Period
from vitrine.settings import Settings, SettingsError

NAMES = [str(field.alias) for field in Settings.model_fields.values()]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_everything_has_a_value() -> None:
    settings = Settings.load()
    assert settings.home == Path(".vitrine")
    assert settings.site == "portfolio"
    assert settings.database_path == Path(".vitrine/vitrine.db")
    assert settings.db_pool_size == 20
    assert settings.holdout_share == 0.1


def test_the_shells_home_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("SITE", "other")
    monkeypatch.setenv("SECRET", "x" * 20)
    settings = Settings.load()
    assert (settings.home, settings.site, settings.secret) == (Path(".vitrine"), "portfolio", None)


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("VITRINE_SITE=filed\nDB_POOL_SIZE=3\nLOG_LEVEL=error\n")
    monkeypatch.setenv("VITRINE_SITE", "environment")
    monkeypatch.setenv("DB_POOL_SIZE", "4")
    settings = Settings.load(site="given", home=None)
    assert (settings.site, settings.db_pool_size, settings.log_level) == ("given", 4, "ERROR")
    assert settings.home == Path(".vitrine")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32,")
    monkeypatch.setenv("VITRINE_OWNER_ADDRESSES", "192.0.2.1")
    monkeypatch.setenv("VITRINE_OWNER_IDS", "me, my-phone")
    monkeypatch.setenv("VITRINE_REPORTS", "daily, weekly")
    settings = Settings.load()
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert settings.owner_addresses == (ip_network("192.0.2.1/32"),)
    assert settings.owner_ids == ("me", "my-phone")
    assert settings.reports == (Period.DAILY, Period.WEEKLY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_POOL_SIZE", "0"),
        ("DB_POOL_SIZE", "many"),
        ("DATABASE_URL", "mysql://db.example/vitrine"),
        ("DATABASE_URL", "postgresql://db.example"),
        ("DATABASE_URL", "postgresql://db.example:none/vitrine"),
        ("DATABASE_URL", "postgresql://db.example/vitrine?channel_binding=require"),
        ("DATABASE_URL", "vitrine.db"),
        ("VITRINE_SECRET", "too short"),
        ("VITRINE_SECRET", "x" * 65),
        ("VITRINE_SECRET", "ä" * 40),
        ("LOG_LEVEL", "LOUD"),
        ("VITRINE_TRUSTED_PROXIES", "10.0.0.0/8,everybody"),
        ("VITRINE_OWNER_ADDRESSES", "192.0.2.1/24"),
        ("VITRINE_HOLDOUT_SHARE", "0.6"),
        ("VITRINE_REPORTS", "daily,hourly"),
        ("VITRINE_HOLDOUT_SHARE", "nan"),
        ("VITRINE_HOLDOUT_SHARE", "a tenth"),
        ("VITRINE_DECISION_DEADLINE_MS", "0"),
        ("VITRINE_VISITOR_EVENTS_PER_MINUTE", "0"),
        ("VITRINE_NETWORK_EVENTS_PER_MINUTE", "-1"),
        ("VITRINE_CACHE_ENTRIES", "0"),
        ("VITRINE_CACHE_BYTES", "1"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert "Value error" not in str(refusal.value)
    if name == "VITRINE_SECRET":
        assert value not in str(refusal.value)


def test_all_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "0")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == [
        "DB_POOL_SIZE",
        "LOG_LEVEL",
    ]


def test_secrets_print_as_stars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SECRET", "nobody-may-read-this")
    settings = Settings.load()
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "nobody-may-read-this" not in shown
        assert "****" in shown
    assert settings.key() == b"nobody-may-read-this"


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://:hush@cache.example:6380/2",
        "rediss://user:hush@[::1]:6379",
        "unix:///run/redis.sock",
    ],
)
def test_a_redis_may_stand_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    settings = Settings.load()
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == url
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["cache:6379", "http://:hush@cache", "redis://", "redis://:hush@cache:port", "unix://"]
)
def test_what_is_no_redis_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    said = "REDIS_URL: write redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH"
    assert str(refused.value) == said


def test_what_is_empty_sets_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VITRINE_SITE=filed\nREDIS_URL=\n")
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert Settings.load() == Settings.load(site="filed")
    assert Settings.load().model_fields_set == {"site"}


def test_settings_do_not_change() -> None:
    settings = Settings.load()
    with pytest.raises(ValueError, match="frozen"):
        settings.site = "other"


def test_a_database_may_stand_elsewhere() -> None:
    assert Settings.load(database_url="sqlite:////var/v.db").database_path == Path("/var/v.db")
    assert Settings.load(database_url="sqlite:///v.db").database_path == Path("v.db")


def test_a_home_that_is_kept_apart_has_nothing_of_the_real_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "VITRINE_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://vitrine:word@db/real",
        "REDIS_URL": "redis://cache:6379",
        "VITRINE_SECRET": "a-key-of-real-visitors",
        "LOG_DIR": str(tmp_path / "logs"),
        "CLOUDWATCH_LOG_GROUP": "real",
        "VITRINE_UNSIGNED_IDS": "refused",
    }.items():
        monkeypatch.setenv(name, value)
    real = Settings.load()
    for apart in (real.keep_apart("simulated"), Settings.load(home=tmp_path / "simulated")):
        assert apart.database_path == tmp_path / "simulated" / "vitrine.db"
        assert apart.postgres_url is None
        assert (apart.redis_url, apart.secret) == (None, None)
        assert (apart.log_dir, apart.cloudwatch_log_group) == (None, None)
        assert apart.unsigned_ids == "taken", "or no simulated visitor would be known"
    assert Settings.load().postgres_url == real.postgres_url is not None


def test_what_is_given_holds_for_a_home_that_is_kept_apart_too(tmp_path: Path) -> None:
    home = Settings.load(home=tmp_path).keep_apart("simulated").home
    given = "postgresql://vitrine:word@db/restored"
    assert Settings.load(home=home, database_url=given).postgres_url == given
    assert not [file for file in home.iterdir() if file.stat().st_mode & 0o077]


def test_a_home_that_is_kept_apart_may_have_a_database_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://vitrine:word@db/real")
    monkeypatch.setenv("VITRINE_SIMULATED_DATABASE_URL", "postgresql://vitrine:word@db/made-up")
    apart = Settings.load(home=tmp_path).keep_apart("simulated")
    assert apart.postgres_url == "postgresql://vitrine:word@db/made-up"


def test_the_home_and_what_is_made_above_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path / "home" / "simulated")
    settings.make_home()
    settings.make_home()
    for made in (settings.home, settings.home.parent):
        assert made.stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SettingsError, match=r"^VITRINE_HOME: cannot create .*$"):
            Settings.load(home=home).make_home()


def test_a_kept_secret_is_long_and_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path)
    secret = settings.kept_secret("admin-token")
    assert len(secret) >= 40
    assert (tmp_path / "admin-token").stat().st_mode & 0o777 == 0o600
    assert Settings.load(home=tmp_path).kept_secret("admin-token") == secret
    assert settings.kept_secret("another") != secret
    assert {path.name for path in tmp_path.iterdir()} == {"admin-token", "another"}


def test_processes_that_race_for_a_secret_get_the_same_one(tmp_path: Path) -> None:
    program = (
        "import sys; from vitrine.settings import Settings\n"
        "settings = Settings.load(home=sys.argv[1]); sys.stdin.read(1)\n"
        "print(settings.kept_secret('secret'))"
    )
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in racing:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    found = [process.communicate()[0] for process in racing]
    assert [process.returncode for process in racing] == [0] * 4
    assert len(set(found)) == 1
    assert found[0].strip()


def test_the_loser_of_a_race_takes_the_winners_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings.load(home=tmp_path)
    link = Path.hardlink_to

    def too_late(self: Path, target: Path) -> None:
        self.write_text("the-winner-was-faster")
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", too_late)
    assert settings.kept_secret("secret") == "the-winner-was-faster"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("kept", [b"", b" \n", b"short", b"x" * 65, b"\xff" * 20])
def test_a_kept_key_that_cannot_be_one_is_one_line(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "secret").write_bytes(kept)
    with pytest.raises(SettingsError) as refusal:
        Settings.load(home=tmp_path).key()
    assert str(tmp_path / "secret") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_secret_that_cannot_be_read_or_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(SettingsError, match="directory"):
        Settings.load(home=tmp_path).key()
    with pytest.raises(SettingsError, match="No such file"):
        Settings.load(home=tmp_path / "missing").key()


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a directory of settings, as secrets are mounted."""
    directory = tmp_path / "secrets"
    directory.mkdir()
    monkeypatch.setenv("VITRINE_SECRETS_DIR", str(directory))
    return directory


def test_a_file_of_a_settings_name_sets_it(files: Path) -> None:
    (files / "VITRINE_ADMIN_TOKEN").write_text("hush-hush-hush-hush\n")
    (files / "VITRINE_TRUSTED_PROXIES").write_text("10.0.0.0/8,192.0.2.1")
    settings = Settings.load()
    assert settings.token_for_admin() == "hush-hush-hush-hush"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.0.2.1/32"))
    assert "hush-hush" not in repr(settings)


def test_what_the_environment_says_wins_over_a_file(
    monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    for name in ("VITRINE_SITE", "LOG_LEVEL"):
        (files / name).write_text("filed")
    (files.parent / ".env").write_text("VITRINE_SITE=dotted\n")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    settings = Settings.load()
    assert (settings.site, settings.log_level) == ("dotted", "ERROR")


def test_an_empty_file_and_others_files_set_nothing(files: Path) -> None:
    (files / "GEMINI_API_KEY").write_text("\n")
    (files / "postgres-password").write_text("hush")
    (files / "..data").mkdir()
    assert Settings.load().gemini_api_key is None


def test_a_bad_value_in_a_file_names_the_setting(files: Path) -> None:
    (files / "VITRINE_METRICS_TOKEN").write_text("short")
    with pytest.raises(SettingsError, match=r"^VITRINE_METRICS_TOKEN: "):
        Settings.load()


def test_a_file_that_cannot_be_read_is_one_line_that_names_it(files: Path) -> None:
    (files / "DATABASE_URL").mkdir()
    with pytest.raises(SettingFileError) as refusal:
        Settings.load()
    assert str(refusal.value) == (
        f"DATABASE_URL: cannot read {files / 'DATABASE_URL'}: Is a directory"
    )
    (files / "DATABASE_URL").rmdir()
    (files / "VITRINE_SECRET").write_bytes(b"\xff\xfe" * 10)
    with pytest.raises(SettingFileError, match=r"VITRINE_SECRET: cannot read .*: it is no text"):
        Settings.load()


def test_a_directory_of_settings_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingFileError, match="VITRINE_SECRETS_DIR: there is no directory"):
        Settings.load()


def test_with_every_secret_given_the_home_keeps_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pod has no home that lasts, and its neighbours must know the same."""
    for name in ("SECRET", "METRICS_TOKEN", "ADMIN_PASSWORD", "ADMIN_TOKEN"):
        monkeypatch.setenv(f"VITRINE_{name}", f"the-{name}-of-all")
    settings = Settings.load(home=tmp_path / "home")
    settings.make_home()
    assert settings.key() == b"the-SECRET-of-all"
    assert settings.token_for_metrics() == "the-METRICS_TOKEN-of-all"
    assert settings.password() == "the-ADMIN_PASSWORD-of-all"
    assert settings.token_for_admin() == "the-ADMIN_TOKEN-of-all"
    assert not list(settings.home.iterdir())


def test_credentials_of_a_systemd_unit_are_settings_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "unit"))
    assert Settings.load().admin_token is None
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "VITRINE_ADMIN_TOKEN").write_text("hush-hush-hush-hush")
    assert Settings.load().token_for_admin() == "hush-hush-hush-hush"
