"""Just-in-time compilation: once for each source, compiler and processor, with a fallback and a warning."""

from pathlib import Path

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.native import build
from tinyaudio.samplers import native as package
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.native import native, score
from tinyaudio.samplers.native.library import library

pytestmark = pytest.mark.usefixtures("own_cache", "no_warnings")
SOURCE = Path(package.__file__).with_name("step.cpp")


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


@pytest.mark.posix
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
    path = tmp_path / "tinyaudio" / f"native-{build.cache_key(SOURCE, build.find_compiler())}.so"
    path.parent.mkdir()
    path.write_bytes(b"half of a library")
    assert library().simd_width() in (4, 8, 16)
    assert [*path.parent.iterdir()] == [path] and len(path.read_bytes()) > 10_000
    built = path.stat().st_mtime_ns
    library()
    assert path.stat().st_mtime_ns == built


@pytest.mark.posix
def test_the_key_follows_source_compiler_and_processor(monkeypatch, tmp_path):
    compiler = build.find_compiler()
    first = build.cache_key(SOURCE, compiler)
    assert build.cache_key(SOURCE, compiler) == first
    changed = {
        "another compiler": build.cache_key(SOURCE, [script(tmp_path, "echo version 2")]),
    }
    changed["another version of it"] = build.cache_key(SOURCE, [script(tmp_path, "echo version 3")])
    with monkeypatch.context() as patch:
        patch.setattr(build, "cpu_flags", lambda: "flags: abacus")
        changed["another processor"] = build.cache_key(SOURCE, compiler)
    for name in ("step.cpp", "kernel.h", "paths.h"):
        here, shared = tmp_path / name / "here", tmp_path / name / "shared"
        for folder, original in ((here, SOURCE.parent), (shared, build.SHARED)):
            folder.mkdir(parents=True)
            for source in original.glob("*.[ch]*"):
                text = source.read_text() + ("// changed" if source.name == name else "")
                (folder / source.name).write_text(text)
        with monkeypatch.context() as patch:
            patch.setattr(build, "SHARED", shared)
            changed[name] = build.cache_key(here / "step.cpp", compiler)
    assert len({first, *changed.values()}) == 1 + len(changed)


def test_the_cache_folder_is_the_system_s(monkeypatch):
    assert build.cache_folder().name == "tinyaudio"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setattr("sys.platform", "linux")
    assert build.cache_folder() == Path("/home/someone/.cache/tinyaudio")
    monkeypatch.setattr("sys.platform", "darwin")
    assert build.cache_folder() == Path("/home/someone/Library/Caches/tinyaudio")
