"""A waveform made in blocks is the one made at once, in few lengths; a context too small is seen."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.hifigan import HiFiGAN, HiFiGANConfig
from tinyaudio.models.univnet import UnivNet, UnivNetConfig
from tinyaudio.models.waveglow import WaveGlow, WaveGlowConfig
from tinyaudio.samplers.vocoder_blocks import LENGTHS, block_length, in_blocks

HIFIGANS = {
    "tiny": HiFiGANConfig.tiny(),
    "pairs": replace(HiFiGANConfig.v1(), channels=16),
    "v3": replace(HiFiGANConfig.v3(), channels=16),
}
UNIVNETS = {
    "tiny": UnivNetConfig.tiny(),
    "odd": UnivNetConfig(80, 4, 4, (3, 5), (1, 9), 4),
    "c32": replace(UnivNetConfig.c32(), n_mels=80, channels=4, predictor_channels=4),
}
WAVEGLOWS = {
    "tiny": replace(WaveGlowConfig.tiny(), channels=4),
    "paper": WaveGlowConfig(80, 64, 8, n_flows=4, early_every=2, channels=4, n_layers=5),
}


def lively(net):
    """Weights with which every layer matters."""
    torch.manual_seed(0)
    for p in net.parameters():
        p.data.normal_(std=0.2)
    return net.double().eval()


@torch.no_grad()
def made(config, n_frames):
    """A network, its inputs, and what it makes at once."""
    torch.manual_seed(1)
    frames = torch.randn(1, 80, n_frames, dtype=torch.float64)
    if isinstance(config, HiFiGANConfig):
        net, inputs = lively(HiFiGAN(config)), [frames]
    elif isinstance(config, UnivNetConfig):
        net, inputs = lively(UnivNet(config)), [frames]
        inputs.append(net.noise(n_frames, 0).double())
    else:
        flow = lively(WaveGlow(config))
        net, inputs = (
            lambda mel, z: flow.inverse(z, mel),
            [frames, flow.noise(n_frames, 0).double()],
        )
    return net, inputs, net(*inputs)


CONFIGS = [*HIFIGANS.values(), *UNIVNETS.values(), *WAVEGLOWS.values()]


@pytest.mark.parametrize("config", CONFIGS)
def test_blocks_are_the_whole(config):
    n_frames = 9 * config.context_frames + 5
    net, inputs, whole = made(config, n_frames)
    lengths = set()

    def watched(*parts):
        lengths.add(parts[0].shape[2])
        return net(*parts)

    with torch.no_grad():
        blocks = in_blocks(watched, inputs, config.context_frames)
    assert (blocks - whole).abs().max() < 1e-10 * whole.abs().max()
    assert lengths <= {k * config.context_frames for k in LENGTHS} and len(lengths) > 1


@pytest.mark.parametrize("config", [HIFIGANS["tiny"], UNIVNETS["tiny"]])
def test_a_smaller_context_would_be_seen(config):
    net, inputs, whole = made(config, 50)
    with torch.no_grad():
        short = in_blocks(net, inputs, context_frames=2)
    assert (short - whole).abs().max() > 1e-5 * whole.abs().max()


@pytest.mark.parametrize("n_frames", [1, 3, 4, 7, 8, 15, 16, 17, 33, 100])
def test_every_length_and_few_of_blocks(n_frames):
    """A moving sum, whose context is one frame."""
    x, lengths = torch.arange(1.0, n_frames + 1)[None, None], set()

    def moving_sum(x):
        lengths.add(x.shape[2])
        return torch.nn.functional.conv1d(x, torch.ones(1, 1, 3), padding=1).repeat_interleave(2, 2)

    blocks = in_blocks(moving_sum, [x], context_frames=1)
    assert torch.equal(blocks, moving_sum(x))
    assert lengths - {n_frames} <= set(LENGTHS)


def test_most_frames_are_computed_once():
    """A sixteenth more for a long clip."""
    context, computed = 6, []
    in_blocks(lambda x: computed.append(x.shape[2]) or x, [torch.zeros(1, 1, 10_000)], context)
    assert 1.05 < sum(computed) / 10_000 < 1.1
    assert block_length(1, 1, context) == 1
