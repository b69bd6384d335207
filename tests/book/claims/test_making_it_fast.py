"""The numbers that chapter 7 states in its text; tests/benchmarks/test_wavenet.py holds its record."""

import json

import nbformat
import pytest
import torch
from torch.nn import functional as F

from tinyaudio.models.fused import FusedStep
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.native.build import NoCompiler
from tinyaudio.samplers.native.step import NativeStep
from tools.book import ROOT, SOURCES

TEXT = (SOURCES / "making_it_fast.md").read_text(encoding="utf-8")
SPEED = json.loads((ROOT / "book" / "records" / "wavenet-speed.json").read_text())
TRAINING = json.loads((ROOT / "book" / "records" / "wavenet-training.json").read_text())
P, W = 1e9 * SPEED["gflop_per_s"], 1e9 * SPEED["read_gb_per_s"]


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


def multiplications(config):
    """Of every matrix once, from the parameters: all but tables, biases and nothing else."""
    net = WaveNet(config)
    return sum(
        p.numel() for name, p in net.named_parameters() if p.ndim > 1 and "embed" not in name
    )


TINY, WN30 = (multiplications(c) for c in (WaveNetConfig.tiny(), WaveNetConfig.wn30()))


def test_the_ridge_of_the_roofline():
    """Arithmetic intensity B / 2 reaches P / W where both terms of the roofline are equal."""
    assert f"{P / W:.1f}" == "5.6" and int(2 * P / W) == 11
    for B in (1, 11, 12, 100):
        arithmetic, reading = 2 * WN30 * B / P, 4 * WN30 / W
        assert (arithmetic > reading) == (B / 2 > P / W) == (B >= 12)
    stated("$P/W$는 5.6", "$P/W$ is 5.6", "열한 개가 될 때까지", "up to eleven clips")


def test_native_beside_the_roofline():
    """A little above for one clip, 0.3 of it for sixteen."""

    def share(B, name):
        return SPEED["samples_per_second"][name] / min(B * W / (4 * WN30), P / (2 * WN30))

    assert 1 < share(1, "native") < 1.15
    assert f"{share(16, 'native_16'):.1f}" == "0.3"
    stated("그 0.3배", "gets to 0.3 of it")


def test_the_small_network_beside_wn30():
    speed = SPEED["samples_per_second"]
    assert f"{WN30 / TINY:.1f}" == "7.6"
    assert round(speed["tiny_native"] / speed["native"]) == 10
    bytes_read = NativeStep(WaveNet(WaveNetConfig.tiny()), 1).bytes_per_sample
    assert bytes_read * speed["tiny_native"] > W > 0.9 * 4_183_680 * speed["native"]
    stated("7.6분의 1인데 속도는 열 배", "one part in 7.6", "is ten times as fast")


def test_operations_of_a_training_step():
    """Twice forward, four times backward: counted by PyTorch on a layer, then for four crops."""
    layer = torch.nn.Linear(32, 32, bias=False)
    x = torch.randn(10, 32, requires_grad=True)
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        layer(x).sum().backward()
    assert counter.get_total_flops() == 6 * 32 * 32 * 10
    assert 6 * TINY * 4 * 4_096 == pytest.approx(16e9, rel=0.01)
    stated("모두 $6M$번", "$6M$ in all", "16 GFLOP")


def source_and_output(containing):
    """The one cell that contains these words, and what it printed, in the English notebook."""
    cells = nbformat.read(ROOT / "book" / "en" / "making_it_fast.ipynb", 4).cells
    (cell,) = (c for c in cells if c.cell_type == "code" and containing in c.source)
    return cell.source, "".join(o.get("text", "") for o in cell.outputs)


def test_what_the_calls_of_a_step_take_on_a_gpu():
    assert "calls in a step: 175\n" in source_and_output("with Counting()")[1]
    seconds = 175 * 5e-6
    assert f"{1e3 * seconds:.1f}" == "0.9" and round(1 / seconds, -2) == 1_100
    stated(
        "175번에 0.9밀리초, 1초에 샘플 1,100개", "175 calls of section 7.4 take 0.9 milliseconds"
    )
    stated("some 1,100 samples a second")


def test_cells_that_compile_say_why_they_cannot(monkeypatch, capsys):
    """Both name the reason; the training step is PyTorch's in the place of the fused one."""

    def none():
        raise NoCompiler("no C++ compiler")

    monkeypatch.setattr("tinyaudio.samplers.native.step.library", none)
    monkeypatch.setattr("tinyaudio.models.fused.library", none)
    names = {"WaveNet": WaveNet, "WaveNetConfig": WaveNetConfig, "by_native": {1: 4_590}}
    exec(source_and_output("sizes = ")[0], names)
    assert capsys.readouterr().out.count("no C++ compiler") == 2
    net = WaveNet(WaveNetConfig.tiny())
    names |= {"FusedStep": FusedStep, "cross_entropy": F.cross_entropy, "net": net}
    exec(source_and_output('FusedStep(net, "baseline")')[0], names)
    assert "no C++ compiler" in capsys.readouterr().out
    codes = torch.randint(256, (1, 50))
    assert torch.equal(names["fast"](codes, codes), F.cross_entropy(net(codes), codes))


def test_wavernn_is_four_times_24_khz():
    assert 4 * 24_000 == 96_000
    assert TEXT.count("| 96,000 | {cite}`kalchbrenner2018` |") == 2


def test_training_ratios_are_the_record_s():
    pytorch, peer = (TRAINING[f"fused_step_over_{name}"] for name in ("pytorch", "r9y9"))
    assert TEXT.count(f"**{pytorch}**") + TEXT.count(f"**{pytorch}배**") == 2
    assert TEXT.count(f"**{peer}**") + TEXT.count(f"**{peer}배**") == 2
