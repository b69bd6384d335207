"""Impossible requests: one clear line from every sampler, before a sample is generated."""

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached, naive, stream
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native
from tinyaudio.samplers.native import stream as native_stream

SAMPLERS = {
    "naive": naive,
    "cached": cached,
    "native": native,
    "stream": lambda *args, **request: [*stream(*args, **request)],
    "native.stream": lambda *args, **request: [*native_stream(*args, **request)],
}
every_sampler = pytest.mark.parametrize("generate", SAMPLERS.values(), ids=SAMPLERS)
KIND = ConditionConfig(n_classes=(3,), n_frame_channels=4, hop_length=8, channels=7)
TOLD = {"classes": torch.tensor([[1]]), "frames": torch.zeros(1, 4, 3)}  # for 24 samples

TWO = {name: part.repeat_interleave(2, 0) for name, part in TOLD.items()}


def network(condition=None, n_mixtures=0):
    torch.manual_seed(0)
    return WaveNet(WaveNetConfig(16, n_mixtures, 1, 3, 2, 8, 6, 12, condition))


REQUESTS = [
    ({"n_samples": 0}, "cannot generate 0 samples"),
    ({"n_samples": -3}, "cannot generate -3 samples"),
    ({"seeds": []}, "no seeds"),
    ({"temperature": -1.0}, "temperature -1.0 is not"),
    ({"temperature": float("nan")}, "temperature nan is not"),
    ({"temperature": float("inf")}, "temperature inf is not"),
    ({"temperature": [1.0, 0.5]}, "2 temperatures for 1 seeds"),
    ({"seeds": [1, 2], "temperature": [1.0, -0.5]}, "temperature"),
    ({"prompt": torch.zeros(2, 3, dtype=torch.int64)}, "2 prompts for 1 seeds"),
    ({"prompt": torch.tensor([[3, 16]])}, "codes from 3 to 16 do not fit 16 levels, 0 to 15"),
    ({"prompt": torch.tensor([[3, -1]])}, "codes from -1 to 3 do not fit"),
]


@pytest.mark.parametrize(("request_", "message"), REQUESTS, ids=[m for _, m in REQUESTS])
@pytest.mark.parametrize("n_mixtures", [0, 2], ids=["softmax", "mixture"])
@every_sampler
@pytest.mark.filterwarnings("ignore:there is compiled code only")
def test_impossible_requests(generate, n_mixtures, request_, message):
    with pytest.raises(UserError, match=message):
        generate(network(n_mixtures=n_mixtures), **{"n_samples": 5, **request_})


@every_sampler
@pytest.mark.filterwarnings("ignore:there is compiled code only")
def test_a_network_without_conditions_is_asked_the_same(generate):
    net = CausalNet(CausalNetConfig(n_levels=16, channels=8, layers=3))
    with pytest.raises(UserError, match="codes from 16 to 16 do not fit 16"):
        generate(net, 5, prompt=torch.tensor([[16]]))


def test_what_can_be_known_is_told_at_once_and_not_with_the_first_piece():
    model = Conditioned(network(KIND), Condition(**TOLD))
    for generate in (stream, native_stream):
        with pytest.raises(UserError, match="in pieces of 0 samples"):
            generate(network(), 5, chunk=0)
        with pytest.raises(UserError, match="ends after 24 samples"):
            generate(model, 25)


CONDITIONS = [
    ({"n_samples": 25}, {}, "the condition ends after 24 samples"),
    (
        {"prompt": torch.zeros(1, 20, dtype=torch.int64)},
        {},
        "ends after 24 samples; a prompt of 20",
    ),
    ({"seeds": [0, 1, 2]}, TWO, "conditions of 2 clips for a batch of 3"),
    ({"seeds": [0]}, TWO, "conditions of 2 clips for a batch of 1"),
    ({}, {"classes": torch.tensor([[3]])}, "class 3 of kind 0 is not one of 0 to 2"),
    ({}, {"classes": torch.tensor([[-1]])}, "class -1 of kind 0"),
    ({}, {"classes": torch.tensor([[1, 1]])}, "2 numbers in classes; this model takes 1"),
    ({}, {"classes": None}, "conditioned on classes"),
    ({}, {"frames": None}, "conditioned on frames"),
    ({}, {"frames": torch.zeros(1, 5, 3)}, "5 numbers in frames; this model takes 4"),
    ({}, {"frames": torch.zeros(1, 4, 0)}, "empty|ends after 0 samples"),
    ({}, {"vectors": torch.zeros(1, 2)}, "takes no vectors"),
]


