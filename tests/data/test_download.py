"""A corpus comes verified, or not at all: wrong hashes, dead links and licences that nobody accepted."""

import hashlib
import json
import os
from dataclasses import replace

import pytest

from tests.command import run
from tests.data.test_unpack import special, tar, zipped
from tests.data.web_server import serving
from tinyaudio.cli import corpora as command
from tinyaudio.data import fetch as fetch_module
from tinyaudio.data.corpora import CORPORA, find_corpus
from tinyaudio.data.corpus import Archive, Corpus
from tinyaudio.data.download import download
from tinyaudio.errors import DataError
from tinyaudio.files import locked

NOISE = os.urandom(3_000)
WAV = ("small/wavs/1.wav", NOISE)


@pytest.fixture
def server(monkeypatch, tmp_path_factory):
    monkeypatch.setattr(fetch_module, "PAUSE_S", 0.0)
    monkeypatch.setattr(fetch_module, "RESERVE_BYTES", 0)
    place = tmp_path_factory.mktemp("made")
    with serving() as one:
        one.files["/small.zip"] = zipped(place / "small.zip", WAV).read_bytes()
        one.hostile = tar(place / "bad.tar.gz", WAV, special("small/a", b"2", "..")).read_bytes()
        yield one


def corpus_at(server, **known):
    archive = Archive("all", "small", f"{server.url}/small.zip", 10_000, **known)
    return Corpus("small", "a corpus", "https://example.org/", "free", "Nobody 2000", (archive,))


def sha256(server):
    return hashlib.sha256(server.files["/small.zip"]).hexdigest()


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def get(corpus, folder, **settings):
    return download(corpus, folder, accept_licence=True, **settings)


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_corpus_is_fetched_once_and_its_archive_deleted(server, tmp_path, algorithm):
    known = {algorithm: hashlib.new(algorithm, server.files["/small.zip"]).hexdigest()}
    corpus = corpus_at(server, **known)
    server.cuts = [1_000, 1_000]
    assert get(corpus, tmp_path / "new") == [tmp_path / "new" / "small"]
    assert names(tmp_path / "new") == ["small"]
    assert (tmp_path / "new" / "small" / "wavs" / "1.wav").read_bytes() == NOISE
    n = len(server.requests)
    get(corpus, tmp_path / "new")
    assert len(server.requests) == n == 3


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_tampered_file_is_deleted(server, tmp_path, algorithm):
    good = server.files["/small.zip"]
    corpus = corpus_at(
        server, **{algorithm: hashlib.new(algorithm, good).hexdigest(), "size_bytes": len(good)}
    )
    server.files["/small.zip"] = good[:500] + b"!" + good[501:]
    with pytest.raises(DataError, match=r"its hash is .*that is published; it was deleted"):
        get(corpus, tmp_path)
    assert names(tmp_path) == []
    server.files["/small.zip"] = good
    get(corpus, tmp_path)


def test_without_a_published_hash_the_first_download_is_trusted_and_said_so(server, tmp_path):
    corpus = corpus_at(server)
    with pytest.warns(
        UserWarning, match="no hash of it is published; it is trusted this first time"
    ):
        get(corpus, tmp_path)
    assert json.loads((tmp_path / "downloads.json").read_text()) == {"small.zip": sha256(server)}
    (tmp_path / "small").rename(tmp_path / "earlier")
    get(corpus, tmp_path)  # as before: nothing to say
    (tmp_path / "small").rename(tmp_path / "again")
    server.files["/small.zip"] = server.files["/small.zip"][:-1] + b"!"
    server.tag = '"2"'
    with pytest.raises(DataError, match=r"of the first download \(.*downloads.json\)"):
        get(corpus, tmp_path)
    assert names(tmp_path) == ["again", "downloads.json", "earlier"]
    (tmp_path / "downloads.json").write_text("[]")
    with pytest.raises(DataError, match="delete it to trust anew"):
        get(corpus, tmp_path)


def test_a_second_download_into_a_folder_waits_to_be_started_again(server, tmp_path):
    corpus = corpus_at(server, sha256=sha256(server))
    with (
        locked(tmp_path, DataError("")),
        pytest.raises(DataError, match="another download is at work here"),
    ):
        get(corpus, tmp_path)
    assert get(corpus, tmp_path) == [tmp_path / "small"]


