"""The compiled step: the same as `cached` on every vector path, never stale, told when weights are wrong."""

from dataclasses import replace

import pytest
import torch

from tests.samplers.told import DRAFT, PITCH, TOLD, every_kind, told
from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.native import build, native, score, stream, take_in
from tinyaudio.samplers.native import step as packing

pytestmark = pytest.mark.usefixtures("no_warnings")

# Widths that are no multiple of a vector, so that what is padded is seen if it leaks.
SMALL = WaveNetConfig(
    n_levels=20, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)
TOLERANCE = 1e-5  # the promise; float32 sums in another order differ by about 5e-7


def network(config=SMALL, seed=0):
    """A network whose logits differ as a trained one's do, by a few units."""
    torch.manual_seed(seed)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    return net


def codes_for(net, length, rows=3):
    return torch.randint(net.config.n_levels, (rows, length), generator=torch.manual_seed(1))


def paths():
    """The vector paths that this processor has."""
    return [simd_width for simd_width in (4, 8, 16) if simd_width <= build.library().simd_width()]


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        replace(SMALL, kernel_size=3),
        replace(SMALL, residual_channels=40, gate_channels=72, skip_channels=130, n_levels=256),
        WaveNetConfig.tiny(),
        WaveNetConfig.wn30(),
    ],
    ids=["small", "kernel 3", "odd widths", "tiny", "wn30"],
)
def test_logits_are_the_model_s_own(config, simd_width):
    if simd_width not in paths():
        pytest.skip(f"this processor has no vectors of {lanes} floats")
    net = network(config)
    codes = codes_for(net, 1100 if config.layers == 10 else 60)  # longest ring and one chunk passed
    with torch.inference_mode():
        expected = net(codes)
    assert expected.std() > 0.05
    assert (score(net, codes, simd_width=simd_width) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("heat", [1.0, 0.0, [0.5, 1.0, 2.0]])
def test_draws_are_those_of_cached(kernel_size, heat):
    net = network(replace(SMALL, kernel_size=kernel_size))
    expected = cached(net, 400, [3, 4, 5], heat)
    for simd_width in paths():
        assert torch.equal(native(net, 400, [3, 4, 5], heat, simd_width=simd_width), expected)


@pytest.mark.parametrize("n_given", [0, 1, 7, 40, 500])
def test_a_prompt_is_gone_on_from(n_given):
    net = network()
    prompt = codes_for(net, n_given, rows=2)
    assert torch.equal(native(net, 50, [3, 4], 1.0, prompt), cached(net, 50, [3, 4], 1.0, prompt))


@pytest.mark.parametrize("rows", [2, 5, 17])
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_a_clip_does_not_depend_on_its_neighbours(simd_width, rows):
    """To the last bit, though few clips are computed ahead and two at a time: sums keep their order."""
    if simd_width not in paths():
        pytest.skip(f"this processor has no vectors of {lanes} floats")
    net = network(WaveNetConfig.tiny())
    codes = codes_for(net, 40, rows)
    together = score(net, codes, simd_width=simd_width)
    for row in (0, rows // 2, rows - 1):
        assert torch.equal(
            together[row], score(net, codes[row : row + 1], simd_width=simd_width)[0]
        )
    clips = native(net, 50, range(rows), simd_width=simd_width)
    assert torch.equal(clips[1], native(net, 50, [1], simd_width=simd_width)[0])


def test_a_prompt_of_small_integers_is_the_same_prompt():
    net = network()
    prompt = codes_for(net, 9, rows=1)
    assert torch.equal(native(net, 30, prompt=prompt.int()), native(net, 30, prompt=prompt))


@pytest.mark.parametrize("kinds", [replace(TOLD, n_classes=()), PITCH, DRAFT])
@pytest.mark.parametrize("chunk", [1, 9, 1000])
def test_chunks_do_not_show(monkeypatch, chunk, kinds):
    model = told(replace(SMALL, condition=kinds), 20)  # 8 samples a frame
    prompt = codes_for(model, 45, rows=2)
    whole = native(model, 100, [1, 2], 1.0, prompt)
    monkeypatch.setattr("tinyaudio.samplers.native.CHUNK", 14)
    pieces = list(stream(model, 100, [1, 2], 1.0, prompt, chunk))
    assert {piece.shape[1] for piece in pieces[:-1]} <= {chunk}
    assert torch.equal(torch.cat(pieces, 1), whole)


@pytest.mark.parametrize("rows", [1, 3, 16])
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_of_a_long_prompt_only_what_can_matter_is_gone_through(simd_width, rows):
    """Clips are computed ahead by 16, 5 and 1 samples; the last sample of the reach is as it should be."""
    if simd_width not in paths():
        pytest.skip(f"this processor has no vectors of {lanes} floats")
    net = network(replace(SMALL, layers=5))
    assert net.receptive_field == 63
    for n_given in range(60, 63 + 40, 3):
        prompt = codes_for(net, n_given + 1, rows)
        step = packing.NativeStep(net, rows, simd_width=simd_width)
        take_in(step, prompt[:, :-1], net.receptive_field)
        with torch.inference_mode():
            expected = net(prompt)[:, :, -1:]
        logits = step.run(prompt[:, -1:].clone(), score=True)
        assert (logits - expected).abs().max() < TOLERANCE


@every_kind
def test_a_condition_is_heard(kinds):
    model = told(replace(SMALL, condition=kinds), 7)
    codes = codes_for(model, model.n_samples or 50, rows=2)
    with torch.inference_mode():
        expected = model(codes)
    prompt = codes[:, :6]
    drawn = cached(model, 25, [3, 4], 1.0, prompt)
    for simd_width in paths():
        logits = score(model.model, codes, model.condition, simd_width)
        assert (logits - expected).abs().max() < TOLERANCE
        assert torch.equal(native(model, 25, [3, 4], 1.0, prompt, simd_width), drawn)


def test_follows_new_weights():
    """After loading, after an optimizer's step, after a change of precision and back."""
    net, other = network(), network(seed=1)
    codes = codes_for(net, 40)

    def error():
        with torch.inference_mode():
            return (score(net, codes) - net.float()(codes)).abs().max()

    before = score(net, codes)
    net.load_state_dict(other.state_dict())
    assert (score(net, codes) - before).abs().max() > 0.1 and error() < TOLERANCE
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    net(codes).square().mean().backward()
    before = score(net, codes)
    optimizer.step()
    assert (score(net, codes) - before).abs().max() > 0.1 and error() < TOLERANCE
    assert (score(net.double(), codes) - score(net.float(), codes)).abs().max() < TOLERANCE
    before = score(net, codes)
    net.to(torch.bfloat16)
    assert (score(net, codes) - before).abs().max() > 1e-4 and error() < TOLERANCE
    assert torch.equal(score(net.eval(), codes), score(net.train(), codes))


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("rows", [1, 3])
def test_weights_of_16_bits_give_the_same_to_the_last_digit(monkeypatch, simd_width, rows):
    """Half the bytes, the same sums: a bfloat16 is a float whose lower half is zero."""
    if simd_width not in paths():
        pytest.skip(f"this processor has no vectors of {lanes} floats")
    wide = replace(SMALL, residual_channels=40, gate_channels=72, skip_channels=130, kernel_size=3)
    net = network(wide)
    torch.nn.init.normal_(net.layers[0].gate.bias)
    codes, step = codes_for(net, 60, rows), packing.NativeStep(net, rows, simd_width=simd_width)
    bias = net.layers[0].gate.bias.clone()
    net.bfloat16().float()
    net.layers[0].gate.bias.data.copy_(bias)  # biases keep their 32 bits
    halved = packing.NativeStep(net, rows, simd_width=simd_width)
    n_biases = 2 * halved.weights.numel() - step.weights.numel()
    assert 0 < n_biases < 0.02 * step.weights.numel()
    assert halved.bytes_per_sample < 0.52 * step.bytes_per_sample
    assert halved.products == pytest.approx(step.products, rel=0.02)
    ours = score(net, codes, simd_width=simd_width)
    monkeypatch.setattr(packing, "is_bfloat16", lambda weight: False)
    assert (
        packing.NativeStep(net, rows, simd_width=simd_width).weights.numel() == step.weights.numel()
    )
    assert torch.equal(ours, score(net, codes, simd_width=simd_width))


def test_one_weight_of_32_bits_is_not_rounded():
    net = network().bfloat16().float()
    assert packing.NativeStep(net, 1).halved
    with torch.no_grad():
        net.layers[3].gate.weight[5, 2] += 2**-20
    assert not packing.NativeStep(net, 1).halved
    codes = codes_for(net, 40)
    with torch.inference_mode():
        assert (score(net, codes) - net(codes)).abs().max() < TOLERANCE


@pytest.mark.parametrize("lanes", [3, 32])
def test_vectors_that_do_not_exist_are_told(simd_width):
    with pytest.raises(UserError, match=f"no vectors of {lanes} floats"):
        native(network(), 5, simd_width=simd_width)


def test_the_environment_chooses_the_path(monkeypatch):
    net = network()
    codes = codes_for(net, 40)
    for simd_width in paths():
        monkeypatch.setenv("TINYAUDIO_LANES", str(simd_width))
        assert packing.NativeStep(net, 1).simd_width == simd_width
        assert torch.equal(score(net, codes), score(net, codes, simd_width=simd_width))
    monkeypatch.setenv("TINYAUDIO_LANES", "many")
    with pytest.raises(UserError, match="no vectors of many floats here; choose 4"):
        score(net, codes)


@pytest.mark.parametrize(
    "net",
    [
        CausalNet(CausalNetConfig(n_levels=16, channels=8, layers=3)),
        WaveNet(replace(SMALL, n_mixtures=2)),
    ],
)
def test_another_model_is_generated_in_pytorch_with_a_word(net):
    with pytest.warns(RuntimeWarning, match="only for a WaveNet with a softmax"):
        codes = native(net, 20)
    assert torch.equal(codes, cached(net, 20))
