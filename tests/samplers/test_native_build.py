"""Just-in-time compilation: once for each source, compiler and processor, with a fallback and a warning."""

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
    """A script in the place of a compiler."""
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
        ("true", "true reports success and has written nothing"),
        (
            '[ "$1" = --version ] || { echo "a.cpp:1: error: bad syntax" >&2; exit 1; }',
            "bad syntax",
        ),
        (
            '[ "$1" = --version ] && exit; while [ "$1" ]; do last=$1; shift; done; echo > "$last"',
            "cannot be loaded",
        ),
    ],
)
def test_without_a_working_compiler_cached_generates(monkeypatch, tmp_path, compiler, reason):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if compiler is None:
        monkeypatch.delenv("CXX", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        monkeypatch.setenv("CXX", script(tmp_path, compiler) if " " in compiler else compiler)
    net = network()
    with pytest.warns(RuntimeWarning, match=f"{reason}.*; falling back to `cached`"):
        codes = native(net, 30, [7])
    assert torch.equal(codes, cached(net, 30, [7]))
    with pytest.raises(UserError, match=reason):
        score(net, codes)


def test_the_same_warning_is_given_once(monkeypatch):
    monkeypatch.setenv("CXX", "false")
    with pytest.warns(RuntimeWarning) as warned:
        native(network(), 3)
        native(network(), 3)
    assert len(warned) == 1


def test_without_a_writable_cache_it_compiles_and_warns(monkeypatch, tmp_path):
    """A file in the place of the folder: nobody can write into it, not even root."""
    (tmp_path / "tinyaudio").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    net = network()
    with pytest.warns(RuntimeWarning, match="cannot be written"):
        codes = native(net, 30)
    assert torch.equal(codes, cached(net, 30))


def test_compiled_once_and_again_if_damaged(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = tmp_path / "tinyaudio" / f"step-{build.cache_key(build.find_compiler())}.so"
    path.parent.mkdir()
    path.write_bytes(b"half of a library")
    assert build.library().simd_width() in (4, 8, 16)
    assert [*path.parent.iterdir()] == [path] and len(path.read_bytes()) > 10_000
    built = path.stat().st_mtime_ns
    build.library()
    assert path.stat().st_mtime_ns == built


def test_the_key_follows_source_compiler_and_processor(monkeypatch, tmp_path):
    compiler = build.find_compiler()
    first = build.cache_key(compiler)
    assert build.cache_key(compiler) == first
    changed = {
        "another compiler": build.cache_key([script(tmp_path, "echo version 2")]),
    }
    changed["another version of it"] = build.cache_key([script(tmp_path, "echo version 3")])
    with monkeypatch.context() as patch:
        patch.setattr(build, "cpu_flags", lambda: "flags: abacus")
        changed["another processor"] = build.cache_key(compiler)
    for name in ("step.cpp", "kernel.h"):
        for source in build.SOURCES.glob("*.[ch]*"):
            text = source.read_text() + ("// changed" if source.name == name else "")
            (tmp_path / source.name).write_text(text)
        with monkeypatch.context() as patch:
            patch.setattr(build, "SOURCES", tmp_path)
            changed[name] = build.cache_key(compiler)
    assert len({first, *changed.values()}) == 1 + len(changed)


def test_the_cache_folder_is_the_system_s(monkeypatch):
    assert build.cache_folder().name == "tinyaudio"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setattr("sys.platform", "linux")
    assert build.cache_folder() == Path("/home/someone/.cache/tinyaudio")
    monkeypatch.setattr("sys.platform", "darwin")
    assert build.cache_folder() == Path("/home/someone/Library/Caches/tinyaudio")