def test_a_hostile_archive_leaves_nothing_behind(server, tmp_path):
    server.files["/bad.tar.gz"] = server.hostile
    folder = tmp_path / "inner"
    corpus = corpus_at(server)
    archive = replace(corpus.archives[0], url=f"{server.url}/bad.tar.gz")
    with pytest.raises(DataError, match=r"refused, nothing was unpacked.*is a link or device"):
        get(replace(corpus, archives=(archive,)), folder)
    assert names(tmp_path) == ["inner"]
    assert names(folder) == ["bad.tar.gz"]  # and its hash is not trusted


def test_a_dead_link_says_what_to_do_and_mirrors_come_first(server, tmp_path):
    corpus = corpus_at(server, sha256=sha256(server))
    content = server.files.pop("/small.zip")
    with pytest.raises(
        DataError,
        match=r"404 .* see https://example.org/: .*--mirror, or put small.zip into",
    ):
        get(corpus, tmp_path)
    server.files["/mirror/small.zip"] = content
    dead = "http://127.0.0.1:9/nothing"
    get(corpus, tmp_path, mirrors=[dead, f"{server.url}/mirror/"])
    assert names(tmp_path) == ["small"]


def test_an_archive_that_was_put_there_is_verified_and_used(server, tmp_path):
    corpus = corpus_at(server, sha256=sha256(server))
    (tmp_path / "small.zip").write_bytes(server.files.pop("/small.zip"))
    get(corpus, tmp_path)
    assert names(tmp_path) == ["small"] and server.requests == []
    (tmp_path / "small").rename(tmp_path / "moved")
    (tmp_path / "small.zip").write_bytes(b"another")
    with pytest.raises(DataError, match="it was deleted"):
        get(corpus, tmp_path)


def test_what_was_fetched_is_kept_where_the_connection_ends(server, tmp_path):
    corpus = corpus_at(server, sha256=sha256(server))
    server.cuts = [1_500] + [0] * 10
    with pytest.raises(DataError, match=r"0\.0 MB are kept: run the same command again to go on"):
        get(corpus, tmp_path)
    assert (tmp_path / "small.zip.part").stat().st_size == 1_500
    server.cuts = []
    get(corpus, tmp_path)
    assert server.requests[-1] == ("/small.zip", "bytes=1500-") and names(tmp_path) == ["small"]


def test_the_licence_is_shown_and_must_be_accepted(server, tmp_path, monkeypatch, capsys):
    corpus = corpus_at(server, sha256=sha256(server))
    with pytest.raises(DataError, match=r"its licence is: free .*--accept-licence"):
        download(corpus, tmp_path / "a", accept_licence=False)
    monkeypatch.setattr(command, "find_corpus", lambda name: corpus)
    run("data", "download", "vctk", tmp_path / "a", code=2)
    shown = capsys.readouterr()
    assert "licence: free" in shown.out and "--accept-licence" in shown.err
    assert not (tmp_path / "a").exists() and server.requests == []
    run("data", "download", "vctk", tmp_path / "a", "--accept-licence")
    assert f"unpacked: {tmp_path / 'a' / 'small'}" in capsys.readouterr().out
    for answer, accepted in (("y", True), ("", False), ("no", False)):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert command.asked(corpus) == accepted


def test_what_only_its_owner_gives_out_is_not_fetched(tmp_path):
    for name in ("kss", "nus-48e"):
        with pytest.raises(DataError, match=r"get it from https://.*tinyaudio data arrange"):
            get(find_corpus(name), tmp_path)


def test_corpora_have_what_is_needed(capsys):
    run("data", "list")
    shown = capsys.readouterr().out
    for corpus in CORPORA:
        assert corpus.licence and corpus.citation and corpus.home.startswith("http")
        assert f"{corpus.name}: " in shown
        for archive in corpus.archives:
            assert archive.url.startswith("https://") or archive.sha256  # one of them protects it
            assert len(archive.sha256) in (0, 64) and len(archive.md5) in (0, 32)
            assert not archive.size_bytes or archive.size_bytes < archive.unpacked_bytes
            assert archive.file.endswith((".zip", ".tar.gz", ".tar.bz2"))
    unverified = [corpus.name for corpus in CORPORA for one in corpus.archives if not one.hashed]
    assert unverified == ["vocalset"]
    with pytest.raises(DataError, match="no part 'dev'; choose of: train, valid, test"):
        find_corpus("nsynth").parts(["dev"])
    with pytest.raises(DataError, match="no corpus 'timit'; choose one of: nsynth, vctk"):
        find_corpus("timit")
