"""The benchmark of diffusion networks: a pair is told apart where it differs; what is not installed is null."""

import copy
import json
import sys

import pytest
import torch

from benchmarks import diffusion, diffusion_peers
from tinyaudio.models.wavegrad import WaveGrad, WaveGradConfig

KEYS = {
    f"{name}_{key}"
    for name in ("diffwave", "wavegrad")
    for key in ("over_peer", "forward", "step", "error", "parameters")
} | {"with_mel_over_forward", "threads", "cpu"}


class Stub(torch.nn.Module):
    """A peer that computes what ours does, called as LMNT's networks are."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, audio, mel, level):
        return self.net(audio[:, None], level, mel)


@pytest.fixture
def quick(monkeypatch, one_thread):
    monkeypatch.setattr(diffusion, "ROUNDS", 1)
    monkeypatch.setitem(diffusion.FRAMES, "diffwave", (2, 256, 80))
    monkeypatch.setitem(diffusion.FRAMES, "wavegrad", (2, 64, 80))


def test_without_the_peers_their_keys_are_null(quick, monkeypatch, capsys):
    monkeypatch.setattr(diffusion_peers.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["diffusion", "--json"])
    diffusion.main()
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert set(found) == KEYS
    assert {found[k] for k in KEYS if k.startswith(("diffwave", "wavegrad"))} == {None}
    assert 0 < found["with_mel_over_forward"] and found["threads"] == 1
    assert all(f"pip install --no-deps {name}" in err for name in ("diffwave", "wavegrad"))


def test_the_larger_ratio_counts_and_an_error_is_seen(quick, monkeypatch):
    torch.manual_seed(0)
    ours = WaveGrad(WaveGradConfig.tiny())
    peer = Stub(copy.deepcopy(ours))
    found = diffusion.compared("wavegrad", (ours, peer))
    assert found["wavegrad_error"] == 0
    assert found["wavegrad_over_peer"] == max(found["wavegrad_forward"], found["wavegrad_step"])
    assert found["wavegrad_parameters"] == 2 * [sum(p.numel() for p in ours.parameters())]
    with torch.no_grad():
        peer.net.output.bias += 1.0
    assert diffusion.compared("wavegrad", (ours, peer))["wavegrad_error"] > 0.9


def test_weights_are_the_same_and_all_of_them_matter():
    ours, peer = torch.nn.Linear(2, 3), torch.nn.Linear(2, 3)
    torch.nn.init.zeros_(ours.bias)
    diffusion_peers.with_weights_of(ours, peer)
    assert torch.equal(ours.weight, peer.weight) and torch.equal(ours.bias, peer.bias)
    assert ours.bias.all()
    with pytest.raises(ValueError, match="other weights"):
        diffusion_peers.with_weights_of(ours, torch.nn.Linear(2, 4))
