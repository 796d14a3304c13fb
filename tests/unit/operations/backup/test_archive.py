"""Archives: what goes in comes out, and what was changed on the way does not."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from vitrine.operations.backup.archive import MANIFEST, packing, unpack
from vitrine.operations.backup.manifest import DamagedError, ForeignError, Manifest, read, written

EMPTY = Manifest("0.1.0", "20260101T000000Z", "portfolio", {}, {}, (), {})


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "block" / "chunks").mkdir(parents=True)
    (source / "secret").write_text("hush")
    (source / "block" / "chunks" / "000001").write_bytes(bytes(range(256)) * 400)
    path = tmp_path / "backup.tar.gz"
    with packing(path) as tar:
        tar.add("home/vitrine.db", source / "secret")
        tar.add_tree("home/prometheus/data", source)
        tar.add_text("home/grafana/own.json", b"{}")
        tar.finish(EMPTY)
    return path


def changed(archive: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Write the archive anew, with members that were changed."""
    with tarfile.open(archive) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    change(members)
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return archive


def test_everything_comes_out_as_it_went_in_for_its_owner_alone(
    archive: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    manifest = unpack(archive, out)
    found = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
    assert set(found) == set(manifest.members)
    assert set(found) == {
        "home/vitrine.db",
        "home/prometheus/data/secret",
        "home/prometheus/data/block/chunks/000001",
        "home/grafana/own.json",
    }
    assert found["home/vitrine.db"].read_text() == "hush"
    assert {path.stat().st_mode & 0o777 for path in found.values()} == {0o600}
    directories = [out, *(path for path in out.rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in directories} == {0o700}
    assert archive.stat().st_mode & 0o777 == 0o600


def test_a_flipped_bit_is_noticed_unless_it_means_nothing(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    manifest = unpack(archive, tmp_path / "whole")
    places = range(10, len(whole), 7)  # after the zip's own header, which says the time
    unnoticed = 0
    for number in places:
        bad = bytearray(whole)
        bad[number] ^= 0x10
        archive.write_bytes(bad)
        try:
            assert unpack(archive, tmp_path / f"out-{number}") == manifest
            unnoticed += 1  # a bit that fills up a byte
        except DamagedError:
            pass
    assert unnoticed < len(places) / 20


def test_an_archive_that_was_cut_off_is_noticed(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for number in (0, 5, len(whole) // 2, len(whole) - 1):
        archive.write_bytes(whole[:number])
        with pytest.raises(DamagedError):
            unpack(archive, tmp_path / f"out-{number}")


def test_one_that_ends_between_two_members_is_noticed(archive: Path, tmp_path: Path) -> None:
    short = changed(archive, lambda members: members.pop(MANIFEST))
    with pytest.raises(DamagedError, match=r"no manifest\.json: its end is missing"):
        unpack(short, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda members: members.pop("home/grafana/own.json"), r"own\.json is missing"),
        (
            lambda members: members.update({"home/vitrine.db": b"hash"}),
            "home/vitrine.db is not what",
        ),
        (lambda members: members.update({"home/extra": b""}), "home/extra is not of this backup"),
        (
            lambda members: members.update({MANIFEST: b"{}"}),
            "backup.tar.gz is no backup of Vitrine$",
        ),
    ],
)
def test_members_are_those_that_were_packed(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    with pytest.raises(DamagedError, match=said):
        unpack(changed(archive, change), tmp_path / "out")


@pytest.mark.parametrize("name", ["../outside", "/outside", "home/../../outside"])
def test_nothing_is_written_outside(archive: Path, tmp_path: Path, name: str) -> None:
    bad = changed(archive, lambda members: members.update({name: b"x"}))
    with pytest.raises(DamagedError):
        unpack(bad, tmp_path / "in" if (tmp_path / "in").exists() else tmp_path / "out")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_only_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    archive = tmp_path / "backup.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        header = tarfile.TarInfo("home/vitrine.db")
        header.type, header.linkname = kind, "/etc/passwd"
        tar.addfile(header)
    with pytest.raises(DamagedError, match=r"home/vitrine\.db is no file"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no tar", mtime=0)])
def test_what_is_no_archive_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "backup.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DamagedError) as problem:
        unpack(path, tmp_path / "out")
    assert len(str(problem.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["etc/passwd", "home", "manifest.json"])
def test_an_archive_of_something_else_is_called_that(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "backup.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(ForeignError, match=r"backup\.tar\.gz is no backup of Vitrine$"):
        unpack(archive, tmp_path / "out")


def test_an_archive_is_never_written_over(archive: Path) -> None:
    with pytest.raises(FileExistsError), packing(archive):
        pass


def test_a_manifest_of_another_format_is_refused() -> None:
    other = written(EMPTY).replace(b'"format": 1', b'"format": 2')
    assert read(Path("a"), written(EMPTY)) == EMPTY
    with pytest.raises(DamagedError, match="a is damaged: its manifest cannot be read: format"):
        read(Path("a"), other)
