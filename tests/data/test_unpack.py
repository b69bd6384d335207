"""An archive unpacks whole or not at all, and never outside its folder."""

import errno
import io
import os
import stat
import tarfile
import zipfile

import pytest

from tinyaudio.data import unpack as unpack_module
from tinyaudio.data.unpack import unpack
from tinyaudio.errors import DataError

NOISE = os.urandom(2_000)  # which does not become smaller


def tar(path, *members):
    """A tar archive of names with contents, or of `TarInfo`s."""
    with tarfile.open(path, f"w:{path.suffix[1:].replace('tar', '')}") as file:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                file.addfile(member)
            else:
                name, content = member
                info = tarfile.TarInfo(name)
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    return path


def zipped(path, *members):
    """A zip archive of names, or of `ZipInfo`s, with contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.fixture
def place(tmp_path):
    """A folder in a folder, so that what leads out of it would be seen."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    return inner


def everything(place):
    """All files, from two folders above on."""
    return sorted(str(p.relative_to(place.parents[1])) for p in place.parents[1].rglob("*"))


@pytest.mark.parametrize("mode", ["", ".gz", ".bz2"])
def test_tar_archives_come_whole(place, mode):
    archive = tar(place / f"a.tar{mode}", ("./top/wavs/1.wav", NOISE), ("./top/list", b"1"))
    unpack(archive, place / "corpus", 10_000)
    assert (place / "corpus" / "wavs" / "1.wav").read_bytes() == NOISE
    assert sorted(p.name for p in place.iterdir()) == [f"a.tar{mode}", "corpus"]


def test_zip_archives_come_whole_and_without_what_macos_adds(place):
    members = ("1.wav", NOISE), ("b/2.wav", b"2"), ("c/", b""), ("__MACOSX/._1.wav", b"x")
    unpack(zipped(place / "a.zip", *members), place / "corpus", 10_000)
    found = sorted(str(p.relative_to(place / "corpus")) for p in (place / "corpus").rglob("*"))
    assert found == ["1.wav", "b", "b/2.wav", "c"]
    assert (place / "corpus" / "1.wav").read_bytes() == NOISE


LINK, HARD, DEVICE, PIPE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
GOOD = ("top/1.wav", NOISE)
HOSTILE = {
    "absolute": (("/evil.wav", b"x"), "not a path in a folder"),
    "parent": (("top/../../evil.wav", b"x"), "leads out"),
    "drive": (("C:evil.wav", b"x"), "not a path in a folder"),
    "backslash": (("..\\evil.wav", b"x"), "not a path in a folder"),
    "link": (special("top/link", LINK, "../.."), "is a link or device"),
    "link inside": (special("top/link", LINK, "1.wav"), "is a link or device"),
    "hard link": (special("top/link", HARD, "/etc/passwd"), "is a link or device"),
    "device": (special("top/null", DEVICE), "is a link or device"),
    "pipe": (special("top/pipe", PIPE), "is a link or device"),
    "twice": (("top/./1.wav", b"x"), "twice"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_tar_archives_leave_nothing(place, kind):
    member, reason = HOSTILE[kind]
    archive = tar(place / "a.tar.gz", GOOD, member)
    before = everything(place)
    with pytest.raises(DataError, match=f"refused, nothing was unpacked: .*{reason}"):
        unpack(archive, place / "corpus", 10_000)
    assert everything(place) == before


@pytest.mark.parametrize("kind", ["absolute", "parent", "drive", "backslash"])
def test_hostile_zip_archives_leave_nothing(place, kind):
    member, reason = HOSTILE[kind]
    archive = zipped(place / "a.zip", GOOD, member)
    before = everything(place)
    with pytest.raises(DataError, match=f"refused, nothing was unpacked: .*{reason}"):
        unpack(archive, place / "corpus", 10_000)
    assert everything(place) == before


def test_a_link_in_a_zip_archive_is_refused(place):
    archive = zipped(place / "a.zip", GOOD, (zip_link("top/link"), "../../.."))
    with pytest.raises(DataError, match="is a link or device"):
        unpack(archive, place / "corpus", 10_000)
    assert sorted(p.name for p in place.iterdir()) == ["a.zip"]


def test_bombs_are_refused_before_they_burst(place, monkeypatch):
    zeros = ("top/zeros.wav", bytes(10**6))
    for archive in (zipped(place / "a.zip", zeros), tar(place / "a.tar.gz", zeros)):
        with pytest.raises(DataError, match="grows beyond"):  # a thousand times its size
            unpack(archive, place / "corpus", 10**9)
    noise = tar(place / "b.tar.gz", GOOD, ("top/2.wav", NOISE))
    with pytest.raises(DataError, match="grows beyond"):
        unpack(noise, place / "corpus", 2 * len(NOISE) - 1)
    monkeypatch.setattr(unpack_module, "MAX_FILES", 1)
    with pytest.raises(DataError, match="or 1 files"):
        unpack(noise, place / "corpus", 10**9)
    assert sorted(p.name for p in place.iterdir()) == ["a.tar.gz", "a.zip", "b.tar.gz"]
    monkeypatch.undo()
    unpack(noise, place / "corpus", 2 * len(NOISE))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.bz2"])
def test_damaged_archives_leave_nothing(place, name):
    archive = place / name
    if name.endswith("zip"):
        zipped(archive, GOOD)
    else:
        tar(archive, GOOD)
    whole = archive.read_bytes()
    middle = len(whole) // 2
    for content in (
        whole[:middle],
        whole[: middle - 50] + bytes(100) + whole[middle + 50 :],
        b"no",
    ):
        archive.write_bytes(content)
        with pytest.raises(DataError, match="damaged or cut off, and nothing was unpacked"):
            unpack(archive, place / "corpus", 10_000)
        assert [p.name for p in place.iterdir()] == [name]


def test_a_full_disk_keeps_the_archive(place, monkeypatch):
    archive = zipped(place / "a.zip", GOOD)

    def full(path, mode):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(unpack_module, "open", full, raising=False)
        with pytest.raises(DataError, match=r"No space left.*the archive is kept"):
            unpack(archive, place / "corpus", 10_000)
    assert [p.name for p in place.iterdir()] == ["a.zip"]
    unpack(archive, place / "corpus", 10_000)


def test_what_a_killed_process_left_is_removed(place):
    left = place / ".corpus.unpacking" / "half.wav"
    left.parent.mkdir()
    left.touch()
    unpack(zipped(place / "a.zip", GOOD), place / "corpus", 10_000)
    assert sorted(p.name for p in place.iterdir()) == ["a.zip", "corpus"]
    assert [p.name for p in (place / "corpus").iterdir()] == ["1.wav"]
