"""Phones, and the sentences and melodies made of them, the same for every speaker.

A sentence is a sequence of phones with durations.  It is of no language and has no meaning; it has
the sounds and the rhythm of syllables.  Since no duration depends on the speaker, the same sentence by
two speakers is aligned sample by sample, which real recordings never are.

Paper:      Hillenbrand et al. 1995, "Acoustic characteristics of American English vowels" (Table V,
            the means of 45 men); Jongman, Wayland & Wong 2000, "Acoustic characteristics of English
            fricatives" (spectral peaks); Stevens 1998, "Acoustic Phonetics" (bursts, nasals).
Implements: `PHONES`, `Content`, `sentence`, `melody`.
Differs:    nasals are resonances without the zeros of the closed mouth; there are no diphthongs and
            no liquids; levels and skirts of the noises were set by hand and by long-term spectra.
"""

from dataclasses import dataclass

from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError


@dataclass(frozen=True)
class Phone:
    """One speech sound of a man whose vocal tract is 17 cm long.

    Attributes:
        formants_hz: The first four formants; None if they are those of the neighbouring phone.
        voicing: Amplitude of the glottal pulses; a vowel's is 1.
        aspiration: Amplitude of the noise made at the glottis.
        friction: Amplitude of the noise made at a narrow place in the mouth; an s has 1.
        peak_hz: Frequency at which the friction noise is strongest.
        low_skirt_db: Its fall per octave below the peak.
        high_skirt_db: Its fall per octave above the peak.
    """

    formants_hz: tuple[float, float, float, float] | None = None
    voicing: float = 0.0
    aspiration: float = 0.0
    friction: float = 0.0
    peak_hz: float = 1000.0
    low_skirt_db: float = 0.0
    high_skirt_db: float = 0.0


def _vowel(f1: float, f2: float, f3: float, f4: float) -> Phone:
    return Phone(formants_hz=(f1, f2, f3, f4), voicing=1.0)


def _nasal(f1: float, f2: float, f3: float, f4: float) -> Phone:
    return Phone(formants_hz=(f1, f2, f3, f4), voicing=0.4)


# Named as in the ARPABET.  "sil" is silence, also the closure of a stop.
PHONES: dict[str, Phone] = {
    "iy": _vowel(342.0, 2322.0, 3000.0, 3657.0),
    "ih": _vowel(427.0, 2034.0, 2684.0, 3618.0),
    "ey": _vowel(476.0, 2089.0, 2691.0, 3649.0),
    "eh": _vowel(580.0, 1799.0, 2605.0, 3677.0),
    "ae": _vowel(588.0, 1952.0, 2601.0, 3624.0),
    "aa": _vowel(768.0, 1333.0, 2522.0, 3687.0),
    "ao": _vowel(652.0, 997.0, 2538.0, 3486.0),
    "ow": _vowel(497.0, 910.0, 2459.0, 3384.0),
    "uh": _vowel(469.0, 1122.0, 2434.0, 3400.0),
    "uw": _vowel(378.0, 997.0, 2343.0, 3357.0),
    "ah": _vowel(623.0, 1200.0, 2550.0, 3557.0),
    "er": _vowel(474.0, 1379.0, 1710.0, 3334.0),
    "m": _nasal(250.0, 1100.0, 2100.0, 3300.0),
    "n": _nasal(250.0, 1500.0, 2300.0, 3400.0),
    "s": Phone(friction=1.0, peak_hz=6839.0, low_skirt_db=18.0, high_skirt_db=7.0),
    "z": Phone(voicing=0.2, friction=0.6, peak_hz=6839.0, low_skirt_db=18.0, high_skirt_db=7.0),
    "sh": Phone(friction=1.1, peak_hz=3820.0, low_skirt_db=16.0, high_skirt_db=9.0),
    "f": Phone(friction=0.25, peak_hz=7733.0, low_skirt_db=3.0, high_skirt_db=6.0),
    "hh": Phone(aspiration=1.0),
    "p": Phone(friction=0.5, aspiration=0.3, peak_hz=900.0, low_skirt_db=4.0, high_skirt_db=9.0),
    "t": Phone(friction=1.0, aspiration=0.3, peak_hz=4500.0, low_skirt_db=8.0, high_skirt_db=6.0),
    "k": Phone(friction=0.9, aspiration=0.3, peak_hz=2000.0, low_skirt_db=8.0, high_skirt_db=10.0),
    "sil": Phone(),
}
VOWELS = tuple(name for name, phone in PHONES.items() if phone.voicing == 1.0)
RESONANT = tuple(name for name, phone in PHONES.items() if phone.formants_hz)  # vowels and nasals
STOPS = ("p", "t", "k")
SUNG_VOWELS = ("aa", "iy", "uw", "eh", "ow")