@pytest.mark.parametrize(
    ("request_", "told", "message"), CONDITIONS, ids=[m for *_, m in CONDITIONS]
)
@every_sampler
def test_conditions_that_do_not_fit(generate, request_, told, message):
    model = Conditioned(network(KIND), Condition(**{**TOLD, **told}))
    with pytest.raises(UserError, match=message):
        generate(model, **{"n_samples": 5, **request_})


@every_sampler
def test_a_condition_missing_or_too_much(generate):
    with pytest.raises(UserError, match="give it a condition"):
        generate(network(KIND), 5)
    with pytest.raises(UserError, match="leave the condition out"):
        generate(Conditioned(network(), Condition(**TOLD)), 5)


@every_sampler
def test_an_oscillator_that_does_not_fit(generate):
    net = network(ConditionConfig(n_classes=(3,), n_octaves=2, hop_length=8, channels=7))
    told = {"classes": TOLD["classes"], "cycles": torch.zeros(1, 3, 2)}
    generate(Conditioned(net, Condition(**told)), 24)
    with pytest.raises(UserError, match=r"ends after 24 samples; a prompt of 0 and 25 more"):
        generate(Conditioned(net, Condition(**told)), 25)
    with pytest.raises(UserError, match="conditioned on cycles"):
        generate(Conditioned(net, Condition(classes=TOLD["classes"])), 5)
    with pytest.raises(UserError, match="takes no cycles"):
        generate(Conditioned(network(KIND), Condition(**TOLD, cycles=told["cycles"])), 5)


@every_sampler
def test_frames_that_are_not_numbers_are_told(generate):
    frames = torch.zeros(1, 4, 3)
    frames[0, 1, 1] = float("nan")
    model = Conditioned(network(KIND), Condition(classes=TOLD["classes"], frames=frames))
    with pytest.raises(UserError, match="not finite before sample"):
        generate(model, 24)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", ["embed", "layers.2.gate", "logits"])
@every_sampler
def test_weights_that_are_not_finite_are_told(generate, place, bad):
    net = network()
    net.get_submodule(place).weight.data[3, 1] = bad
    with pytest.raises(UserError, match="weights are not all finite"):
        generate(net, 10)


@pytest.mark.parametrize("n_mixtures", [0, 2], ids=["softmax", "mixture"])
@every_sampler
@pytest.mark.filterwarnings("ignore:there is compiled code only")
def test_an_output_that_is_not_finite_is_told(generate, n_mixtures):
    net = network(n_mixtures=n_mixtures)
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="output is not finite before sample"):
        generate(net, 10)


def test_where_an_output_is_not_finite_is_said():
    """Behind a prompt of three, the second sample: as soon as code 7 has been said."""
    net = network()
    torch.nn.init.zeros_(net.logits.weight)
    net.logits.bias.data[7] = 100.0  # always said
    step, naive_forward = net.step, net.forward

    def broken(previous, memory, t):
        return step(previous, memory, t) + (float("nan") if t == 4 else 0)

    net.step = broken
    with pytest.raises(UserError, match="not finite before sample 5"):
        cached(net, 10, prompt=torch.tensor([[1, 2, 3]]))
    net.step = step
    net.forward = lambda codes: naive_forward(codes) + (float("nan") if codes.shape[1] == 5 else 0)
    with pytest.raises(UserError, match="not finite before sample 5"):
        naive(net, 10, prompt=torch.tensor([[1, 2, 3]]))
