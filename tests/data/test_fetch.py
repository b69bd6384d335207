"""Files come whole over broken connections, from named hosts only, and nothing comes where it has no room."""

import errno
import json
from collections import namedtuple
from email.message import Message
from urllib.request import Request

import pytest

from tests.data.web_server import serving
from tinyaudio.data import fetch as fetch_module
from tinyaudio.data.corpus import Archive
from tinyaudio.data.fetch import UnreachableError, fetch
from tinyaudio.errors import DataError

CONTENT = bytes(range(256)) * 40  # 10,240 bytes
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetch_module, "PAUSE_S", 0.0)
    with serving() as one:
        one.files["/a.zip"] = CONTENT
        yield one


@pytest.fixture
def part(tmp_path):
    return tmp_path / "a.zip.part"


def archive_at(server, **known):
    return Archive("all", "a", f"{server.url}/a.zip", 10**6, **known)


def get(server, part, hosts=(), **known):
    archive = archive_at(server, **known)
    fetch(archive, archive.url, part, hosts)


def test_a_broken_connection_goes_on_where_it_was(server, part):
    server.cuts = [1_000, 0, 3_000]
    get(server, part)
    assert part.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [
        None,
        "bytes=1000-",
        "bytes=1000-",
        "bytes=4000-",
    ]


def test_a_later_run_goes_on_with_what_was_kept(server, part):
    server.cuts = [1_000] + [0] * 10
    with pytest.raises(UnreachableError, match="closed early"):
        get(server, part)
    assert part.read_bytes() == CONTENT[:1_000]
    server.cuts = []
    server.requests.clear()
    get(server, part)
    assert part.read_bytes() == CONTENT
    assert server.requests == [("/a.zip", "bytes=1000-")]


def test_two_versions_are_never_joined(server, part):
    server.cuts = [1_000] + [0] * 10
    with pytest.raises(UnreachableError):
        get(server, part)
    server.cuts, server.tag, server.files["/a.zip"] = [], '"2"', CONTENT[::-1]
    get(server, part)
    assert part.read_bytes() == CONTENT[::-1]


def test_a_part_of_unknown_version_is_gone_on_with_only_where_a_hash_will_tell(server, part):
    part.write_bytes(CONTENT[:500])
    get(server, part)
    assert server.requests == [("/a.zip", None)]  # begun anew
    server.requests.clear()
    part.write_bytes(CONTENT[:500])
    (part.parent / "a.zip.part.json").unlink()
    get(server, part, sha256="0" * 64)
    assert server.requests == [("/a.zip", "bytes=500-")] and part.read_bytes() == CONTENT


def test_a_server_without_ranges_sends_the_whole_again(server, part):
    server.has_ranges = False
    server.cuts = [1_000]
    get(server, part)
    assert part.read_bytes() == CONTENT


def test_a_whole_part_is_not_fetched_again(server, part):
    part.write_bytes(CONTENT)
    get(server, part, size_bytes=len(CONTENT), md5="0")
    assert server.requests == []
    get(server, part, md5="0")  # its size unknown: the server says that nothing follows
    assert len(server.requests) == 1 and part.read_bytes() == CONTENT
    part.write_bytes(CONTENT + b"more")
    get(server, part, md5="0")
    assert part.read_bytes() == CONTENT


def test_without_a_declared_length_the_known_size_decides(server, part):
    server.has_length = False
    server.cuts = [1_000]
    get(server, part, size_bytes=len(CONTENT))
    assert part.read_bytes() == CONTENT
    part.unlink()
    with pytest.raises(UnreachableError, match=r"more than 100 bytes"):
        get(server, part, size_bytes=100)
    assert part.stat().st_size <= 100


def test_another_size_is_refused_before_anything_is_fetched(server, part):
    with pytest.raises(
        DataError, match=r"has 10240 bytes, not 10241; it is another file.*--mirror"
    ):
        get(server, part, size_bytes=10_241)
    server.files["/a.zip"] = b"0" * (10**6 + 1)
    with pytest.raises(DataError, match="not at most 1000000"):
        get(server, part)
    assert not part.exists()


