"""The compiled step: the same samples as `cached` at every vector width, and never stale weights."""

from dataclasses import replace

import pytest
import torch

from tests.samplers.conditioned_nets import FRAMES, conditioned_net, every_condition
from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached
from tinyaudio.samplers.native import native, prefill, score, stream
from tinyaudio.samplers.native.library import library
from tinyaudio.samplers.native.step import NativeStep

pytestmark = pytest.mark.usefixtures("no_warnings")

# Widths that are no multiples of a vector, so that a leak of padding would change the output.
SMALL = WaveNetConfig(
    n_levels=20, stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12
)
TOLERANCE = 1e-5  # what is promised; float32 sums in another order differ by about 5e-7


def network(config=SMALL, seed=0):
    """A network whose logits spread like those of a trained one."""
    torch.manual_seed(seed)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    return net


def codes_for(net, length, rows=3):
    return torch.randint(net.config.n_levels, (rows, length), generator=torch.manual_seed(1))


def widths():
    """The vector widths of this processor."""
    return [simd_width for simd_width in (4, 8, 16) if simd_width <= library().simd_width()]


CONFIGS = {
    "small": SMALL,
    "kernel 3": replace(SMALL, kernel_size=3),
    "odd widths": replace(
        SMALL, residual_channels=40, gate_channels=72, skip_channels=130, n_levels=256
    ),
    "tiny": WaveNetConfig.tiny(),
    "wn30": WaveNetConfig.wn30(),
}


