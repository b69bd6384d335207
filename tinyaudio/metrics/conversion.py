r"""How well one voice was turned into another: distance, speaker, pitch and content.

The reference is the same sentence by the target speaker, in step with the source sample by sample; only
procedural voices have one.

    distance ratio    d(converted, reference) / d(source, reference), with d the log-mel distance
    speaker           the share of clips that a classifier takes for the target speaker
    pitch kept        the share of the reference's voiced frames where the pitch is within 100 cents of its
    content kept      the share of the reference's frames where a classifier of phones, which is wrong at
                      times, says the same of both

Each of them can be fooled alone: the source itself keeps all content, and one vowel of the target speaker
has the right speaker.

Paper:      Sisman, Yamagishi, King & Li, "An overview of voice conversion and its challenges", 2021, for
            the objective measures in use: spectral distance, speaker similarity, error of F0, recognition.
Implements: `distance_ratio`, `pitch_and_voicing_kept`, `pitch_kept`, `content_kept`, `SpeakerClassifier`,
            `PhoneClassifier`, `bits_per_second`.
Differs:    from the mel cepstral distance of papers, which leaves out the level and aligns in time.
See:        the chapter on VQ-VAE and voice conversion.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.data.item import Item
from tinyaudio.data.speech.content import PHONES
from tinyaudio.errors import UserError
from tinyaudio.metrics.discriminant import LinearDiscriminant
from tinyaudio.metrics.spectral import log_mel_distance
from tinyaudio.represent.logmel import HOP_LENGTH, RANGE_DB, log_mel
from tinyaudio.represent.prosody import REFERENCE_HZ, VOICED, pitch_frames
from tinyaudio.represent.source_filter import normalized_autocorrelation

N_CEPSTRA = 20
N_HIDDEN = 256  # of the perceptron
CONTEXT = 4  # frames on either side that a phone is recognized by
SILENCE = list(PHONES).index("sil")
WITHIN_CENTS = 100
LEAST_PERIODIC = 0.5  # of a generated frame that counts as voiced


def distance_ratio(
    converted: Float[Tensor, "*c T"],
    source: Float[Tensor, "*s T"],
    reference: Float[Tensor, "*r T"],
    sample_rate: int,
) -> float:
    """How much of the distance from source to reference is left: 0 is the reference, 1 no better than nothing.

    Args:
        converted: The source in the target's voice, one channel, as long as the reference.
        source: What was converted.
        reference: The same sentence by the target.
        sample_rate: In Hz.

    Raises:
        AudioError: As `log_mel_distance`.
        UserError: Source and reference are the same clip.
    """
    before = log_mel_distance(source, reference, sample_rate)
    if before == 0:
        raise UserError("source and reference are the same: there is no distance to cover")
    return log_mel_distance(converted, reference, sample_rate) / before


def pitch_and_voicing_kept(
    audio: Float[Tensor, "*one T"],
    f0_hz: Float[Tensor, " T"],
    voiced: Float[Tensor, " T"],
    sample_rate: int,
) -> tuple[float, float]:
    """Shares of the reference's voiced frames in which a clip has its pitch, and in which it is voiced at all.

    Args:
        audio: One channel.
        f0_hz: The reference's pitch at every sample, as `tinyaudio.data.voices.Voices` gives it.
        voiced: 1 where it is voiced, else 0.
        sample_rate: In Hz.

    Returns:
        The share whose pitch is within 100 cents, and the share voiced at any pitch: a whisper keeps none.

    Example:
        >>> from tinyaudio.data.voices import Voices
        >>> item = Voices(1)[0]
        >>> pitch, voicing = pitch_and_voicing_kept(item["audio"], item["f0_hz"], item["voiced"], 16_000)
        >>> 0.95 < pitch <= voicing
        True
    """
    octaves, periodicity = pitch_frames(audio.reshape(1, 1, -1), sample_rate, HOP_LENGTH)[0]
    wanted, counts = f0_hz[::HOP_LENGTH], voiced[::HOP_LENGTH].bool()
    n = min(len(wanted), len(octaves))
    error = 1200 * (octaves[:n] - (wanted[:n] / REFERENCE_HZ).log2())
    periodic = periodicity[:n] > LEAST_PERIODIC
    right = (error.abs() <= WITHIN_CENTS) & periodic
    kept = torch.stack([right, periodic])[:, counts[:n]].float().mean(1)
    return kept[0].item(), kept[1].item()


def pitch_kept(
    audio: Float[Tensor, "*one T"],
    f0_hz: Float[Tensor, " T"],
    voiced: Float[Tensor, " T"],
    sample_rate: int,
) -> float:
    """The first number of `pitch_and_voicing_kept`."""
    return pitch_and_voicing_kept(audio, f0_hz, voiced, sample_rate)[0]


def cepstra(audio: Float[Tensor, "*one T"], sample_rate: int) -> Float[Tensor, "N 20"]:
    """The first 20 mel cepstra, in dB, at samples 0, 256, ...: a frame's spectral envelope."""
    return mel_cepstra(log_mel(audio.reshape(1, 1, -1), sample_rate)[0].cpu()).T


