from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.operations.backup.manifest import DamagedError
from vitrine.operations.backup.seal import KeyRefusedError, is_sealed, new_key, seal, unseal

KEY = new_key()


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    plain = tmp_path / "plain"
    plain.write_bytes(bytes(range(256)) * 1_000)
    path = tmp_path / "sealed"
    seal(plain, path, KEY)
    return path


def test_the_key_opens_what_was_closed_with_it(sealed: Path, tmp_path: Path) -> None:
    assert is_sealed(sealed)
    assert not is_sealed(tmp_path / "plain")
    assert bytes(range(256)) not in sealed.read_bytes()
    unseal(sealed, tmp_path / "opened", KEY)
    assert (tmp_path / "opened").read_bytes() == (tmp_path / "plain").read_bytes()
    for path in (sealed, tmp_path / "opened"):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "is encrypted: set BACKUP_KEY"),
        (new_key(), "BACKUP_KEY does not open it"),
        ("a password", "BACKUP_KEY is no key of age"),
        (KEY[:-1], "BACKUP_KEY is no key of age"),
    ],
    ids=("none", "another", "a password", "cut off"),
)
def test_no_other_key_opens_it(sealed: Path, tmp_path: Path, key: str | None, said: str) -> None:
    with pytest.raises(KeyRefusedError, match=said) as problem:
        unseal(sealed, tmp_path / "opened", key)
    assert key is None or key not in str(problem.value)


def test_what_was_changed_or_cut_off_is_not_opened(sealed: Path, tmp_path: Path) -> None:
    whole = sealed.read_bytes()
    bad = bytearray(whole)
    bad[len(bad) // 2] ^= 1
    for content in (bytes(bad), whole[: len(whole) // 2]):
        sealed.write_bytes(content)
        with pytest.raises(DamagedError, match="is damaged"):
            unseal(sealed, tmp_path / "opened", KEY)
