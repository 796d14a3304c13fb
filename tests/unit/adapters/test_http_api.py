from __future__ import annotations

import pytest

from vitrine.adapters.http_api import ApiError, HttpApi, NotThereError, without_password


def test_a_name_and_a_password_in_an_address_are_never_shown() -> None:
    assert without_password("http://ada:hush@prometheus:9090/") == "http://prometheus:9090"
    assert HttpApi("https://ada:hush@example.com/base/").url == "https://example.com/base"


def test_where_nobody_listens_is_one_line_without_the_password() -> None:
    with pytest.raises(NotThereError) as problem:
        HttpApi("http://ada:hush@127.0.0.1:1").ask("/")
    assert str(problem.value) == "nobody listens at http://127.0.0.1:1"


@pytest.mark.parametrize("address", ["http://[", "http://a:b:c", "ftp://127.0.0.1"])
def test_what_is_no_address_is_one_line(address: str) -> None:
    with pytest.raises(ApiError):
        HttpApi(address).ask("/")