def test_dead_links_and_web_pages_are_unreachable_at_once(server, part):
    archive = archive_at(server)
    with pytest.raises(UnreachableError, match="404"):
        fetch(archive, f"{server.url}/gone.zip", part)
    server.content_type = "text/html; charset=utf-8"
    with pytest.raises(UnreachableError, match="leads to a web page"):
        get(server, part)
    assert len(server.requests) == 2 and not part.exists()
    with pytest.raises(DataError, match="not an address of the web"):
        fetch(archive, "file:///a.zip", part)


def test_a_server_that_is_not_there_is_tried_a_few_times(server, part):
    server.shutdown()
    server.server_close()
    with pytest.raises(UnreachableError, match="refused"):
        get(server, part)


def test_redirects_go_to_named_hosts_only(server, part):
    with serving() as other:
        other.files["/b.zip"] = CONTENT
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        server.redirects["/a.zip"] = f"{elsewhere}/b.zip"
        with pytest.raises(DataError, match=r"another host, localhost; .*--allow-host localhost"):
            get(server, part)
        assert other.requests == [] and not part.exists()
        get(server, part, hosts=["localhost"])
        assert part.read_bytes() == CONTENT
    server.redirects["/a.zip"] = "file:///a.zip"
    part.unlink()
    with pytest.raises(UnreachableError, match="302"):
        get(server, part)
    assert not part.exists()


def test_encryption_is_not_given_up_on_the_way():
    handler = fetch_module._Redirects({"example.org"})
    with pytest.raises(DataError, match="not encrypted; refused"):
        handler.redirect_request(
            Request("https://example.org/a"), None, 302, "", Message(), "http://example.org/a"
        )


def test_a_disk_without_room_is_seen_first(server, part, monkeypatch):
    wanted = len(CONTENT) + 10**6 + fetch_module.RESERVE_BYTES
    monkeypatch.setattr(fetch_module.shutil, "disk_usage", lambda _: Usage(0, 0, wanted - 1))
    with pytest.raises(DataError, match=r"GB are needed, to download and to unpack.*free some"):
        get(server, part)
    assert not part.exists()
    monkeypatch.setattr(fetch_module.shutil, "disk_usage", lambda _: Usage(0, 0, wanted))
    get(server, part)


def test_what_a_full_disk_took_is_gone_on_with(server, part, monkeypatch):
    class FullDisk(fetch_module.FileIO):
        """Takes 3,000 bytes, and the last block only in part."""

        left = 3_000

        def write(self, block):
            if not self.left:
                raise OSError(errno.ENOSPC, "No space left on device")
            n = super().write(block[: self.left])
            self.left -= n
            return n

    with monkeypatch.context() as patch:
        patch.setattr(fetch_module, "FileIO", FullDisk)
        with pytest.raises(DataError, match=r"No space left.*what has come is kept"):
            get(server, part)
    assert part.read_bytes() == CONTENT[:3_000]
    get(server, part)
    assert part.read_bytes() == CONTENT
    assert server.requests[-1] == ("/a.zip", "bytes=3000-")


def test_a_link_is_never_written_through(server, part, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "precious"
    outside.write_bytes(b"precious")
    part.symlink_to(outside)
    with pytest.raises(DataError, match="cannot be written"):
        get(server, part)
    assert outside.read_bytes() == b"precious"


def test_a_damaged_note_of_the_version_counts_as_none(server, part):
    part.write_bytes(CONTENT[:10])
    for text in ("[]", "{", json.dumps({"url": archive_at(server).url})):
        part.with_name("a.zip.part.json").write_text(text)
        part.write_bytes(b"not this file")
        get(server, part)
        assert part.read_bytes() == CONTENT
