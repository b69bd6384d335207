"""DiffWave: the public package's size layer by layer, steps for each clip, a field of both sides, one condition for all."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.diffwave import DiffWave, DiffWaveConfig
from tinyaudio.models.diffwave_inputs import MelUpsampler, StepEmbedding

SMALL = DiffWaveConfig(channels=4, n_layers=4, dilation_cycle=3, n_mels=5, strides=(2, 4))


def count(module):
    return sum(p.numel() for p in module.parameters())


def network(config=SMALL):
    """A network whose output is not 0."""
    torch.manual_seed(0)
    net = DiffWave(config).eval()
    torch.nn.init.normal_(net.output.weight)
    return net


@pytest.fixture
def inputs():
    """Two noisy clips, their steps, and their spectrograms."""
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(2, 1, 48, generator=draws)
    return x, torch.tensor([2.0, 7.0]), torch.randn(2, 5, 6, generator=draws)


def test_the_paper_s_size_layer_by_layer():
    """64 channels, 30 layers, 80 bands: the 2,619,971 of the package diffwave 0.1.7, and 2,308,737 without a condition."""
    with torch.device("meta"):
        net, alone, large = map(
            DiffWave,
            (
                DiffWaveConfig.paper(),
                replace(DiffWaveConfig.paper(), n_mels=0),
                DiffWaveConfig.large(),
            ),
        )
    dilated, step = 3 * 64 * 128 + 128, 512 * 64 + 64
    condition, output = 80 * 128 + 128, 64 * 128 + 128
    sizes = {
        "input": 64 + 64,
        "step": 128 * 512 + 512 + 512 * 512 + 512,
        "upsample": 2 * (3 * 32 + 1),
        "layers": 30 * (dilated + step + condition + output),
        "skip": 64 * 64 + 64,
        "output": 64 + 1,
    }
    assert {name: count(child) for name, child in net.named_children()} == sizes
    assert count(net) == 2_619_971
    assert count(alone) == 2_619_971 - sizes["upsample"] - 30 * condition == 2_308_737
    assert count(large) == pytest.approx(6.91e6, rel=0.01)  # section 5.1: 6.91 M
    assert net.config.hop_length == 256 and net.config.dilations[8:12] == [256, 512, 1, 2]


def test_each_clip_has_its_own_step_and_it_may_be_fractional(inputs):
    net, (x, _, mel) = network(), inputs
    t = torch.tensor([0.25, 6.5])
    both = net(x, t, mel)
    for i in range(2):
        alone = net(x[i : i + 1], t[i : i + 1], mel[i : i + 1])
        torch.testing.assert_close(both[i : i + 1], alone)
    assert not torch.allclose(both, net(x, t.floor(), mel))


def test_between_two_steps_the_encoding_is_interpolated():
    embed = StepEmbedding()
    below, between, above = embed.encode(torch.tensor([3.0, 0.0, 4.0]))[[0, 1, 2]]
    seen = []
    embed.hidden.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    embed(torch.tensor([3.25, 3.0, 0.0]))
    torch.testing.assert_close(seen[0][0], 0.75 * below + 0.25 * above)
    assert torch.equal(seen[0][1], below) and torch.equal(seen[0][2], between)
    assert torch.equal(between, torch.cat([torch.zeros(64), torch.ones(64)]))
    # the slowest pair turns by one radian a step, the fastest by 10,000
    torch.testing.assert_close(below[0], torch.tensor(3.0).sin())
    torch.testing.assert_close(embed.frequencies[-1], torch.tensor(1e4))


def test_an_output_depends_on_both_sides_as_far_as_the_dilations_reach():
    """The field is 1 + 2 (1 + 2 + 4 + 1) samples here, the middle one in its middle."""
    net = network(replace(SMALL, n_mels=0))
    x = torch.randn(1, 1, 61, requires_grad=True)
    net(x, torch.zeros(1))[0, 0, 30].backward()
    reached = x.grad[0, 0].nonzero()[:, 0]
    assert (reached.min(), reached.max()) == (30 - 8, 30 + 8)


def test_frames_become_their_samples():
    upsample = MelUpsampler((2, 4))
    torch.nn.init.ones_(upsample[0].weight)
    torch.nn.init.ones_(upsample[1].weight)
    mel = torch.zeros(1, 5, 6)
    mel[0, :, 3] = 1.0
    with torch.no_grad():
        for one in upsample:
            one.bias.zero_()
        reached = upsample(mel)[0, 2].nonzero()[:, 0]
    # two filters of two strides each, around the samples 24 to 31 of frame 3
    assert upsample(mel).shape == (1, 5, 48)
    assert (reached.min(), reached.max()) == (24 - 6, 31 + 6)


def test_a_condition_computed_once_gives_the_same(inputs):
    net, (x, t, mel) = network(), inputs
    bound = net.with_mel(mel)
    for step in (t, t + 0.5):
        assert torch.equal(bound(x, step), net(x, step, mel))
    shared = net.with_mel(mel[:1])(x, t)  # one spectrogram for all clips
    torch.testing.assert_close(shared, net(x, t, mel[:1].expand(2, -1, -1)))


def test_an_untrained_network_predicts_no_noise_and_every_parameter_has_a_gradient(inputs):
    x, t, mel = inputs
    torch.manual_seed(0)
    fresh = DiffWave(SMALL)
    assert torch.equal(fresh(x, t, mel), fresh.output.bias.expand_as(x))
    net = network()
    net(x, t, mel).square().sum().backward()
    # nothing reads the last layer's residual, half of its output
    half = SMALL.channels
    assert not net.layers[-1].output.weight.grad[:half].any()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_a_wrong_condition_is_refused(inputs):
    x, t, mel = inputs
    net, alone = network(), network(replace(SMALL, n_mels=0))
    for call, message in [
        (lambda: net(x, t), "no bands: this network takes 5 mel bands"),
        (lambda: net(x, t, mel[:, :4]), "4 bands: this network takes 5"),
        (lambda: alone(x, t, mel), "5 bands: this network takes no condition"),
        (lambda: net(x[:, :, :40], t, mel), "6 frames of 8 samples for a clip of 40 samples"),
        (lambda: DiffWaveConfig(strides=(5, 5)), r"strides \(5, 5\): must be even"),
    ]:
        with pytest.raises(UserError, match=message):
            call()
