"""Compiling on demand: once, for this source, compiler and processor; and a word when it cannot be."""

import sys
from pathlib import Path

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.native import build, native, score

pytestmark = pytest.mark.usefixtures("no_warnings")


def network():
    net = WaveNet(WaveNetConfig(n_levels=20, stacks=1, layers=3, residual_channels=8))
    torch.nn.init.normal_(net.logits.weight)
    return net


def script(folder, text):
    """A program of a few lines that takes a compiler's place."""
    path = folder / "compiler"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [
        (None, "no C\\+\\+ compiler"),
        ("false", "the compiler false does not work"),
        ("no-such-program", "the compiler no-such-program does not run"),
        ("true", "true reports success and has made nothing"),
        (
            '[ "$1" = --version ] || { echo "a.cpp:1: error: out of ink" >&2; exit 1; }',
            "out of ink",
        ),
        (
            '[ "$1" = --version ] && exit; while [ "$1" ]; do last=$1; shift; done; echo > "$last"',
            "cannot be loaded",
        ),
    ],
)
def test_without_a_working_compiler_numba_generates_and_without_it_pytorch(
    monkeypatch, tmp_path, compiler, reason
):
    pytest.importorskip("numba")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if compiler is None:
        monkeypatch.delenv("CXX", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        monkeypatch.setenv("CXX", script(tmp_path, compiler) if " " in compiler else compiler)
    net = network()
    with pytest.warns(RuntimeWarning, match=f"{reason}.*generating by numba instead"):
        codes = native(net, 30, [7])
    assert torch.equal(codes, cached(net, 30, [7]))
    monkeypatch.setitem(sys.modules, "numba", None)
    told = f"{reason}.*numba is not installed; generating in PyTorch instead"
    with pytest.warns(RuntimeWarning, match=told):
        assert torch.equal(native(net, 30, [7]), codes)
    with pytest.raises(UserError, match=reason):
        score(net, codes)


def test_the_same_word_is_not_said_twice(monkeypatch):
    monkeypatch.setenv("CXX", "false")
    with pytest.warns(RuntimeWarning) as said:
        native(network(), 3)
        native(network(), 3)
    assert len(said) == 1


def test_a_cache_that_cannot_be_written_is_told_and_done_without(monkeypatch, tmp_path):
    """A file stands where the folder should be: no one may write there, not even root."""
    (tmp_path / "tinyaudio").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    net = network()
    with pytest.warns(RuntimeWarning, match="cannot be written"):
        codes = native(net, 30)
    assert torch.equal(codes, cached(net, 30))


def test_compiled_once_and_anew_if_damaged(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "tinyaudio" / f"step-{build.key(build.find_compiler())}.so"
    kept.parent.mkdir()
    kept.write_bytes(b"half of a library")
    assert build.library().simd_width() in (4, 8, 16)
    assert [*kept.parent.iterdir()] == [kept] and len(kept.read_bytes()) > 10_000
    made = kept.stat().st_mtime_ns
    build.library()
    assert kept.stat().st_mtime_ns == made


def test_the_key_follows_source_compiler_and_processor(monkeypatch, tmp_path):
    compiler = build.find_compiler()
    first = build.key(compiler)
    assert build.key(compiler) == first
    changed = {
        "another compiler": build.key([script(tmp_path, "echo version 2")]),
    }
    changed["another version of it"] = build.key([script(tmp_path, "echo version 3")])
    with monkeypatch.context() as patch:
        patch.setattr(build, "features", lambda: "flags: abacus")
        changed["another processor"] = build.key(compiler)
    for name in ("step.cpp", "kernel.h"):
        for source in build.SOURCES.glob("*.[ch]*"):
            text = source.read_text() + ("// changed" if source.name == name else "")
            (tmp_path / source.name).write_text(text)
        with monkeypatch.context() as patch:
            patch.setattr(build, "SOURCES", tmp_path)
            changed[name] = build.key(compiler)
    assert len({first, *changed.values()}) == 1 + len(changed)


def test_caches_stand_where_the_system_keeps_them(monkeypatch):
    assert build.cache_folder().name == "tinyaudio"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setattr("sys.platform", "linux")
    assert build.cache_folder() == Path("/home/someone/.cache/tinyaudio")
    monkeypatch.setattr("sys.platform", "darwin")
    assert build.cache_folder() == Path("/home/someone/Library/Caches/tinyaudio")
