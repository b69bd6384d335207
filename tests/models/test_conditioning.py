"""What a network is told reaches it alike at once, step by step and after a prompt; what does not fit is told."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.conditioning import Conditioner
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent.oscillator import oscillator

SMALL = WaveNetConfig(
    n_levels=16, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)
HOP, N_FRAMES = 8, 6
ALONE = ConditionConfig(n_octaves=3, hop_length=HOP, channels=7)
KINDS = {
    "alone": ALONE,
    "with classes": replace(ALONE, n_classes=(3,)),
    "with frames": replace(ALONE, n_frame_channels=4, frame_taps=3, frame_layers=2),
    "with samples": replace(ALONE, n_sample_channels=2),
}
DRAFT = ConditionConfig(n_sample_channels=2, hop_length=HOP, channels=7)
every_kind = pytest.mark.parametrize("kind", KINDS)


def network(config):
    """As after training: nothing is zero, nothing linear."""
    torch.manual_seed(0)
    net = WaveNet(replace(SMALL, condition=config))
    told = net.conditioner
    weights = [net.logits.weight]
    weights += [part.weight for part in (told.waves, told.samples) if part]
    if told.upsample:
        weights += [told.upsample.weight, *(layer.add.weight for layer in told.thinking)]
    for weight in weights:
        torch.nn.init.normal_(weight)
    return net


def told(config, n_frames=N_FRAMES):
    """Two clips at two pitches."""
    draws, cycles = torch.Generator().manual_seed(1), None
    if config.n_octaves:
        hz = torch.tensor([[220.0], [331.0]]).expand(2, n_frames)
        cycles = oscillator(hz, 4_000, HOP)
    return Condition(
        classes=torch.tensor([[2], [0]]) if config.n_classes else None,
        frames=torch.randn(2, config.n_frame_channels, n_frames, generator=draws)
        if config.n_frame_channels
        else None,
        cycles=cycles,
        samples=torch.randn(2, config.n_sample_channels, n_frames * HOP, generator=draws)
        if config.n_sample_channels
        else None,
    )


def but(condition, **parts):
    """The condition that a user can make; under pytest, shapes are checked before ours are."""
    other = replace(condition)
    for name, part in parts.items():
        object.__setattr__(other, name, part)
    return other


def with_cycles(condition, cycles):
    return but(condition, cycles=cycles)


def codes_for(n_samples=HOP * N_FRAMES):
    return torch.randint(16, (2, n_samples), generator=torch.manual_seed(2))


@every_kind
@torch.no_grad()
def test_steps_and_steps_after_a_prompt_equal_columns(kind):
    net, condition, codes = network(KINDS[kind]), told(KINDS[kind]), codes_for()
    columns = net(codes, condition)
    for n_given in (0, 1, 3, 8, 13, 21, 43):  # within a frame, at its end, beyond the reach of 15
        memory = net.start(2, condition)
        previous = torch.full((2,), net.silence)
        if n_given:
            memory = net.prefill(codes[:, :n_given], condition)
            previous = codes[:, n_given - 1]
        for t in range(n_given, HOP * N_FRAMES):
            after = net.step(previous, memory, t)
            torch.testing.assert_close(after, columns[:, :, t], rtol=0, atol=1e-5)
            previous = codes[:, t]


@every_kind
@torch.no_grad()
def test_every_clip_hears_its_own_pitch(kind):
    net, condition, codes = network(KINDS[kind]), told(KINDS[kind]), codes_for()
    one = condition.cycles[:1]
    same = with_cycles(condition, one.expand(2, -1, -1))
    init_ordinal_embedding = net(codes, same)
    assert torch.equal(net(codes, condition)[0], init_ordinal_embedding[0])
    assert not torch.equal(net(codes, condition)[1], init_ordinal_embedding[1])
    torch.testing.assert_close(
        net(codes, with_cycles(condition, one)), init_ordinal_embedding
    )  # one serves all


@every_kind
@torch.no_grad()
def test_without_o_or_without_a_pitch_there_is_no_oscillator(kind):
    config, codes = KINDS[kind], codes_for()
    net, condition = network(config), told(config)
    other = WaveNet(replace(SMALL, condition=replace(config, n_octaves=0)))
    missing = net.state_dict().keys() - other.state_dict().keys()
    assert missing == {"conditioner.waves.weight"}
    weights = {name: w for name, w in net.state_dict().items() if name not in missing}
    other.load_state_dict(weights)
    without = other(codes, with_cycles(condition, None))

    off = condition.cycles.clone()
    off[:, 3:] = torch.nan
    columns = net(codes, condition)
    half = net(codes, with_cycles(condition, off))
    assert torch.equal(half[..., : 3 * HOP], columns[..., : 3 * HOP])
    assert (half - columns)[..., 3 * HOP :].abs().amax(1).min() > 0
    off[:] = torch.nan
    assert torch.equal(net(codes, with_cycles(condition, off)), without)
    torch.nn.init.zeros_(net.conditioner.waves.weight)
    assert torch.equal(net(codes, condition), without)


@every_kind
def test_it_begins_without_an_oscillator_and_learns_to_hear_it(kind):
    torch.manual_seed(0)
    net, codes = WaveNet(replace(SMALL, condition=KINDS[kind])), codes_for()
    torch.nn.init.normal_(net.logits.weight)
    net(codes, told(KINDS[kind])).square().sum().backward()
    turning = net.conditioner.waves.weight
    assert turning.abs().max() == 0 and turning.grad.abs().sum(1).min() > 0  # of every gate
    for layer in getattr(net.conditioner, "thinking", []):
        assert layer.add.weight.abs().max() == 0 and layer.add.weight.grad.abs().max() > 0


@every_kind
def test_too_few_cycles_are_told(kind):
    config = KINDS[kind]
    net, condition, codes = network(config), told(config), codes_for()
    few = with_cycles(condition, condition.cycles[:, :-1])
    for run in (net, net.prefill):
        run(codes, condition)
        with pytest.raises(UserError, match="the condition ends after 40 samples"):
            run(codes, few)
    with pytest.raises(UserError, match="the condition ends after 40 samples"):
        net.step(codes[:, 0], net.start(2, few), 40)


WRONG = [
    ("with classes", None, r"conditioned on cycles \(3 each\); give them"),
    ("with classes", torch.zeros(2, N_FRAMES, 3), "3 numbers in cycles; this model takes 2"),
    ("with classes", torch.zeros(3, N_FRAMES, 2), "conditions of 3 clips for a batch of 2"),
    ("alone", torch.zeros(3, N_FRAMES, 2), "conditions of 3 clips for a batch of 2"),
    ("with frames", torch.zeros(2, 0, 2), "the condition's cycles are empty"),
    ("none", torch.zeros(2, N_FRAMES, 2), "takes no cycles; leave them out"),
]


@pytest.mark.parametrize(("kind", "cycles", "message"), WRONG, ids=[m for *_, m in WRONG])
def test_cycles_that_do_not_fit_are_told(kind, cycles, message):
    config = KINDS.get(kind, ConditionConfig(n_classes=(3,)))
    net, condition = network(config), with_cycles(told(config), cycles)
    for run in (net, net.prefill):
        with pytest.raises(UserError, match=message):
            run(codes_for(), condition)
    with pytest.raises(UserError, match=message):
        net.start(2, condition)


@torch.no_grad()
def test_samples_are_heard_where_they_stand_by_the_clip_they_are_told_to():
    """A sample before them nothing changes, and in the other clip nothing ever does."""
    net, condition, codes = network(DRAFT), told(DRAFT), codes_for()
    moved = condition.samples.clone()
    moved[1, 0, 20] += 1
    change = net(codes, but(condition, samples=moved)) - net(codes, condition)
    assert not change[0].any() and not change[1, :, :20].any()
    assert change[1, :, 20].abs().min() > 0
    one = but(condition, samples=condition.samples[:1])  # one serves all
    torch.testing.assert_close(net(codes, one)[0], net(codes, condition)[0])


def test_it_begins_without_samples_and_learns_to_hear_them():
    torch.manual_seed(0)
    net, codes = WaveNet(replace(SMALL, condition=DRAFT)), codes_for()
    torch.nn.init.normal_(net.logits.weight)
    net(codes, told(DRAFT)).square().sum().backward()
    weight = net.conditioner.samples.weight
    assert weight.abs().max() == 0 and weight.grad.abs().sum(1).min() > 0  # of every gate


WRONG_SAMPLES = [
    (None, r"conditioned on samples \(2 each\); give them"),
    (torch.zeros(2, 3, HOP * N_FRAMES), "3 numbers in samples; this model takes 2"),
    (torch.zeros(3, 2, HOP * N_FRAMES), "conditions of 3 clips for a batch of 2"),
    (torch.zeros(2, 2, 0), "the condition's samples are empty"),
    (torch.zeros(2, 2, HOP * N_FRAMES - 1), "the condition ends after 47 samples"),
]


@pytest.mark.parametrize(("samples", "message"), WRONG_SAMPLES, ids=[m for _, m in WRONG_SAMPLES])
def test_samples_that_do_not_fit_are_told(samples, message):
    condition = but(told(DRAFT), samples=samples)
    for run in (network(DRAFT), network(DRAFT).prefill):
        with pytest.raises(UserError, match=message):
            run(codes_for(), condition)


def test_frames_reach_no_further_than_they_should():
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
def test_a_condition_moves(device):
    parts = {
        "vectors": torch.zeros(1, 2),
        "frames": torch.zeros(1, 2, 3),
        "cycles": torch.zeros(1, 3, 2),
        "samples": torch.zeros(1, 2, 30),
    }
    condition = Condition(**parts).to(device)
    assert condition.classes is None
    assert {getattr(condition, name).device.type for name in parts} == {device}


@every_kind
@torch.no_grad()
def test_a_recording_may_end_within_its_last_frame(kind):
    net, condition, codes = network(KINDS[kind]), told(KINDS[kind]), codes_for()
    whole = net(codes, condition)
    for n_samples in (HOP * (N_FRAMES - 1) + 1, HOP * N_FRAMES - 1):
        torch.testing.assert_close(
            net(codes[:, :n_samples], condition), whole[:, :, :n_samples], atol=1e-5, rtol=0
        )


@torch.no_grad()
def test_a_frame_too_many_or_too_few_is_told():
    config = KINDS["with frames"]
    net = network(config)
    for n_samples in (HOP * (N_FRAMES - 1), HOP * N_FRAMES + 1):
        with pytest.raises(UserError, match=f"not the {n_samples} of the recording"):
            net(codes_for(n_samples), told(config))


def test_conditions_together_are_one_batch():
    config = replace(KINDS["with frames"], n_classes=(3,))
    both = told(config)
    first, second = (
        Condition(
            classes=both.classes[i : i + 1],
            frames=both.frames[i : i + 1],
            cycles=both.cycles[i : i + 1],
        )
        for i in range(2)
    )
    again = Condition.together([first, second])
    assert again.vectors is None
    for name in ("classes", "frames", "cycles"):
        assert torch.equal(getattr(again, name), getattr(both, name))


def test_every_clip_several_times_is_told_the_same():
    both = told(replace(KINDS["with frames"], n_classes=(3,), n_sample_channels=2))
    six = both.each(3)
    assert six.vectors is None
    for name in ("classes", "frames", "cycles", "samples"):
        part, repeated = getattr(both, name), getattr(six, name)
        assert torch.equal(repeated[:3], part[:1].expand_as(repeated[:3]))
        assert torch.equal(repeated[3:], part[1:].expand_as(repeated[3:]))
