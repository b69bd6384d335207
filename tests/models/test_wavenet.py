"""WaveNet: causality, receptive field, conditioning, and steps that equal columns."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.likelihood import bits_per_sample
from tinyaudio.samplers.autoregressive import cached, naive
from tinyaudio.samplers.conditioned import Conditioned

SMALL = WaveNetConfig(
    n_levels=16, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)
HOP = 8
BOTH = ConditionConfig(
    n_classes=(3, 5), n_vector=2, n_frame_channels=4, frame_taps=3, hop_length=HOP, channels=7
)
KINDS = {
    "plain": None,
    "classes": ConditionConfig(n_classes=(3, 5), channels=7),
    "vector": ConditionConfig(n_vector=2, channels=7),
    "frames": ConditionConfig(n_frame_channels=4, hop_length=HOP, channels=7),
    "all": BOTH,
}


def network(condition=None, seed=0, **changes):
    """A network whose output is not hidden by the zeros it starts from."""
    torch.manual_seed(seed)
    net = WaveNet(replace(SMALL, condition=condition, **changes))
    torch.nn.init.normal_(net.logits.weight)
    if net.conditioner and net.conditioner.upsample:  # as after training, no linear interpolation
        torch.nn.init.normal_(net.conditioner.upsample.weight)
    return net


def random_condition(config, batch_size=3, n_frames=6):
    """A random condition of the right kind."""
    if config is None:
        return None
    generator = torch.Generator().manual_seed(1)
    classes = [torch.randint(n, (batch_size,), generator=generator) for n in config.n_classes]
    return Condition(
        classes=torch.stack(classes, 1) if classes else None,
        vectors=torch.randn(batch_size, config.n_vector, generator=generator)
        if config.n_vector
        else None,
        frames=torch.randn(batch_size, config.n_frame_channels, n_frames, generator=generator)
        if config.n_frame_channels
        else None,
    )


def of_clip(condition, i):
    """The condition of one clip."""
    parts = (condition.classes, condition.vectors, condition.frames)
    return Condition(*(None if p is None else p[i : i + 1] for p in parts))


def run_steps(net, codes, condition=None):
    """Logits sample by sample, the codes given (teacher forcing)."""
    cache = net.init_cache(len(codes), condition)
    previous = torch.full((len(codes),), net.silence)
    columns = []
    with torch.no_grad():
        for t in range(codes.shape[1]):
            columns.append(net.step(previous, cache, t))
            previous = codes[:, t]
    return torch.stack(columns, 2)


def dependence(net, t, length):
    """Which input codes move the prediction at time t, by the gradient of the embedding."""
    seen = {}
    net.embed.register_forward_hook(
        lambda module, inputs, output: seen.update(x=output.retain_grad() or output)
    )
    codes = torch.randint(net.config.n_levels, (1, length))
    net(codes)[0, :, t].square().sum().backward()
    (places,) = seen["x"].grad[0].abs().sum(1).nonzero(as_tuple=True)
    return places - 1  # the network shifts its input by one


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("n_mixtures", [0, 2])
def test_no_gradient_from_the_future_and_the_receptive_field_is_the_formula(
    kernel_size, n_mixtures
):
    net = network(kernel_size=kernel_size, n_mixtures=n_mixtures)
    assert net.receptive_field == 1 + (kernel_size - 1) * 2 * (1 + 2 + 4)
    places = dependence(net, t=40, length=50)
    assert places.max() == 39  # exactly zero from t on
    assert 40 - places.min() == net.receptive_field


def test_receptive_field_of_wn30():
    """At full depth; few channels, since only the dilations matter."""
    config = replace(WaveNetConfig.wn30(), residual_channels=2, gate_channels=2, skip_channels=2)
    net = WaveNet(config).double()  # thirty gates in a row leave little of a gradient
    torch.nn.init.normal_(net.logits.weight)
    places = dependence(net, t=3200, length=3210)
    assert net.receptive_field == 3070 == 3200 - places.min()
    assert places.max() == 3199


@pytest.mark.parametrize("kind", KINDS)
def test_changing_a_code_changes_only_what_follows(kind):
    net, condition = network(KINDS[kind]), random_condition(KINDS[kind], 1)
    codes = torch.randint(16, (1, 48))
    other = codes.clone()
    other[0, 20] = (other[0, 20] + 1) % 16
    difference = (net(codes, condition) - net(other, condition)).abs().amax(1)[0]
    assert difference[:21].max() == 0
    assert difference[21:36].min() > 0
    assert difference[36:].max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_untrained_it_is_the_uniform_predictor(kind):
    config = replace(SMALL, n_levels=256, condition=KINDS[kind])
    codes = torch.randint(256, (3, 48))
    logits = WaveNet(config)(codes, random_condition(KINDS[kind]))
    assert logits.abs().max() == 0
    assert bits_per_sample(logits, codes).item() == pytest.approx(8, abs=2e-6)  # two roundings


@pytest.mark.parametrize(
    ("kind", "changes"),
    [*((kind, {}) for kind in KINDS), ("all", {"kernel_size": 3}), ("all", {"n_mixtures": 2})],
)
def test_steps_equal_columns(kind, changes):
    net, condition = network(KINDS[kind], **changes), random_condition(KINDS[kind])
    codes = torch.randint(16, (3, 48))
    torch.testing.assert_close(
        run_steps(net, codes, condition), net(codes, condition), rtol=0, atol=1e-5
    )


def test_steps_equal_columns_at_full_width():
    """Beyond the receptive field, in float32; the benchmark prints the same at full depth."""
    torch.manual_seed(0)
    net = WaveNet(replace(WaveNetConfig.wn30(), stacks=2, layers=6))
    torch.nn.init.normal_(net.logits.weight, std=0.1)
    codes = torch.randint(256, (1, 150))
    with torch.no_grad():
        difference = (run_steps(net, codes) - net(codes)).abs().max()
    assert net.receptive_field == 127
    assert difference <= 1e-5


@pytest.mark.parametrize("kind", ["plain", "all"])
def test_a_batch_is_its_single_streams(kind):
    net, condition = network(KINDS[kind]), random_condition(KINDS[kind])
    codes = torch.randint(16, (3, 48))
    for run in (net, lambda codes, condition: run_steps(net, codes, condition)):
        batched = run(codes, condition)
        for i in range(3):
            alone = run(codes[i : i + 1], condition and of_clip(condition, i))
            torch.testing.assert_close(batched[i : i + 1], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_registered_and_reached(kind):
    net, condition = network(KINDS[kind]), random_condition(KINDS[kind], 5)
    if condition and condition.classes is not None:  # every row of the tables
        condition = replace(
            condition, classes=torch.stack([torch.arange(5) % 3, torch.arange(5)], 1)
        )
    codes = torch.arange(48).repeat(5, 1) % 16
    net(codes, condition).square().sum().backward()
    for name, p in net.named_parameters():
        # Row by row, but behind a rectifier, whose output may be zero throughout.
        rows = p.grad if name.startswith(("skip", "head")) else p.grad.reshape(len(p), -1)
        assert rows.abs().sum(-1).max() > 0, name
        if not name.startswith(("skip", "head")):
            assert rows.abs().sum(-1).min() > 0, name
    assert len(net.state_dict()) == len(list(net.named_parameters()))  # nothing else is kept


def test_every_gate_is_conditioned():
    """The offsets of every layer, both gates, move the output."""
    net = network(KINDS["classes"])
    seen = {}
    net.conditioner.offsets.register_forward_hook(
        lambda module, inputs, output: seen.update(x=output.retain_grad() or output)
    )
    net(torch.randint(16, (3, 48)), random_condition(KINDS["classes"])).square().sum().backward()
    assert seen["x"].shape == (3, 1, 6 * 2 * 6)
    assert seen["x"].grad.abs().amin() > 0


def test_equal_embeddings_give_equal_outputs_and_others_do_not():
    net = network(KINDS["classes"])
    codes = torch.randint(16, (1, 30))
    a, b = (Condition(classes=torch.tensor([[i, 0]])) for i in (0, 1))
    assert not torch.equal(net(codes, a), net(codes, b))
    with torch.no_grad():
        table = net.conditioner.classes[0].weight
        table[1] = table[0]
    assert torch.equal(net(codes, a), net(codes, b))


@pytest.mark.parametrize("kind", KINDS)
def test_cached_draws_what_naive_draws(kind):
    net, condition = network(KINDS[kind]), random_condition(KINDS[kind], 2)
    model = Conditioned(net, condition) if condition else net
    prompt = torch.randint(16, (2, 20))  # longer than the receptive field, into the third frame
    slow = naive(model, 12, seeds=[5, 6], prompt=prompt)
    assert torch.equal(slow, cached(model, 12, seeds=[5, 6], prompt=prompt))


def test_one_condition_serves_all():
    net, condition = network(BOTH), random_condition(BOTH, 1)
    codes = torch.randint(16, (2, 48))
    twice = Condition(
        condition.classes.repeat(2, 1),
        condition.vectors.repeat(2, 1),
        condition.frames.repeat(2, 1, 1),
    )
    for run in (net, lambda codes, condition: run_steps(net, codes, condition)):
        torch.testing.assert_close(run(codes, condition), run(codes, twice), rtol=0, atol=1e-5)


@pytest.mark.parametrize("change", ["load", "optimizer", "to", "eval"])
def test_never_stale(change):
    """Steps equal columns after every change of the weights."""
    net, codes = network(BOTH), torch.randint(16, (3, 48))
    condition = random_condition(BOTH)
    before = run_steps(net, codes, condition)
    model = Conditioned(net, condition)
    cached(model, 8, seeds=[0, 1, 2])
    if change == "load":
        net.load_state_dict(network(BOTH, seed=9).state_dict())
    elif change == "optimizer":
        net(codes, condition).square().mean().backward()
        torch.optim.SGD(net.parameters(), lr=0.1).step()
    elif change == "to":
        net.to(torch.float64).to(torch.float32)
        with torch.no_grad():
            for p in net.parameters():
                p += 0.1
    else:
        net.eval()
    after = run_steps(net, codes, condition)
    assert torch.equal(before, after) == (change == "eval")
    torch.testing.assert_close(after, net(codes, condition), rtol=1e-5, atol=1e-5)
    assert torch.equal(cached(model, 8, [0, 1, 2]), naive(model, 8, [0, 1, 2]))


def n_parameters(config):
    with torch.device("meta"):
        return sum(p.numel() for p in WaveNet(config).parameters())


def test_sizes_of_presets():
    # WN30 as peers build it has 1,267,328: one bias a layer for the sum of skips where one is
    # enough, and a residual product after the last layer, which reaches no output.
    assert n_parameters(WaveNetConfig.wn30()) == 1_267_328 - 29 * 256 - (64 * 64 + 64)
    tiny = n_parameters(WaveNetConfig.tiny())
    assert 150_000 < tiny < 300_000
    # 30 layers of (3 taps x 512 -> 2 x 512, 512 -> 512, 512 -> 256): NSynth's decoder
    weights = 30 * (3 * 512 * 1024 + 512 * 512 + 512 * 256)
    assert weights < n_parameters(WaveNetConfig.baseline512()) < 1.3 * weights
    # 24 layers of (3 taps x 128 and 80 mel bands -> 2 x 128, 128 -> 128 twice)
    weights = 24 * ((3 * 128 + 80) * 256 + 2 * 128 * 128)
    assert weights < n_parameters(WaveNetConfig.vocoder()) < 1.05 * weights


@pytest.mark.parametrize(
    ("config", "receptive_field"),
    [
        (WaveNetConfig.tiny(), 2047),
        (WaveNetConfig.wn30(), 3070),
        (WaveNetConfig.paper(), 5116),
        (WaveNetConfig.baseline512(), 6139),
        (WaveNetConfig.vocoder(), 505),
    ],
)
def test_receptive_fields_of_presets(config, receptive_field):
    with torch.device("meta"):
        assert WaveNet(config).receptive_field == receptive_field


def test_save_and_load(tmp_path):
    net = network(BOTH)
    net.save_pretrained(tmp_path)
    other = WaveNet.from_pretrained(tmp_path)
    assert other.config == net.config
    codes = torch.randint(16, (3, 48))
    assert torch.equal(net(codes, random_condition(BOTH)), other(codes, random_condition(BOTH)))


WRONG = [
    ({"codes": torch.full((1, 48), 16)}, "codes from 16 to 16 do not fit 16"),
    ({"codes": torch.full((1, 48), -1)}, "codes from -1"),
    ({"condition": None}, "give it a condition"),
    ({"classes": None}, "conditioned on classes"),
    ({"vectors": None}, "conditioned on vectors"),
    ({"frames": None}, "conditioned on frames"),
    ({"classes": torch.tensor([[3, 0]])}, "class 3 of kind 0 is not one of 0 to 2"),
    ({"classes": torch.tensor([[0, -1]])}, "class -1 of kind 1 is not one of 0 to 4"),
    ({"classes": torch.tensor([[0]])}, "1 numbers in classes; this model takes 2"),
    ({"vectors": torch.zeros(1, 3)}, "3 numbers in vectors; this model takes 2"),
    ({"frames": torch.zeros(1, 5, 6)}, "5 numbers in frames; this model takes 4"),
    ({"frames": torch.zeros(1, 4, 7)}, "7 frames of 8 samples are 56 samples, not the 48"),
    ({"frames": torch.zeros(1, 4, 0)}, "frames are empty"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[m for _, m in WRONG])
def test_bad_input_is_one_line(wrong, message):
    codes = wrong.get("codes", torch.zeros(1, 48, dtype=torch.int64))
    condition = random_condition(BOTH, 1)
    if "condition" in wrong:
        condition = None
    elif "codes" not in wrong:
        condition = replace(condition, **wrong)
    with pytest.raises(UserError, match=message):
        network(BOTH)(codes, condition)


def test_a_step_from_another_code_is_refused():
    net = network()
    with pytest.raises(UserError, match="codes from 16 to 16 do not fit 16 levels, 0 to 15"):
        net.step(torch.tensor([16]), net.init_cache(1), 0)


def test_a_superfluous_condition_is_refused():
    codes = torch.zeros(1, 48, dtype=torch.int64)
    with pytest.raises(UserError, match="leave the condition out"):
        network()(codes, Condition())
    with pytest.raises(UserError, match="leave the condition out"):
        network().init_cache(1, Condition())
    with pytest.raises(UserError, match="takes no frames"):
        network(KINDS["classes"])(
            codes, replace(random_condition(KINDS["classes"], 1), frames=torch.zeros(1, 4, 6))
        )


def test_a_condition_for_other_clips_is_refused():
    net = network(BOTH)
    with pytest.raises(UserError, match="conditions of 2 clips for a batch of 3"):
        net.init_cache(3, random_condition(BOTH, 2))
    with pytest.raises(UserError, match="conditions of 2 clips for a batch of 3"):
        net(torch.zeros(3, 48, dtype=torch.int64), random_condition(BOTH, 2))


def test_generating_beyond_the_condition_is_refused():
    model = Conditioned(network(BOTH), random_condition(BOTH, 1))
    prompt = torch.zeros(1, 44, dtype=torch.int64)
    assert cached(model, 4, prompt=prompt).shape == (1, 4)
    for generate in (naive, cached):
        with pytest.raises(UserError, match="the condition ends after 48 samples"):
            generate(model, 5, prompt=prompt)