# Frequency of the onsets of syllables in percent; "" is a syllable that begins with its vowel.
ONSETS = {
    "s": 13,
    "sh": 8,
    "f": 8,
    "z": 6,
    "hh": 8,
    "t": 12,
    "k": 10,
    "p": 8,
    "m": 10,
    "n": 10,
    "": 7,
}
SUNG_ONSETS = {"": 50, "m": 15, "n": 15, "s": 10, "z": 10}
STEPS = (-4, -2, -1, 0, 1, 2, 3, 5)  # intervals of a melody, in semitones
LOWEST, MIDDLE, HIGHEST = 50, 57, 67  # its range: D3, A3, G4
SUNG_ONSET_S = 0.07


@dataclass(frozen=True)
class Content:
    """A sentence or a melody.

    Attributes:
        index: Its number.
        phones: Names in `PHONES`, in order.
        durations_s: One duration per phone, in seconds.
        accents: Of a sentence: the pitch at evenly spaced times, in multiples of the speaker's range.
        pitches: Of a melody: one MIDI pitch per phone. Exactly one of `accents` and `pitches` is given.
    """

    index: int
    phones: tuple[str, ...]
    durations_s: tuple[float, ...]
    accents: tuple[float, ...] = ()
    pitches: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.phones) - PHONES.keys()
        if unknown:
            raise DataError(f"no phone {sorted(unknown)[0]!r}; choose some of: {', '.join(PHONES)}")
        if not self.phones or len(self.phones) != len(self.durations_s):
            raise DataError(
                f"{len(self.phones)} phones and {len(self.durations_s)} durations;"
                " each phone needs one duration, and at least one phone"
            )
        if not all(0 < seconds < 60 for seconds in self.durations_s):
            raise DataError("every duration must be above 0 and below 60 seconds")
        if bool(self.accents) == bool(self.pitches):
            raise DataError("give accents (speech) or pitches (singing), one of the two")
        if self.pitches and len(self.pitches) != len(self.phones):
            raise DataError(
                f"{len(self.pitches)} pitches for {len(self.phones)} phones; give one each"
            )

    @property
    def sung(self) -> bool:
        """Whether it is a melody."""
        return bool(self.pitches)


def sentence(index: int, *, seed: int = 0, syllables: int = 8) -> Content:
    """A sentence of nonsense syllables; a function of its arguments alone.

    Args:
        index: Number of the sentence, 0 or more.
        seed: Another seed gives other sentences.
        syllables: Number of syllables, at least 1.

    Returns:
        Its phones, their durations and its accents.

    Raises:
        DataError: A number is too small.

    Example:
        >>> sentence(0, syllables=2).phones
        ('z', 'ow', 'sh', 'uw')
    """
    if syllables < 1:
        raise DataError(f"{syllables} syllables: a sentence needs at least 1")
    draws = generator(seed, Purpose.SENTENCE, index)
    phones: list[str] = []
    durations: list[float] = []

    def add(name: str, shortest_s: float, longest_s: float) -> None:
        phones.append(name)
        durations.append(float(draws.uniform(shortest_s, longest_s)))

    for _ in range(syllables):
        onset = str(draws.choice(list(ONSETS), p=[percent / 100 for percent in ONSETS.values()]))
        if onset in STOPS:
            add("sil", 0.03, 0.06)
            add(onset, 0.02, 0.04)
        elif onset:
            add(onset, 0.06, 0.14)
        add(str(draws.choice(VOWELS)), 0.09, 0.22)
        if draws.random() < 0.12:
            add("sil", 0.08, 0.2)  # a pause
    accents = draws.standard_normal(syllables + 2)
    return Content(index, tuple(phones), tuple(durations), accents=tuple(accents.tolist()))


def melody(index: int, *, seed: int = 0, notes: int = 6) -> Content:
    """A melody with syllables; a function of its arguments alone.

    Args:
        index: Number of the melody, 0 or more.
        seed: Another seed gives other melodies.
        notes: Number of notes, at least 1.

    Returns:
        Its phones, their durations and their pitches, from D3 to G4.

    Raises:
        DataError: A number is too small.

    Example:
        >>> tune = melody(0, notes=3)
        >>> tune.phones, tune.pitches
        (('s', 'aa', 'uw', 'iy'), (62.0, 62.0, 62.0, 63.0))
    """
    if notes < 1:
        raise DataError(f"{notes} notes: a melody needs at least 1")
    draws = generator(seed, Purpose.SUNG_MELODY, index)
    phones: list[str] = []
    durations: list[float] = []
    pitches: list[float] = []
    pitch = MIDDLE + int(draws.integers(-3, 4))
    for _ in range(notes):
        pitch = min(max(pitch + int(draws.choice(STEPS)), LOWEST), HIGHEST)
        duration = float(draws.choice([0.3, 0.45, 0.6, 0.9]))
        onset = str(
            draws.choice(list(SUNG_ONSETS), p=[percent / 100 for percent in SUNG_ONSETS.values()])
        )
        if onset:
            phones.append(onset)
            durations.append(SUNG_ONSET_S)
            pitches.append(float(pitch))
            duration -= SUNG_ONSET_S
        phones.append(str(draws.choice(SUNG_VOWELS)))
        durations.append(duration)
        pitches.append(float(pitch))
    return Content(index, tuple(phones), tuple(durations), pitches=tuple(pitches))
