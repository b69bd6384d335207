"""A row of `benchmarks.gansynth`: notes against real ones, by log spectra and by a pitch classifier."""

from dataclasses import dataclass
from typing import Any

from benchmarks.critics import features, spectra
from benchmarks.translation_scores import interval

RATE = 16_000
FAMILIES, PITCHES = ("brass", "guitar", "keyboard", "organ", "string"), (48, 71)
SECONDS = 1.0  # of a note, whose key is down for three quarters
N_COMPONENTS, N_CLUSTERS = 32, 50
BAND_HZ = 4_000  # up to which sounds are compared
BATCH = 100  # notes that the classifier hears at once


@dataclass(frozen=True)
class NoteSet:
    """Notes of one length with what they are.

    Attributes:
        clips: (N, 1, T) at 16 kHz.
        pitches: MIDI (N,); None if nobody asked for a pitch.
        families: A name a note; empty if nobody asked for one.
    """

    clips: Any
    pitches: Any | None
    families: tuple[str, ...] = ()


def real_notes(split: str, n: int, n_samples: int, skip: int = 0) -> NoteSet:
    """Procedural notes of a split from their onset, after some that are left out."""
    import torch

    from tinyaudio.audio import crop
    from tinyaudio.data.notes import Notes

    played = Notes(skip + n, RATE, SECONDS, split, families=FAMILIES, pitches=PITCHES)
    items = [played[i] for i in range(skip, skip + n)]
    return NoteSet(
        torch.stack([crop(item["audio"], n_samples, start=0) for item in items]),
        torch.tensor([item["pitch"] for item in items]),
        tuple(item["instrument_family_str"] for item in items),
    )


def levels(clips: Any) -> Any:
    """Log-mel levels in dB, (N, 80, frames)."""
    from tinyaudio.represent.logmel import N_MELS

    return spectra(clips, RATE).unflatten(1, (N_MELS, -1))


def n_bands() -> int:
    """How many mel bands lie below `BAND_HZ`."""
    from tinyaudio.represent.logmel import N_FFT, filterbank

    above = filterbank(RATE)[:, round(BAND_HZ * N_FFT / RATE) :]
    return int((above == 0).all(1).sum())


class Scores:
    """What all rows are compared with.

    Args:
        train: The notes that a generator learned from, or could have.
        reference: Notes by instruments that it did not hear.
        classifier: A `tinyaudio.models.pitch_classifier.PitchClassifier`.

    Raises:
        UserError: The classifier is of no use.
    """

    def __init__(self, train: NoteSet, reference: NoteSet, classifier: Any) -> None:
        from tinyaudio.errors import UserError
        from tinyaudio.metrics.generative import PrincipalComponents

        self.classifier, self.reference = classifier, reference
        seen = levels(train.clips)
        self.loudest_db, self.bands = seen.max().item(), n_bands()
        self.components = PrincipalComponents(self.spectrum(seen), N_COMPONENTS)
        self.full_band = PrincipalComponents(self.spectrum(seen, full_band=True), N_COMPONENTS)
        self.train = self.components(self.spectrum(seen))
        found = levels(reference.clips)
        self.real = self.components(self.spectrum(found))
        self.real_full_band = self.full_band(self.spectrum(found, full_band=True))
        self.real_hidden = self.heard(reference.clips)[1]
        self.real_accuracy = self.accuracy(reference)
        if not self.real_accuracy:
            raise UserError("the classifier hears the pitch of no real note; train it longer")
        self.real_diversity = self.diversity(reference)

    def spectrum(self, found: Any, full_band: bool = False) -> Any:
        """Levels below `BAND_HZ`, or all, as rows whose squared distance is a mean in squared dB."""
        bands = found if full_band else found[:, : self.bands]
        return features(bands.flatten(1), self.loudest_db)

    def heard(self, clips: Any) -> tuple[Any, Any]:
        """The classifier's probabilities and its last hidden layer."""
        import torch

        with torch.no_grad():
            hidden = torch.cat([self.classifier.features(one) for one in clips.split(BATCH)])
            return self.classifier.logits(hidden).softmax(1), hidden

    def accuracy(self, notes: NoteSet) -> float:
        """Share of notes that the classifier hears at the pitch that was asked for."""
        from tinyaudio.metrics.pitch_classification import pitch_accuracy
        from tinyaudio.models.pitch_classifier import pitch_classes

        return pitch_accuracy(self.heard(notes.clips)[0], pitch_classes(notes.pitches)).item()

    def diversity(self, notes: NoteSet) -> float:
        """Spread of the log spectra at one pitch, in dB."""
        from tinyaudio.metrics.generative import intra_class_diversity

        return intra_class_diversity(self.spectrum(levels(notes.clips)), notes.pitches).item()

    def row(self, notes: NoteSet) -> dict[str, Any]:
        """All metrics of a set; those of the pitch are None if nobody asked for one."""
        from tinyaudio.metrics import generative, pitch_classification

        found = levels(notes.clips)
        made = self.components(self.spectrum(found))
        made_full_band = self.full_band(self.spectrum(found, full_band=True))
        answers, hidden = self.heard(notes.clips)
        metrics = {
            "fid": generative.frechet_distance(self.real_hidden, hidden),
            "fd_spectrum": generative.frechet_distance(self.real, made),
            "fd_spectrum_8_khz": generative.frechet_distance(self.real_full_band, made_full_band),
            "inception_score": pitch_classification.inception_score(answers),
            "coverage": generative.coverage(self.real, made),
            "precision": generative.precision(self.real, made),
            "nearest_train_ratio": generative.nearest_train_ratio(self.train, self.real, made),
            "pitch_entropy": pitch_classification.pitch_entropy(answers),
        }
        return {
            "ndb": generative.n_different_bins(self.train, made, N_CLUSTERS),
            **{name: round(value.item(), 3) for name, value in metrics.items()},
            **self.of_pitch(notes),
        }

    def of_pitch(self, notes: NoteSet) -> dict[str, Any]:
        """The metrics that need to know which pitch was asked for."""
        if notes.pitches is None:
            names = "pitch_accuracy_of_real", "pitch_accuracy_interval", "diversity_of_real"
            return dict.fromkeys(names)
        accuracy, n = self.accuracy(notes), len(notes.clips)
        low, high = (bound / self.real_accuracy for bound in interval(round(accuracy * n), n))
        return {
            "pitch_accuracy_of_real": round(accuracy / self.real_accuracy, 3),
            "pitch_accuracy_interval": [round(low, 3), round(high, 3)],
            "diversity_of_real": round(self.diversity(notes) / self.real_diversity, 3),
        }
