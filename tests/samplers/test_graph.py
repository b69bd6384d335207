"""The step that is captured as a CUDA graph, run without one: the same samples as `cached`."""

from dataclasses import replace

import pytest
import torch

from tests.samplers.conditioned_nets import CONDITIONS, conditioned_net, every_condition
from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.graph import GraphStep, capture, graph, stream
from tinyaudio.samplers.native import native

SMALL = WaveNetConfig(
    n_levels=20, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)


def network(config=SMALL):
    torch.manual_seed(0)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    return net


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize(("temperature", "n_prompt"), [(1.0, 0), (0.0, 1), ([0.5, 2.0], 40)])
def test_draws_are_those_of_cached(kernel_size, temperature, n_prompt):
    net = network(replace(SMALL, kernel_size=kernel_size))
    prompt = torch.randint(20, (2, n_prompt), generator=torch.manual_seed(1))
    expected = cached(net, 60, [3, 4], temperature, prompt)  # twice the receptive field
    assert torch.equal(graph(net, 60, [3, 4], temperature, prompt), expected)


@every_condition
@pytest.mark.parametrize("n_prompt", [0, 16])  # which ends with a frame of 8, and within others
def test_conditional_draws_are_those_of_cached(condition, n_prompt):
    model = conditioned_net(replace(SMALL, condition=condition), 25)
    prompt = torch.randint(20, (2, n_prompt), generator=torch.manual_seed(1))
    expected = cached(model, 60, [3, 4], 1.0, prompt)
    assert torch.equal(graph(model, 60, [3, 4], 1.0, prompt), expected)


def test_logits_equal_the_model_s():
    net = network(WaveNetConfig.tiny())
    codes = torch.randint(256, (2, 30), generator=torch.manual_seed(1))
    step = GraphStep(net, 2, torch.zeros(1, 1, dtype=torch.float64))
    with torch.no_grad():
        expected = net(codes)
        for t in range(30):
            assert (step.logits() - expected[:, :, t]).abs().max() < 1e-5
            step.t.add_(1)
            step.previous.copy_(codes[:, t])


def test_draws_do_not_depend_on_chunks(monkeypatch):
    net = network()
    whole = graph(net, 100, [1, 2])
    assert [codes.shape[1] for codes in stream(net, 100, [1, 2], chunk=30)] == [30, 30, 30, 10]
    monkeypatch.setattr("tinyaudio.samplers.graph.CHUNK", 7)
    assert torch.equal(torch.cat([*stream(net, 100, [1, 2], chunk=30)], dim=1), whole)


def test_a_step_updates_its_state_in_place():
    """A CUDA graph reads and writes fixed addresses."""
    step = GraphStep(network(), 2, torch.ones(1, 1, dtype=torch.float64))
    tensors = [*step.state, step.noise, step.codes]
    before = [tensor.data_ptr() for tensor in tensors]
    with torch.no_grad():
        step.run(torch.rand(20, 2, 20, dtype=torch.float64), step)
    now = [*step.state, step.noise, step.codes]
    assert [tensor.data_ptr() for tensor in now] == before
    assert step.t.item() == step.host_t == 20 and bool(step.finite)


def test_follows_new_weights():
    net = network()
    before = graph(net, 50)
    torch.manual_seed(1)
    net.load_state_dict(WaveNet(SMALL).state_dict())
    assert not torch.equal(graph(net, 50), before)
    assert torch.equal(graph(net, 50), cached(net, 50))


def test_an_output_that_is_not_finite_is_refused():
    net = network()
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="output is not finite"):
        graph(net, 10)


@pytest.mark.parametrize(
    "net",
    [
        CausalNet(CausalNetConfig(n_levels=16, channels=8, layers=3)),
        WaveNet(replace(SMALL, n_mixtures=2)),
    ],
)
def test_another_model_is_refused(net):
    with pytest.raises(UserError, match="only for a WaveNet with a softmax; use cached"):
        graph(net, 10)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("condition", [None, *CONDITIONS.values()])
def test_captured_and_replayed(condition):
    """Logits within 1e-5 of the forward pass; the same samples as `cached` on the same card."""
    model = (
        conditioned_net(replace(SMALL, condition=condition), 25, "cuda")
        if condition
        else network(replace(SMALL, kernel_size=3)).cuda()
    )
    assert torch.equal(graph(model, 190, [3, 4]), cached(model, 190, [3, 4]))
    net = network(WaveNetConfig.wn30()).cuda()
    step = GraphStep(net, 2, torch.ones(1, 1, dtype=torch.float64, device="cuda"))
    with torch.no_grad():
        replay = capture(step)
        assert step.t.item() == 0 and not step.cache.layers.buffers.any()
        clips = step.run(torch.rand(100, 2, 256, dtype=torch.float64), replay)
        scored = GraphStep(net, 2, step.temperature)
        for t in range(100):
            assert (scored.logits() - net(clips)[:, :, t]).abs().max() < 1e-5
            scored.t.add_(1)
            scored.previous.copy_(clips[:, t])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_native_chooses_it_on_cuda():
    net = network().cuda()
    codes = native(net, 150, [3, 4])
    assert codes.is_cuda and torch.equal(codes, graph(net, 150, [3, 4]))
    assert torch.equal(native(net, 150, [3, 4], simd_width=4), codes)  # compiled code, on the CPU
