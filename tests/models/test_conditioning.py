"""The condition acts in the same way at once, step by step and after a prompt; what does not fit is refused."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.conditioning import Conditioner
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig

SMALL = WaveNetConfig(
    n_levels=16, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)
HOP, N_FRAMES = 8, 6
FRAMES = ConditionConfig(n_frame_channels=4, frame_taps=3, hop_length=HOP, channels=7)
CONFIGS = {
    "classes": ConditionConfig(n_classes=(3, 5), channels=7),
    "vector": ConditionConfig(n_vector=2, channels=7),
    "frames": FRAMES,
    "all": replace(FRAMES, n_classes=(3, 5), n_vector=2),
}
PARTS = {"classes": ["classes"], "vector": ["vectors"], "frames": ["frames"]}
PARTS["all"] = ["classes", "vectors", "frames"]
every_config = pytest.mark.parametrize("kind", CONFIGS)


def network(config):
    """As after training: no zero weights, no linear interpolation."""
    torch.manual_seed(0)
    net = WaveNet(replace(SMALL, condition=config))
    torch.nn.init.normal_(net.logits.weight)
    if net.conditioner.upsample:
        torch.nn.init.normal_(net.conditioner.upsample.weight)
    return net


def condition_for(config, n_frames=N_FRAMES):
    """Of two clips that differ in everything."""
    generator = torch.Generator().manual_seed(1)
    vectors = torch.randn(2, config.n_vector, generator=generator)
    frames = torch.randn(2, config.n_frame_channels, n_frames, generator=generator)
    return Condition(
        classes=torch.tensor([[2, 4], [0, 1]]) if config.n_classes else None,
        vectors=vectors if config.n_vector else None,
        frames=frames if config.n_frame_channels else None,
    )


def codes_for(n_samples=HOP * N_FRAMES):
    return torch.randint(16, (2, n_samples), generator=torch.manual_seed(2))


@every_config
@torch.no_grad()
def test_steps_and_steps_after_a_prompt_equal_columns(kind):
    net, condition, codes = network(CONFIGS[kind]), condition_for(CONFIGS[kind]), codes_for()
    columns = net(codes, condition)
    for n_prompt in (0, 1, 3, 8, 13, 21, 43):  # within a frame, at its end, beyond the field of 15
        cache = net.init_cache(2, condition)
        previous = torch.full((2,), net.silence)
        if n_prompt:
            cache = net.prefill(codes[:, :n_prompt], condition)
            previous = codes[:, n_prompt - 1]
        for t in range(n_prompt, HOP * N_FRAMES):
            logits = net.step(previous, cache, t)
            torch.testing.assert_close(logits, columns[:, :, t], rtol=0, atol=1e-5)
            previous = codes[:, t]


@every_config
@torch.no_grad()
def test_every_part_acts_on_its_own_clip_alone(kind):
    net, condition, codes = network(CONFIGS[kind]), condition_for(CONFIGS[kind]), codes_for()
    outputs = net(codes, condition)
    for name in PARTS[kind]:
        part = getattr(condition, name)
        first = part[:1].expand_as(part)  # the first clip's for both
        changed = net(codes, replace(condition, **{name: first}))
        assert torch.equal(changed[0], outputs[0])
        assert not torch.equal(changed[1], outputs[1])
        # A single condition serves all clips.
        alone = Condition(**{other: getattr(condition, other)[:1] for other in PARTS[kind]})
        torch.testing.assert_close(net(codes, alone)[0], outputs[0], rtol=0, atol=1e-5)


def test_frames_that_end_too_soon_are_refused():
    net, condition, codes = network(FRAMES), condition_for(FRAMES), codes_for()
    short = replace(condition, frames=condition.frames[:, :, :-1])
    net.prefill(codes, condition)
    with pytest.raises(UserError, match="the condition ends after 40 samples"):
        net.prefill(codes, short)
    with pytest.raises(UserError, match="the condition ends after 40 samples"):
        net.step(codes[:, 0], net.init_cache(2, short), 40)


def test_frames_act_on_exactly_their_neighbourhood():
    """Two neighbours by the upsampler, one more by three taps."""
    torch.manual_seed(0)
    config = ConditionConfig(n_frame_channels=2, frame_taps=3, hop_length=4, channels=3)
    conditioner = Conditioner(config, 1, 2)
    torch.nn.init.normal_(conditioner.upsample.weight)
    frames = torch.randn(1, 2, 9, requires_grad=True)
    (offsets,) = conditioner(Condition(frames=frames), 1, 36)
    (slope,) = torch.autograd.grad(offsets[0, 4 * 4 + 1].sum(), frames)
    assert slope.abs().sum((0, 1)).nonzero().flatten().tolist() == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_condition_moves_to_a_device(device):
    condition = Condition(vectors=torch.zeros(1, 2), frames=torch.zeros(1, 2, 3)).to(device)
    assert condition.classes is None
    assert {condition.vectors.device.type, condition.frames.device.type} == {device}


@pytest.mark.parametrize("kind", ["frames", "all"])
@torch.no_grad()
def test_a_recording_may_end_within_its_last_frame(kind):
    net, condition, codes = network(CONFIGS[kind]), condition_for(CONFIGS[kind]), codes_for()
    whole = net(codes, condition)
    for n_samples in (HOP * (N_FRAMES - 1) + 1, HOP * N_FRAMES - 1):
        torch.testing.assert_close(
            net(codes[:, :n_samples], condition), whole[:, :, :n_samples], atol=1e-5, rtol=0
        )


@torch.no_grad()
def test_a_frame_too_many_or_too_few_is_refused():
    net = network(FRAMES)
    for n_samples in (HOP * (N_FRAMES - 1), HOP * N_FRAMES + 1):
        with pytest.raises(UserError, match=f"not the {n_samples} of the recording"):
            net(codes_for(n_samples), condition_for(FRAMES))


def test_collated_conditions_are_one_batch():
    both = condition_for(replace(FRAMES, n_classes=(3, 5)))
    clips = [Condition(both.classes[i : i + 1], None, both.frames[i : i + 1]) for i in range(2)]
    again = Condition.collate(clips)
    assert again.vectors is None
    assert torch.equal(again.classes, both.classes) and torch.equal(again.frames, both.frames)
