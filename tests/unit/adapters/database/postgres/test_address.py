"""What an address of a PostgreSQL says, and what its drivers are told."""

from __future__ import annotations

import pytest

from vitrine.adapters.database.postgres.address import Address, AddressError

MANAGED = "postgresql://ann:p%40ss%2B@db.example:6432/vitrine?sslmode=require"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_every_spelling_of_the_scheme_is_the_same(scheme: str) -> None:
    assert Address.read(MANAGED.replace("postgresql", scheme)) == Address.read(MANAGED)


def test_an_address_says_where_and_who_and_how() -> None:
    found = Address.read(MANAGED)
    assert (found.user, found.password, found.place) == ("ann", "p@ss+", "db.example:6432/vitrine")
    assert found.options == {"sslmode": "require"}
    assert "p@ss+" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///vitrine?host=/run/PostgreSQL",
        "postgresql://%2Frun%2FPostgreSQL/vitrine",
        "postgresql://?host=%2Frun%2FPostgreSQL&dbname=vitrine",
    ],
)
def test_a_socket_is_named_by_its_directory(url: str) -> None:
    found = Address.read(url)
    assert (found.place, found.user) == ("/run/PostgreSQL:5432/vitrine", None)


@pytest.mark.parametrize("url", [MANAGED, "postgresql://[::1]/v?options=-c%20work_mem%3D1MB+2"])
def test_what_libpq_is_told_means_the_same(url: str) -> None:
    assert Address.read(Address.read(url).for_libpq()) == Address.read(url)


def test_the_address_wins_over_defaults_and_goes_without_its_password_where_it_is_seen() -> None:
    address = Address.read(f"{MANAGED}&connect_timeout=9")
    told = address.by_default(connect_timeout="3", application_name="vitrine")
    assert told.without_password().for_libpq() == (
        "postgresql:///vitrine?host=db.example&port=6432&user=ann"
        "&connect_timeout=9&application_name=vitrine&sslmode=require"
    )


def test_asyncpg_is_told_how_long_to_wait_in_its_own_way() -> None:
    told = Address.read("postgresql://[::1]/vitrine?connect_timeout=9").for_asyncpg()
    assert (told["host"], told["port"], told["timeout"]) == ("::1", 5432, 9.0)
    assert "connect_timeout" not in told["dsn"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("ssl=require", "does not know the option 'ssl'; it knows host, port, "),
        ("sslmode=yes", "sslmode must be one of disable, allow, "),
        ("connect_timeout=soon", "connect_timeout must be a number of seconds"),
        ("sslrootcert=system", "sslrootcert must be a file, such as /etc/"),
        ("sslmode", "must be postgresql://"),
        ("host=one,other", "must be postgresql://"),
    ],
)
def test_what_not_both_drivers_can_do_is_refused(options: str, said: str) -> None:
    with pytest.raises(AddressError, match=said) as refused:
        Address.read(f"postgresql://ann:hush@db.example/vitrine?{options}")
    assert "hush" not in str(refused.value)
