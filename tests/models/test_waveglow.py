"""WaveGlow: exact inverses and determinants, the public code's size, and the hum of its squeeze."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from tinyaudio.errors import UserError
from tinyaudio.models.waveglow import WaveGlow, WaveGlowConfig
from tinyaudio.models.waveglow_blocks import (
    WN,
    AffineCoupling,
    InvertibleConv,
    squeeze,
    unsqueeze,
)
from tinyaudio.models.weight_norm import count_folded, folded

SMALL = WaveGlowConfig(5, 8, 3, 4, n_flows=3, early_every=2, channels=6, n_layers=2)


def stirred(config, seed=0, std=0.3):
    """A network that is no longer the identity it begins with."""
    torch.manual_seed(seed)
    net = WaveGlow(config)
    with torch.no_grad():
        for coupling in net.couplings:
            coupling.wn.end.weight.normal_(std=std / config.channels**0.5)
            coupling.wn.end.bias.normal_(std=std)
        for mixture in net.mixtures:
            mixture.weight += 0.1 * torch.randn_like(mixture.weight)
    return net


def numerical_log_det(function, x):
    """Of the whole Jacobian, number by number."""
    jacobian = torch.autograd.functional.jacobian(lambda flat: function(flat).flatten(), x)
    return torch.linalg.slogdet(jacobian.reshape(x.numel(), x.numel())).logabsdet


def test_squeezing_puts_neighbours_into_channels():
    x = torch.arange(12.0)[None, None]
    assert squeeze(x, 4)[0].tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    batch = torch.randn(2, 3, 12)
    assert torch.equal(unsqueeze(squeeze(batch, 4), 4), batch)
    assert torch.equal(squeeze(batch, 4)[:, :4], squeeze(batch[:, :1], 4))  # channel by channel


def test_a_mixture_begins_as_a_rotation_and_counts_every_group():
    torch.manual_seed(0)
    for _ in range(5):
        conv = InvertibleConv(4)
        assert torch.linalg.det(conv.weight).item() == pytest.approx(1, abs=1e-5)
    x = torch.randn(2, 4, 5, dtype=torch.float64)
    conv.double()
    with torch.no_grad():
        conv.weight.copy_(torch.diag(torch.tensor([2.0, 3.0, -1.0, 1.0])))
    y, log_det = conv(x)
    torch.testing.assert_close(log_det, torch.full((2,), 5 * math.log(6)).double())
    torch.testing.assert_close(conv.inverse(y), x)


def test_a_coupling_leaves_a_half_and_scales_the_other():
    torch.manual_seed(0)
    coupling, x, condition = AffineCoupling(4, 3, 6, 2), torch.randn(2, 4, 5), torch.randn(2, 3, 5)
    y, log_det = coupling(x, condition)
    assert torch.equal(y, x) and torch.equal(log_det, torch.zeros(2))  # as initialised
    with torch.no_grad():
        coupling.wn.end.bias.copy_(torch.tensor([0.5, -1.0, math.log(2), math.log(3)]))
    y, log_det = coupling(x, condition)
    assert torch.equal(y[:, :2], x[:, :2])
    torch.testing.assert_close(y[:, 2], 2 * x[:, 2] + 0.5)
    torch.testing.assert_close(y[:, 3], 3 * x[:, 3] - 1)
    torch.testing.assert_close(log_det, torch.full((2,), 5 * math.log(6)))
    torch.testing.assert_close(coupling.inverse(y, condition), x)


def test_a_wn_sees_both_sides_and_the_condition_and_uses_every_parameter():
    torch.manual_seed(0)
    wn = WN(2, 3, 4, n_layers=3)
    nn.init.normal_(wn.end.weight)
    x, condition = torch.randn(1, 2, 40), torch.randn(1, 3, 40)
    at = []
    for changed in ("x", "condition"):
        other = {"x": x.clone(), "condition": condition.clone()}
        other[changed][..., 20] += 1
        moved = (wn(x, condition) != wn(*other.values())).any(1)[0].nonzero().flatten()
        at.append((moved.min().item(), moved.max().item()))
    assert at == [
        (20 - 7, 20 + 7),
        (20 - 6, 20 + 6),
    ]  # 1 + 2 + 4; a condition enters after the first
    wn(x, condition).square().sum().backward()
    for name, parameter in wn.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("config", [SMALL, WaveGlowConfig.tiny()])
def test_it_is_invertible(config):
    net = stirred(config)
    audio = torch.randn(2, 1, 5 * config.hop_length)
    mel = torch.randn(2, config.n_mels, 5)
    with torch.no_grad():
        z, _ = net(audio, mel)
        assert z.numel() == audio.numel() and not torch.allclose(z, squeeze(audio, config.n_group))
        torch.testing.assert_close(net.inverse(z, mel), audio, atol=1e-4, rtol=0)
        torch.testing.assert_close(net(net.inverse(z, mel), mel)[0], z, atol=1e-4, rtol=0)
        torch.testing.assert_close(folded(net).inverse(z, mel), audio, atol=1e-4, rtol=0)


@pytest.mark.parametrize("seed", range(3))
def test_its_log_determinant_is_the_numerical_one(seed):
    net = stirred(SMALL, seed).double()
    audio, mel = torch.randn(1, 1, 16).double(), torch.randn(1, 5, 2).double()
    _, log_det = net(audio, mel)
    found = numerical_log_det(lambda x: net(x, mel)[0], audio)
    assert log_det.item() == pytest.approx(found.item(), abs=1e-8) and abs(log_det) > 0.1
    back = numerical_log_det(lambda z: net.inverse(z, mel), net(audio, mel)[0].detach())
    assert back.item() == pytest.approx(-found.item(), abs=1e-8)


def test_each_clip_has_its_own_determinant():
    net = stirred(SMALL)
    audio, mel = torch.randn(3, 1, 24), torch.randn(3, 5, 3)
    _, together = net(audio, mel)
    alone = torch.cat([net(audio[i : i + 1], mel[i : i + 1])[1] for i in range(3)])
    torch.testing.assert_close(together, alone)
    assert together.std() > 0


def test_early_channels_leave_before_the_third_step():
    net = stirred(SMALL)
    assert [m.weight.shape[0] for m in net.mixtures] == [4, 4, 2] and SMALL.n_left == 2
    paper = WaveGlowConfig.paper()
    assert paper.n_left == 4
    audio, mel = torch.randn(1, 1, 24), torch.randn(1, 5, 3)
    before, _ = net(audio, mel)
    with torch.no_grad():
        net.mixtures[2].weight *= 3  # the last step
    after, _ = net(audio, mel)
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2:], after[:, 2:])


def test_the_paper_s_size():
    """87.73 million (table 1 of HiFi-GAN), 87.88 with the lengths of weight normalization (WaveFlow)."""
    with torch.device("meta"):
        paper = WaveGlowConfig.paper()
        upsample = nn.ConvTranspose1d(80, 80, 1024, 256)
        couplings = [AffineCoupling(c, 640, 256, 8) for c in [8] * 4 + [6] * 4 + [4] * 4]
    rotations = 4 * (8**2 + 6**2 + 4**2)

    def conv(c, d, k=1):
        return c * d * k + d

    shared = conv(640, 2 * 256 * 8) + 8 * conv(256, 512, 3) + 7 * conv(256, 512) + conv(256, 256)
    halves = [conv(half, 256) + conv(256, 2 * half) for half in (4, 3, 2)]
    total = conv(80, 80, 1024) + rotations + 12 * shared + 4 * sum(halves)
    n_trained = sum(p.numel() for one in [upsample, *couplings] for p in one.parameters())
    assert total == 87_731_816
    assert n_trained + rotations == 87_879_272
    assert count_folded(nn.ModuleList(couplings)) + conv(80, 80, 1024) + rotations == total
    small = WaveGlow(replace(paper, hop_length=8, n_mels=4, frame_channels=4, channels=4))
    assert [m.weight.shape[0] for m in small.mixtures] == [8] * 4 + [6] * 4 + [4] * 4


def test_a_frame_acts_around_its_middle():
    """Frame 4 of 9, at sample 32: the upsampling reaches two hops to either side."""
    net, mel = stirred(SMALL), torch.randn(1, 5, 9)
    other = mel.clone()
    other[:, :, 4] += 1
    moved = (net.condition(mel) != net.condition(other)).any(1)[0].nonzero().flatten()
    assert (moved.min().item(), moved.max().item()) == (16 // 4, 48 // 4 - 1)


# ---------------------------------------------------------------------------- the hum of the squeeze


def lines_db(sound, n_group):
    """Power at k fs / n_group over that of the bins around, in dB, k = 1 .. n_group / 2."""
    n = sound.shape[2]
    power = torch.fft.rfft(sound[:, 0].double(), dim=1).abs().square().mean(0)
    found = []
    for k in range(1, n_group // 2 + 1):
        at = k * n // n_group
        around = torch.cat([power[at - 40 : at - 2], power[at + 3 : at + 41]])
        found.append(10 * torch.log10(power[at] / around.mean()).item())
    return torch.tensor(found)


@pytest.mark.parametrize("seed", range(3))
def test_untrained_output_has_lines_at_every_eighth_of_the_rate(seed):
    """With PyTorch's initial values in all layers.  As the paper initialises it, couplings do nothing: no line."""
    torch.manual_seed(seed)
    config = WaveGlowConfig.tiny()
    net = WaveGlow(config)
    z, mel = torch.cat([net.noise(512, i) for i in range(2)]), torch.zeros(2, 80, 512)
    with torch.no_grad():
        white = lines_db(net.inverse(z, mel), 8)
        for coupling in net.couplings:
            coupling.wn.end.reset_parameters()
        hum = lines_db(net.inverse(z, mel), 8)
        elsewhere = lines_db(net.inverse(z, mel)[..., : 512 * 64 // 7 * 7], 7)
    # The mean of two bins of noise is rarely eight times its neighbours.
    assert white.max() < 9 and elsewhere.max() < 9
    assert hum.max() > 20 and (hum > 10).sum() >= 2
    assert hum.max() > white.max() + 12


def test_wrong_sizes_are_refused():
    net = WaveGlow(SMALL)
    for call, message in [
        (
            lambda: net(torch.zeros(1, 1, 32), torch.zeros(1, 4, 4)),
            "4 bands: this network takes 5",
        ),
        (lambda: net(torch.zeros(1, 1, 30), torch.zeros(1, 5, 4)), "4 frames of 8 samples"),
        (lambda: net.inverse(torch.zeros(1, 4, 0), torch.zeros(1, 5, 0)), "without a frame"),
        (lambda: replace(SMALL, hop_length=6), "must be a multiple of 4"),
        (lambda: replace(SMALL, early_size=1), "must be even"),
        (lambda: replace(SMALL, n_flows=5), "no channel is left of 4"),
    ]:
        with pytest.raises(UserError, match=message):
            call()
    assert net.inverse(net.noise(1, 0), torch.zeros(1, 5, 1)).shape == (1, 1, 8)
