"""GANSynth's losses against closed forms, and what each network gets to see."""

import math

import pytest
import torch

from tinyaudio.models.gansynth import GANSynthConfig
from tinyaudio.models.growth import blend
from tinyaudio.objectives.gansynth import gansynth_losses

CONFIG = GANSynthConfig(n_latents=4, start_frames=2, start_bins=2, n_resolutions=3)
B, SIZE = 6, (2, 8, 8)
PITCH = torch.tensor([24, 30, 60, 60, 71, 84])


def to_image(audio):
    """128 samples as an image."""
    return audio.reshape(-1, *SIZE)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return {"audio": torch.randn(B, 1, 128), "pitch": PITCH}


class Linear:
    """A discriminator of one slope everywhere, undecided about the pitch; it keeps what it is asked."""

    def __init__(self, steepness):
        direction = torch.ones(SIZE)
        self.weight = steepness * direction / direction.norm()
        self.images, self.progresses = [], set()

    def __call__(self, image, progress):
        self.images.append(image.detach())
        self.progresses.add(progress)
        return (image * self.weight).sum((1, 2, 3)), image.new_zeros(len(image), 61)


class Flat:
    """A generator of images that hold nothing but the pitch; it keeps what it is asked."""

    def __init__(self):
        self.level = torch.ones((), requires_grad=True)
        self.asked = []

    def __call__(self, z, pitch, progress):
        self.asked.append((z, pitch, progress))
        return self.level * (pitch / 100)[:, None, None, None].expand(-1, *SIZE)


@pytest.mark.parametrize("steepness", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("progress", [0.0, 1.5, 2.0])
def test_the_discriminator_s_loss_is_that_of_a_linear_one(batch, steepness, progress):
    """- distance + 10 (slope - 1)^2 + 0.001 mean square of real scores + 10 ln 61."""
    discriminator, generator = Linear(steepness), Flat()
    loss, _ = gansynth_losses(discriminator, generator, CONFIG, to_image, lambda step: progress)
    total, logs = loss(batch, 0)
    real = (blend(to_image(batch["audio"]), progress, 3) * discriminator.weight).sum((1, 2, 3))
    generated = steepness * math.prod(SIZE) ** 0.5 * PITCH / 100
    distance = (real.mean() - generated.mean()).item()
    expected = -distance + 10 * (steepness - 1) ** 2 + 0.001 * real.square().mean().item()
    assert total.item() == pytest.approx(expected + 10 * math.log(61), rel=1e-4)
    assert logs["wasserstein"].item() == pytest.approx(distance, rel=1e-4)
    assert logs["cross_entropy"].item() == pytest.approx(math.log(61))
    assert logs["progress"].item() == progress


def test_the_generator_s_loss_is_the_score_and_the_pitch_of_its_notes(batch):
    discriminator, generator = Linear(1.0), Flat()
    _, loss = gansynth_losses(discriminator, generator, CONFIG, to_image, lambda step: 1.0)
    total, logs = loss(batch, 0)
    score = (math.prod(SIZE) ** 0.5 * PITCH / 100).mean().item()
    assert total.item() == pytest.approx(-score + 10 * math.log(61), rel=1e-4)
    (slope,) = torch.autograd.grad(total, generator.level)
    assert slope.item() == pytest.approx(-score, rel=1e-4)
    assert set(logs) == {"cross_entropy"}


def test_both_are_asked_at_the_progress_of_the_step_for_the_pitches_of_the_batch(batch):
    discriminator, generator = Linear(1.0), Flat()
    losses = gansynth_losses(discriminator, generator, CONFIG, to_image, lambda step: step / 4)
    for loss in losses:
        loss(batch, 5)
    assert discriminator.progresses == {1.25} == {progress for _, _, progress in generator.asked}
    for z, pitch, _ in generator.asked:
        assert z.shape == (B, 4) and torch.equal(pitch, PITCH)  # MIDI numbers
    assert not torch.equal(generator.asked[0][0], generator.asked[1][0])  # drawn anew
    real, generated, between, later = discriminator.images
    torch.testing.assert_close(real, blend(to_image(batch["audio"]), 1.25, 3))
    assert torch.equal(generated, later)
    inside = torch.lerp(real, generated, ((between - real) / (generated - real)).mean((1, 2, 3))[:, None, None, None])  # fmt: skip
    torch.testing.assert_close(between, inside, atol=1e-4, rtol=1e-3)


def test_without_a_penalty_no_gradient_is_needed(batch):
    loss, _ = gansynth_losses(Linear(2.0), Flat(), CONFIG, to_image, lambda step: 2.0, 0.0)
    with torch.no_grad():
        total, logs = loss(batch, 0)
    assert "penalty" not in logs and torch.isfinite(total)


def test_each_pitch_is_the_class_of_its_distance_from_the_lowest(batch):
    """A discriminator that knows has no cross-entropy."""

    def knows(image, progress):
        n = len(image)
        return image.sum((1, 2, 3)), 100 * torch.nn.functional.one_hot(PITCH[:n] - 24, 61).float()

    for loss in gansynth_losses(knows, Flat(), CONFIG, to_image, lambda step: 2.0):
        assert loss(batch, 0)[1]["cross_entropy"].item() == 0
