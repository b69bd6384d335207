"""Impossible requests: one clear line, before a sample is generated."""

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers import graph
from tinyaudio.samplers.autoregressive import cached, naive, stream
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native
from tinyaudio.samplers.native import stream as native_stream
from tinyaudio.samplers.request import check

SAMPLERS = {
    "naive": naive,
    "cached": cached,
    "native": native,
    "graph": graph.graph,
    "stream": lambda *args, **request: [*stream(*args, **request)],
    "native.stream": lambda *args, **request: [*native_stream(*args, **request)],
}
every_sampler = pytest.mark.parametrize("generate", SAMPLERS.values(), ids=SAMPLERS)
CLASS_AND_FRAMES = ConditionConfig(n_classes=(3,), n_frame_channels=4, hop_length=8, channels=7)
CLASSES, FRAMES = torch.tensor([[1]]), torch.zeros(1, 4, 3)  # for 24 samples


def network(condition=None, n_mixtures=0):
    torch.manual_seed(0)
    return WaveNet(WaveNetConfig(16, n_mixtures, 1, 3, 2, 8, 6, 12, condition))


def conditioned(classes=CLASSES, frames=FRAMES):
    return Conditioned(network(CLASS_AND_FRAMES), Condition(classes, frames=frames))


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
    ({"chunk": 0}, "in chunks of 0 samples"),
]


@pytest.mark.parametrize(("request_", "message"), REQUESTS, ids=[m for _, m in REQUESTS])
def test_impossible_requests(request_, message):
    request = {"n_samples": 5, "seeds": [0], "temperature": 1.0, "prompt": None, **request_}
    with pytest.raises(UserError, match=message):
        check(network(), **request)


def test_possible_requests():
    check(network(), 1, [0], 0.0, None)
    check(conditioned(), 4, [0, 1], [1.0, 0.5], torch.zeros(2, 20, dtype=torch.int64))


def test_more_samples_than_frames():
    prompt = torch.zeros(1, 20, dtype=torch.int64)
    message = "the condition ends after 24 samples; a prompt of 20 and 5 more"
    with pytest.raises(UserError, match=message):
        check(conditioned(), 5, [0], 1.0, prompt)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", ["embed", "layers.2.gate", "logits"])
def test_weights_that_are_not_finite(place, bad):
    net = network()
    net.get_submodule(place).weight.data[3, 1] = bad
    with pytest.raises(UserError, match="weights are not all finite"):
        check(net, 10, [0], 1.0, None)


@every_sampler
def test_every_sampler_checks_its_request(generate):
    with pytest.raises(UserError, match="codes from 3 to 16 do not fit 16 levels, 0 to 15"):
        generate(network(), 5, prompt=torch.tensor([[3, 16]]))


def test_a_stream_checks_its_request_before_its_first_chunk():
    for generate in (stream, native_stream, graph.stream):
        with pytest.raises(UserError, match="in chunks of 0 samples"):
            generate(network(), 5, chunk=0)
        with pytest.raises(UserError, match="ends after 24 samples"):
            generate(conditioned(), 25)


@pytest.mark.filterwarnings("ignore:the compiled step is only for")
def test_a_model_without_conditions_is_checked_too():
    net = CausalNet(CausalNetConfig(n_levels=16, channels=8, layers=3))
    for generate in (cached, native):
        with pytest.raises(UserError, match="codes from 16 to 16 do not fit 16"):
            generate(net, 5, prompt=torch.tensor([[16]]))


@every_sampler
def test_every_sampler_checks_its_condition(generate):
    with pytest.raises(UserError, match="class 3 of kind 0 is not one of 0 to 2"):
        generate(conditioned(classes=torch.tensor([[3]])), 5)
    with pytest.raises(UserError, match="conditions of 2 clips for a batch of 3"):
        generate(conditioned(CLASSES.repeat(2, 1), FRAMES.repeat(2, 1, 1)), 5, seeds=[0, 1, 2])
    with pytest.raises(UserError, match="give it a condition"):
        generate(network(CLASS_AND_FRAMES), 5)


@every_sampler
def test_frames_that_are_not_finite(generate):
    frames = FRAMES.clone()
    frames[0, 1, 1] = float("nan")
    with pytest.raises(UserError, match="not finite before sample"):
        generate(conditioned(frames=frames), 24)


@pytest.mark.parametrize("n_mixtures", [0, 2], ids=["softmax", "mixture"])
@pytest.mark.parametrize("generate", [naive, cached, native], ids=["naive", "cached", "native"])
@pytest.mark.filterwarnings("ignore:the compiled step is only for")
def test_an_output_that_is_not_finite(generate, n_mixtures):
    net = network(n_mixtures=n_mixtures)
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="output is not finite before sample"):
        generate(net, 10)


def test_the_sample_at_which_an_output_is_not_finite():
    """The second sample after a prompt of three."""
    net = network()
    torch.nn.init.zeros_(net.logits.weight)
    step, forward = net.step, net.forward

    def broken(previous, cache, t):
        return step(previous, cache, t) + (float("nan") if t == 4 else 0)

    net.step = broken
    with pytest.raises(UserError, match="not finite before sample 5"):
        cached(net, 10, prompt=torch.tensor([[1, 2, 3]]))
    net.step = step
    net.forward = lambda codes: forward(codes) + (float("nan") if codes.shape[1] == 5 else 0)
    with pytest.raises(UserError, match="not finite before sample 5"):
        naive(net, 10, prompt=torch.tensor([[1, 2, 3]]))
