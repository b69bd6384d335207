"""GANSynth's networks: the released code's parameters layer by layer, growing, and what both see."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.gansynth import Discriminator, GANSynthConfig, Generator
from tinyaudio.models.growth import blend
from tinyaudio.represent.image_config import ImageConfig

TOY = GANSynthConfig(
    n_latents=5, start_frames=2, start_bins=4, n_resolutions=4, width=8, width_base=32
)
PITCH = torch.tensor([24, 60, 84])


@pytest.fixture(scope="module")
def nets():
    torch.manual_seed(0)
    return Generator(TOY), Discriminator(TOY)


def conv(c_in, c_out, height=3, width=3):
    return c_in * c_out * height * width + c_out


# ---------------------------------------------------------------------------- size


def test_the_generator_has_the_released_code_s_parameters():
    """256 latents and 61 pitches onto 2 x 16 pixels, two 3 x 3 a block, a 1 x 1 to two channels at each resolution."""
    blocks = [
        conv(256 + 61, 256, 2, 16) + conv(256, 256),
        *[conv(256, 256) + conv(256, 256)] * 3,
        conv(256, 128) + conv(128, 128),
        conv(128, 64) + conv(64, 64),
        conv(64, 32) + conv(32, 32),
    ]
    outputs = [conv(c, 2, 1, 1) for c in (256, 256, 256, 256, 128, 64, 32)]
    net = Generator(GANSynthConfig.paper())
    assert [n_parameters(block) for block in net.blocks] == blocks
    assert [n_parameters(layer) for layer in net.to_image] == outputs
    assert n_parameters(net) == sum(blocks) + sum(outputs) == 7_311_246


def test_the_discriminator_has_the_released_code_s_parameters():
    """The second convolution of a block has the width of the block below; the last one leaves one pixel."""
    blocks = [
        conv(256 + 1, 256) + conv(256, 256, 2, 16),
        *[conv(256, 256) + conv(256, 256)] * 3,
        conv(128, 128) + conv(128, 256),
        conv(64, 64) + conv(64, 128),
        conv(32, 32) + conv(32, 64),
    ]
    inputs = [conv(2, c, 1, 1) for c in (256, 256, 256, 256, 128, 64, 32)]
    net = Discriminator(GANSynthConfig.paper())
    assert [n_parameters(block) for block in net.blocks] == blocks
    assert [n_parameters(layer) for layer in net.from_image] == inputs
    heads = n_parameters(net.score) + n_parameters(net.classify)
    assert heads == (256 + 1) + (256 * 61 + 61)
    assert n_parameters(net) == sum(blocks) + sum(inputs) + heads == 6_831_230


def n_parameters(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("config", "start", "size"),
    [
        (GANSynthConfig.paper(), (2, 16), (128, 1024)),
        (GANSynthConfig.low_resolution(), (4, 8), (256, 512)),
    ],
)
def test_both_resolutions_of_the_paper(config, start, size):
    assert (config.start_frames, config.start_bins) == start and config.image_size == size
    with torch.device("meta"):
        net = Generator(config)
    assert n_parameters(net) == 7_311_246
    high = size == (128, 1024)
    for kind in ("phase", "if", "if_mel", "complex_mel"):
        assert config.image(kind, 16_000) == ImageConfig.paper(kind, high_resolution=high)


def test_an_image_that_does_not_exist_or_does_not_hold_the_note_is_refused():
    with pytest.raises(ConfigError, match="kind ifft: must be one of"):
        TOY.image("ifft", 16_000)
    with pytest.raises(ConfigError, match="n_frames 16"):
        TOY.image("if", 16_000)  # 64,000 samples
    assert replace(TOY, n_samples=240).image("if", 16_000).span == 240


# ---------------------------------------------------------------------------- growing


@pytest.mark.parametrize("progress", [0, 0.5, 1, 1.75, 3])
def test_every_progress_gives_an_image_of_the_final_size(nets, progress):
    generator, discriminator = nets
    image = generator(torch.randn(3, 5), PITCH, progress)
    assert image.shape == (3, 2, *TOY.image_size) and image.abs().max() < 1
    # as coarse as the progress says
    torch.testing.assert_close(blend(image, -int(-progress // 1), 4), image)
    scores, logits = discriminator(image, progress)
    assert scores.shape == (3,) and logits.shape == (3, 61)


def test_between_two_resolutions_the_generator_blends_its_images(nets):
    z = torch.randn(3, 5)
    coarse, fine, between = (nets[0](z, PITCH, p) for p in (1, 2, 1.25))
    torch.testing.assert_close(between, 0.75 * coarse + 0.25 * fine)


@pytest.mark.parametrize("progress", [0, 1, 2])
def test_a_discriminator_does_not_see_what_is_finer_than_its_progress(nets, progress):
    image = torch.randn(3, 2, *TOY.image_size)
    for seen, same in zip(nets[1](image, progress), nets[1](blend(image, progress, 4), progress), strict=True):  # fmt: skip
        torch.testing.assert_close(seen, same, atol=1e-5, rtol=1e-4)
    finer = nets[1](image, progress + 0.01)[0]
    assert not torch.equal(finer, nets[1](image, progress)[0])
    # ... but nearly: a fade begins without a jump
    torch.testing.assert_close(finer, nets[1](image, progress)[0], atol=0.1, rtol=0.1)


@pytest.mark.parametrize("progress", [0, 1.5, 3])
def test_only_what_is_in_use_gets_a_gradient(progress):
    generator, discriminator = Generator(TOY), Discriminator(TOY)
    scores, logits = discriminator(generator(torch.randn(3, 5), PITCH, progress), progress)
    (scores.sum() + logits.sum()).backward()
    finest = -int(-progress // 1)
    for net, outside in ((generator, generator.to_image), (discriminator, discriminator.from_image)):  # fmt: skip
        for k, block in enumerate(net.blocks):
            assert all((p.grad is not None) == (k <= finest) for p in block.parameters())
        in_use = [all(p.grad is not None for p in layer.parameters()) for layer in outside]
        assert [k for k, used in enumerate(in_use) if used] == [k for k in range(4) if abs(k - progress) < 1]  # fmt: skip


# ---------------------------------------------------------------------------- conditions


def test_pitch_and_latents_both_change_the_note_and_their_scale_does_not(nets):
    z = torch.randn(2, 5)
    notes = nets[0](z, torch.tensor([60, 60]))
    assert not torch.allclose(notes, nets[0](z, torch.tensor([61, 61])), atol=1e-3)
    assert not torch.allclose(notes[0], notes[1], atol=1e-3)
    zero = torch.zeros(1, 5)  # with silence for a latent, the pitch alone is normalized
    assert torch.isfinite(nets[0](zero, torch.tensor([60]))).all()


def test_a_note_does_not_depend_on_its_batch(nets):
    z = torch.randn(3, 5)
    together, alone = nets[0](z, PITCH), nets[0](z[1:2], PITCH[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


def test_a_score_depends_on_its_batch_through_the_deviation_alone(nets):
    """A batch of copies is told from one of different notes, even by the score of a note in both."""
    image = torch.randn(4, 2, *TOY.image_size)
    copies = image[:1].expand(4, -1, -1, -1)
    assert not torch.allclose(nets[1](copies)[0][0], nets[1](image)[0][0], atol=1e-4)
    torch.testing.assert_close(nets[1](copies)[0][0], nets[1](image[:1])[0][0], atol=1e-5, rtol=1e-4)  # fmt: skip


def test_wrong_sizes_are_refused(nets):
    with pytest.raises(UserError, match="latents of 6 numbers: this generator takes 5"):
        nets[0](torch.zeros(1, 6), PITCH[:1])
    with pytest.raises(UserError, match=r"images of \(32, 16\) frames and bins.*\(16, 32\)"):
        nets[1](torch.zeros(1, 2, 32, 16))
    with pytest.raises(UserError, match=r"progress 4\.0"):
        nets[0](torch.zeros(1, 5), PITCH[:1], 4)


def test_weights_and_progress_come_back_from_a_folder(nets, tmp_path):
    nets[0].progress.fill_(1.5)
    nets[0].save_pretrained(tmp_path)
    back = Generator.from_pretrained(tmp_path)
    z = torch.randn(3, 5)
    assert back.config == TOY and torch.equal(back(z, PITCH), nets[0](z, PITCH, 1.5))
    nets[0].progress.fill_(3)
