"""Where nothing can be compiled numba takes the compiled step's place: the same interface, the same samples."""

import warnings
from dataclasses import replace

import pytest
import torch

from tests.samplers.told import told
from tinyaudio.errors import UserError
from tinyaudio.models.condition import ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.native import native, numba_step, score
from tinyaudio.samplers.native.step import NativeStep

pytest.importorskip("numba")

# Widths that are no multiple of a vector, and more than one past tap.
SMALL = WaveNetConfig(
    n_levels=20,
    stacks=2,
    layers=3,
    kernel_size=3,
    residual_channels=8,
    gate_channels=6,
    skip_channels=12,
)
TOLERANCE = 1e-5  # the promise, as for the compiled step


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch):
    monkeypatch.setenv("CXX", "false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that it is said: test_native_build.py
        yield


def network(config=SMALL):
    torch.manual_seed(0)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    return net


def test_it_is_numba_that_runs():
    step = NativeStep(network(), 2)
    assert isinstance(step.functions, numba_step.NumbaFunctions)
    assert step.bytes_per_sample == 2 * 4 * numba_step.n_weights(step.network)
    assert numba_step.n_weights(step.network) == step.weights.numel()


@pytest.mark.parametrize("config", [SMALL, WaveNetConfig.tiny()], ids=["small", "tiny"])
def test_logits_are_the_model_s_own(config):
    net = network(config)
    codes = torch.randint(config.n_levels, (2, 600), generator=torch.manual_seed(1))
    with torch.inference_mode():
        expected = net(codes)
    assert expected.std() > 0.05
    assert (score(net, codes) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("heat", [1.0, 0.0, [0.5, 2.0]])
@pytest.mark.parametrize("n_given", [0, 1, 40])
def test_draws_are_those_of_cached(heat, n_given):
    net = network()
    prompt = torch.randint(20, (2, n_given), generator=torch.manual_seed(2))
    assert torch.equal(native(net, 60, [3, 4], heat, prompt), cached(net, 60, [3, 4], heat, prompt))


@pytest.mark.parametrize("n_sample_channels", [0, 2])
@pytest.mark.parametrize("n_octaves", [0, 3])
@pytest.mark.parametrize("n_frame_channels", [0, 4])
def test_a_condition_is_heard(n_frame_channels, n_octaves, n_sample_channels):
    kinds = ConditionConfig(
        (3,), 0, n_frame_channels, 1, 0, n_octaves, n_sample_channels, hop_length=8, channels=7
    )
    model = told(replace(SMALL, condition=kinds), 5)
    assert torch.equal(native(model, 40, [3, 4]), cached(model, 40, [3, 4]))


def test_what_is_not_finite_is_told():
    net = network()
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="output is not finite"):
        native(net, 10)


def test_the_loop_is_python_that_can_be_run(monkeypatch):
    """Uncompiled, line by line, so that what numba compiled can be looked into."""
    net = network()
    codes = torch.randint(20, (1, 30), generator=torch.manual_seed(1))
    expected = score(net, codes)

    def uncompiled():
        def loop(*arguments):
            return numba_step.run_through(numba_step.add_product, *arguments)

        return loop

    monkeypatch.setattr(numba_step, "compiled", uncompiled)
    assert (score(net, codes) - expected).abs().max() < TOLERANCE