# Padding is of every width, the sizes that are multiples of all are tried at one.
@pytest.mark.parametrize(
    ("config", "simd_width"),
    [
        pytest.param(
            config,
            width,
            id=f"{name}-{width}",
            marks=pytest.mark.slow if name in ("tiny", "wn30") and width != 8 else [],
        )
        for name, config in CONFIGS.items()
        for width in (4, 8, 16)
    ],
)
def test_logits_equal_the_model_s(config, simd_width):
    if simd_width not in widths():
        pytest.skip(f"this processor has no vectors of {simd_width} floats")
    net = network(config)
    codes = codes_for(
        net, 1100 if config.layers == 10 else 60
    )  # beyond the longest ring buffer and one chunk
    with torch.inference_mode():
        expected = net(codes)
    assert expected.std() > 0.05
    assert (score(net, codes, simd_width=simd_width) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("temperature", [1.0, 0.0, [0.5, 1.0, 2.0]])
def test_draws_are_those_of_cached(kernel_size, temperature):
    net = network(replace(SMALL, kernel_size=kernel_size))
    expected = cached(net, 400, [3, 4, 5], temperature)
    for simd_width in widths():
        assert torch.equal(
            native(net, 400, [3, 4, 5], temperature, simd_width=simd_width), expected
        )


@pytest.mark.parametrize("n_prompt", [0, 1, 7, 40, 500])
def test_a_prompt_is_continued(n_prompt):
    net = network()
    prompt = codes_for(net, n_prompt, rows=2)
    assert torch.equal(native(net, 50, [3, 4], 1.0, prompt), cached(net, 50, [3, 4], 1.0, prompt))


@pytest.mark.parametrize("rows", [2, 5, 17])
@pytest.mark.parametrize("simd_width", [4, 8, 16])
def test_a_clip_does_not_depend_on_the_rest_of_the_batch(simd_width, rows):
    """Bitwise, though the lookahead depends on the batch size: sums keep their order."""
    if simd_width not in widths():
        pytest.skip(f"this processor has no vectors of {simd_width} floats")
    net = network(WaveNetConfig.tiny())
    codes = codes_for(net, 40, rows)
    batch = score(net, codes, simd_width=simd_width)
    for row in (0, rows // 2, rows - 1):
        assert torch.equal(batch[row], score(net, codes[row : row + 1], simd_width=simd_width)[0])
    clips = native(net, 50, range(rows), simd_width=simd_width)
    assert torch.equal(clips[1], native(net, 50, [1], simd_width=simd_width)[0])


def test_a_prompt_may_have_any_integer_type():
    net = network()
    prompt = codes_for(net, 9, rows=1)
    assert torch.equal(native(net, 30, prompt=prompt.int()), native(net, 30, prompt=prompt))


@pytest.mark.parametrize("chunk", [1, 9, 1000])
def test_draws_do_not_depend_on_chunks(monkeypatch, chunk):
    model = conditioned_net(replace(SMALL, condition=FRAMES), 20)  # 8 samples a frame
    prompt = codes_for(model, 45, rows=2)
    whole = native(model, 100, [1, 2], 1.0, prompt)
    monkeypatch.setattr("tinyaudio.samplers.native.CHUNK", 14)
    chunks = list(stream(model, 100, [1, 2], 1.0, prompt, chunk))
    assert {codes.shape[1] for codes in chunks[:-1]} <= {chunk}
    assert torch.equal(torch.cat(chunks, 1), whole)


@pytest.mark.parametrize("rows", [1, 3, 16])
@pytest.mark.parametrize("simd_width", [4, 8, 16])
def test_a_long_prompt_is_cut_to_what_later_samples_depend_on(simd_width, rows):
    """With a lookahead of 16, 5 and 1 samples; logits depend on the whole receptive field."""
    if simd_width not in widths():
        pytest.skip(f"this processor has no vectors of {simd_width} floats")
    net = network(replace(SMALL, layers=5))
    assert net.receptive_field == 63
    for n_prompt in range(60, 63 + 40, 3):
        prompt = codes_for(net, n_prompt + 1, rows)
        step = NativeStep(net, rows, simd_width=simd_width)
        prefill(step, prompt[:, :-1], net.receptive_field)
        with torch.inference_mode():
            expected = net(prompt)[:, :, -1:]
        logits = step.run(prompt[:, -1:].clone(), score=True)
        assert (logits - expected).abs().max() < TOLERANCE


@every_condition
def test_conditional_logits_and_draws(condition):
    model = conditioned_net(replace(SMALL, condition=condition), 7)
    codes = codes_for(model, model.n_samples or 50, rows=2)
    with torch.inference_mode():
        expected = model(codes)
    prompt = codes[:, :6]
    expected_draws = cached(model, 25, [3, 4], 1.0, prompt)
    for simd_width in widths():
        logits = score(model.model, codes, model.condition, simd_width)
        assert (logits - expected).abs().max() < TOLERANCE
        assert torch.equal(native(model, 25, [3, 4], 1.0, prompt, simd_width), expected_draws)


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


@pytest.mark.parametrize("simd_width", [3, 32])
def test_vectors_that_do_not_exist_are_refused(simd_width):
    with pytest.raises(UserError, match=f"no vectors of {simd_width} floats"):
        native(network(), 5, simd_width=simd_width)


def test_the_environment_chooses_the_width(monkeypatch):
    net = network()
    codes = codes_for(net, 40)
    for simd_width in widths():
        monkeypatch.setenv("TINYAUDIO_SIMD_WIDTH", str(simd_width))
        assert NativeStep(net, 1).simd_width == simd_width
        assert torch.equal(score(net, codes), score(net, codes, simd_width=simd_width))
    monkeypatch.setenv("TINYAUDIO_SIMD_WIDTH", "many")
    with pytest.raises(UserError, match="no vectors of many floats on this processor; choose 4"):
        score(net, codes)


@pytest.mark.parametrize(
    "net",
    [
        CausalNet(CausalNetConfig(n_levels=16, channels=8, layers=3)),
        WaveNet(replace(SMALL, n_mixtures=2)),
    ],
)
def test_another_model_falls_back_to_cached_with_a_warning(net):
    with pytest.warns(RuntimeWarning, match="only for a WaveNet with a softmax"):
        codes = native(net, 20)
    assert torch.equal(codes, cached(net, 20))