def mel_cepstra(mels: Float[Tensor, "*batch M N"]) -> Float[Tensor, "*batch 20 N"]:
    """The same of frames of `log_mel`.

    Example:
        >>> mel_cepstra(torch.ones(80, 3))[:2].round(decimals=3).abs()  # a level of 0 dB, on log_mel's scale
        tensor([[40., 40., 40.],
                [ 0.,  0.,  0.]])
    """
    m = torch.arange(mels.shape[-2], device=mels.device) + 0.5
    orders = torch.arange(N_CEPSTRA, device=mels.device)[:, None]
    return torch.cos(math.pi * orders * m / len(m)) @ (RANGE_DB * mels) / len(m)


def voiced_frames(audio: Float[Tensor, "*one T"], sample_rate: int) -> Bool[Tensor, " N"]:
    """Where a clip is voiced; everywhere, if nowhere."""
    _, periodicity = normalized_autocorrelation(audio.flatten().cpu(), sample_rate)
    voiced = periodicity.amax(1) > VOICED
    return voiced if voiced.any() else torch.ones_like(voiced)


class SpeakerClassifier:
    """Tells speakers apart by the mean and spread of their voiced frames' cepstra, and their mean pitch.

    Args:
        clips: Of one channel each, several a speaker.
        speakers: Whose clip each is.
        sample_rate: In Hz.

    Raises:
        UserError: There is one speaker only.
    """

    def __init__(
        self, clips: Sequence[Float[Tensor, "1 _"]], speakers: Sequence[int], sample_rate: int
    ) -> None:
        self.sample_rate = sample_rate
        features = torch.stack([self.features(clip) for clip in clips])
        # A few clips a speaker for 41 measurements: strong shrinkage.
        self.classify = LinearDiscriminant(features, torch.tensor(list(speakers)), shrinkage=0.5)

    def features(self, clip: Float[Tensor, "*one T"]) -> Float[Tensor, " 41"]:
        """What a clip says of its speaker."""
        voiced = voiced_frames(clip, self.sample_rate)
        frames = cepstra(clip, self.sample_rate)[: len(voiced)][voiced]
        octaves = pitch_frames(clip.reshape(1, 1, -1), self.sample_rate, HOP_LENGTH)[0, 0]
        octave = octaves[: len(voiced)][voiced].mean()
        return torch.cat([frames.mean(0), frames.std(0, correction=0), 20 * octave[None]])

    def __call__(self, clip: Float[Tensor, "*one T"]) -> int:
        """The most probable speaker."""
        return int(self.classify(self.features(clip)[None])[0])


class PhoneClassifier:
    """Recognizes the phone of a frame from the cepstra of nine frames: a perceptron with two hidden layers.

    The mean over the clip's voiced frames, which is mostly the speaker's, is removed first.

    Args:
        items: Of `tinyaudio.data.voices.Voices`, by many speakers, so that it does not matter who speaks.
        n_steps: Of training; 2,000 take half a minute of a CPU core.
        seed: Of the initial weights and the order of the frames.
    """

    def __init__(self, items: Sequence[Item], n_steps: int = 2_000, seed: int = 0) -> None:
        self.mean, self.std = torch.zeros(()), torch.ones(())
        inputs = [self.features(item["audio"], item["sample_rate"]) for item in items]
        pairs = zip(items, inputs, strict=True)
        labels = torch.cat([phone_labels(i, len(x), i["sample_rate"]) for i, x in pairs])
        x = torch.cat(inputs)
        self.mean, self.std = x.mean(0), x.std(0).clamp(min=1e-3)
        x = (x - self.mean) / self.std
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            D, H = x.shape[1], N_HIDDEN
            layers = [nn.Linear(D, H), nn.ReLU(), nn.Dropout(0.2), nn.Linear(H, H), nn.ReLU()]
            self.net = nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(H, len(PHONES)))
            optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
            for _ in range(n_steps):
                some = torch.randint(len(x), (512,))
                loss = F.cross_entropy(self.net(x[some]), labels[some])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        self.net.eval()

    def features(self, clip: Float[Tensor, "*one T"], sample_rate: int) -> Float[Tensor, "N D"]:
        """Each frame with its neighbours."""
        frames = cepstra(clip, sample_rate)
        voiced = voiced_frames(clip, sample_rate)[: len(frames)]
        frames = frames - frames[: len(voiced)][voiced].mean(0)
        padded = F.pad(frames.T[None], (CONTEXT, CONTEXT), mode="replicate")[0].T
        return (padded.unfold(0, 2 * CONTEXT + 1, 1).flatten(1) - self.mean) / self.std

    @torch.no_grad()
    def __call__(self, clip: Float[Tensor, "*one T"], sample_rate: int) -> Int[Tensor, " N"]:
        """The most probable phone at samples 0, 256, ..., as a place in `PHONES`."""
        return self.net(self.features(clip, sample_rate)).argmax(1)


def phone_labels(item: Item, n_frames: int, sample_rate: int) -> Int[Tensor, " n_frames"]:
    """The phone at samples 0, 256, ... of a procedural voice, as a place in `PHONES`; silence at its end."""
    edges = torch.tensor(item["durations_s"]).cumsum(0)
    phones = torch.tensor([*(list(PHONES).index(name) for name in item["phones"]), SILENCE])
    times = torch.arange(n_frames) * HOP_LENGTH / sample_rate
    return phones[torch.searchsorted(edges, times, right=True)]


def content_kept(
    classifier: PhoneClassifier,
    converted: Float[Tensor, "*c T"],
    reference: Float[Tensor, "*r T"],
    sample_rate: int,
) -> float:
    """Share of frames that the classifier recognizes alike in both, where the reference is not silent.

    Raises:
        UserError: The classifier takes all of the reference for silence.
    """
    wanted = classifier(reference, sample_rate)
    given = classifier(converted, sample_rate)
    sounding = wanted != SILENCE
    if not sounding.any():
        raise UserError("the reference is silent: it has no content to keep")
    n = min(len(wanted), len(given))
    return (given[:n] == wanted[:n])[sounding[:n]].float().mean().item()


def bits_per_second(codes: Int[Tensor, "*batch N"], n_codes: int, codes_per_second: float) -> float:
    r"""What a stream of codes needs if each is coded by its own frequency: at most f log2 K.

    r = f H,   H = -\sum_k p_k \log_2 p_k

    Example:
        >>> round(bits_per_second(torch.arange(256), 256, 31.25))
        250
    """
    p = torch.bincount(codes.flatten(), minlength=n_codes).double()
    p = p / p.sum()
    return codes_per_second * -torch.xlogy(p, p).sum().item() / math.log(2)
