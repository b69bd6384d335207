"""A folder becomes crops and batches that depend on nothing but seed and number."""

import itertools
import warnings
from collections import Counter

import pytest
import torch
from torch.utils.data import Subset

from tinyaudio.audio import resample, save
from tinyaudio.data.batches import Batches
from tinyaudio.data.clips import Clips
from tinyaudio.data.decoded import Spill
from tinyaudio.data.folder import audio_files
from tinyaudio.errors import AudioError, DataError

RATE = 8_000


def ramp(length, start=0):
    """Sound whose value tells the moment: 16-bit steps from `start` on, the first not zero."""
    return ((start + torch.arange(length) + 1) / 2**15)[None]


@pytest.fixture
def three(tmp_path):
    """Three files of one second each, which share no value."""
    for i in range(3):
        save(tmp_path / f"{i}.wav", ramp(RATE, i * RATE), RATE)
    return tmp_path


@pytest.fixture
def many(tmp_path):
    """Forty little files."""
    for i in range(40):
        save(tmp_path / f"{i:02d}.wav", ramp(50, 100 * i), RATE)
    return tmp_path


def clips(folder, n_samples=100, **settings):
    return Clips(folder, sample_rate=RATE, n_samples=n_samples, **settings)


def values(dataset, items):
    """The 16-bit values that occur in some items."""
    found = torch.stack([dataset[i]["audio"] for i in items]) * 2**15
    return set(found.round().int().flatten().tolist()) - {0}


# ---------------------------------------------------------------------------- files


def test_files_are_found_at_any_depth_in_order_and_hidden_ones_are_not(tmp_path):
    for name in (
        "b.wav",
        "a/x.FLAC",
        "a/y.txt",
        ".hidden.wav",
        ".git/z.wav",
        "c.mp3.part",
        "c.Mp3",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [path.relative_to(tmp_path).as_posix() for path in audio_files(tmp_path)]
    assert found == ["a/x.FLAC", "b.wav", "c.Mp3"]


def test_no_folder_no_audio_and_a_file_get_one_line_each(tmp_path):
    (tmp_path / "text.txt").touch()
    for place, words in (("no", "no such folder"), ("", "no audio in"), ("text.txt", "is a file")):
        with pytest.raises(DataError, match=words) as error:
            audio_files(tmp_path / place)
        assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


# ---------------------------------------------------------------------------- crops


def test_a_crop_is_what_stands_in_the_file_at_its_place(three):
    dataset = clips(three)
    for i in range(20):
        item = dataset[i]
        assert item["audio"].dtype == torch.float32
        first = int(item["file"]) * RATE + int(item["start"])
        assert torch.equal(item["audio"], ramp(100, first))


def test_crop_i_is_a_function_of_seed_and_i(three):
    one, same, other = clips(three, seed=1), clips(three, seed=1), clips(three, seed=2)
    backwards = {i: same[i]["audio"] for i in reversed(range(20))}
    assert all(torch.equal(one[i]["audio"], backwards[i]) for i in range(20))
    assert sum(torch.equal(one[i]["audio"], other[i]["audio"]) for i in range(20)) <= 1
    # Two of 20 among 21,300 places coincide with probability 0.009; the seed is fixed.
    assert len({one[i]["audio"].sum().item() for i in range(20)}) == 20


def test_crops_come_from_everywhere_in_proportion_to_length(tmp_path):
    save(tmp_path / "long.wav", ramp(9_000), RATE)
    save(tmp_path / "short.wav", ramp(1_000, 9_000), RATE)
    dataset = clips(tmp_path)
    files = Counter(int(dataset[i]["file"]) for i in range(1_000))
    # A binomial of 1,000 draws at 0.1: five standard deviations are 47.
    assert files[1] == pytest.approx(100, abs=48)
    starts = torch.stack(
        [dataset[i]["start"] for i in range(1_000) if int(dataset[i]["file"]) == 0]
    )
    assert starts.min() < 100 and starts.max() > 8_000 - 100 - 100
    assert starts.float().mean() == pytest.approx(4_000, abs=400)  # five standard errors: 385


def test_a_file_shorter_than_a_crop_is_followed_by_zeros(tmp_path):
    save(tmp_path / "a.wav", ramp(30), RATE)
    item = clips(tmp_path, split="all")[0]
    assert torch.equal(item["audio"], torch.cat([ramp(30), torch.zeros(1, 70)], dim=1))


def test_stereo_is_mixed_and_other_rates_are_converted(tmp_path):
    sound = torch.stack([ramp(16_000)[0], torch.zeros(16_000)])
    save(tmp_path / "a.wav", sound, 2 * RATE)
    (whole,) = [clips(tmp_path, n_samples=8_000, split="all")[0]["audio"]]
    assert torch.equal(whole, resample(sound.mean(0, keepdim=True), 2 * RATE, RATE))


def test_a_crop_outside_the_dataset_is_an_index_error(three):
    dataset = clips(three, split="valid")
    for i in (-1, len(dataset)):
        with pytest.raises(IndexError):
            dataset[i]


# ---------------------------------------------------------------------------- splits


def test_few_files_hold_out_the_last_tenth_of_each(three):
    train, valid = clips(three), clips(three, split="valid")
    trained = values(train, range(2_000))
    held_out = values(valid, range(len(valid)))
    assert not trained & held_out
    assert held_out == {i * RATE + t + 1 for i in range(3) for t in range(7_200, 8_000)}
    assert len(trained) > 0.99 * 3 * 7_200


@pytest.mark.parametrize("n_samples", [1_000, 4_000])
def test_at_least_one_crop_s_worth_is_held_out(three, n_samples):
    valid = clips(three, n_samples, split="valid")
    assert [int(valid[i]["start"]) for i in range(len(valid))] == [RATE - n_samples] * 3
    assert not values(clips(three, n_samples), range(100)) & values(valid, range(len(valid)))


def test_when_all_files_are_short_one_is_held_out_whole(three):
    train, valid = clips(three, 5_000), clips(three, 5_000, split="valid")
    files = {int(train[i]["file"]) for i in range(50)}
    assert (
        len(files) == 2 and {int(valid[i]["file"]) for i in range(len(valid))} == {0, 1, 2} - files
    )


def test_one_file_too_short_to_divide_is_an_error_that_says_so(tmp_path):
    save(tmp_path / "a.wav", ramp(150), RATE)
    for split in ("train", "valid"):
        with pytest.raises(DataError, match=r"needs two files, or one of 0\.03 s"):
            clips(tmp_path, split=split)


def test_many_files_hold_out_whole_files_and_adding_some_moves_none(many):
    def sides():
        train, valid = clips(many), clips(many, split="valid")
        return tuple({d.files[s.file].name for s in d.segments} for d in (train, valid))

    train, valid = sides()
    assert not train & valid and len(train | valid) == 40
    assert 1 <= len(valid) <= 10  # a binomial of 40 draws at 0.1: more has probability 0.002
    for i in range(40, 60):
        save(many / f"{i:02d}.wav", ramp(50, 100 * i), RATE)
    more_train, more_valid = sides()
    assert train < more_train and valid <= more_valid


def test_the_split_does_not_depend_on_where_the_folder_is(many, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "folder"
    before = {
        clips(many, split="valid").files[s.file].name for s in clips(many, split="valid").segments
    }
    many.rename(other)
    moved = clips(other, split="valid")
    assert {moved.files[s.file].name for s in moved.segments} == before


def test_held_out_crops_are_even_fixed_and_mixed(three):
    valid = clips(three, split="valid", seed=1)
    places = [(int(valid[i]["file"]), int(valid[i]["start"])) for i in range(len(valid))]
    assert sorted(places) == [(f, s) for f in range(3) for s in range(7_200, 8_000, 100)]
    again = clips(three, split="valid", seed=2)
    assert places == [(int(again[i]["file"]), int(again[i]["start"])) for i in range(len(again))]
    assert {f for f, _ in places[:8]} == {0, 1, 2}


def test_all_is_everything(three):
    everything = clips(three, split="all")
    assert values(everything, range(len(everything))) == set(range(1, 3 * RATE + 1))


# ---------------------------------------------------------------------------- what cannot be used


def test_unreadable_and_silent_files_are_left_out_with_a_warning_each(three):
    (three / "broken.wav").write_text("not a sound")
    (three / "empty.wav").touch()
    save(three / "silent.wav", torch.zeros(1, RATE), RATE)
    with pytest.warns(UserWarning, match="left out") as caught:
        dataset = clips(three)
    assert sorted(str(w.message).split(":")[1].rpartition("/")[2] for w in caught) == [
        "broken.wav",
        "empty.wav",
        "silent.wav",
    ]
    assert [path.name for path in dataset.files] == ["0.wav", "1.wav", "2.wav"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the second data set of a run does not decode again
        clips(three, split="valid")


def test_a_file_that_changed_is_read_again(three):
    clips(three)
    save(three / "0.wav", ramp(4 * RATE), RATE)
    assert clips(three).sounds[0].length == 4 * RATE


@pytest.mark.filterwarnings("ignore:left out")
def test_nothing_usable_is_an_error_that_says_how_to_look(tmp_path):
    save(tmp_path / "silent.wav", torch.zeros(1, RATE), RATE)
    with pytest.raises(DataError, match=r"no usable audio .* 1 files .* tinyaudio data check"):
        clips(tmp_path)


@pytest.mark.parametrize("wrong", [{"split": "test"}, {"n_samples": 0}, {"seed": -1}])
def test_wrong_settings_are_refused(three, wrong):
    with pytest.raises(DataError):
        clips(three, **wrong)


def test_an_impossible_rate_is_refused(three):
    with pytest.raises(AudioError, match="0 Hz"):
        Clips(three, sample_rate=0, n_samples=100)


def test_what_does_not_fit_the_memory_gives_the_same_crops(three, monkeypatch):
    kept = clips(three, n_samples=700)
    expected = [kept[i]["audio"] for i in range(20)]
    monkeypatch.setattr("tinyaudio.data.decoded.MEMORY_NUMBERS", RATE + 10)
    (three / "0.wav").touch()  # another time: the memory of the last reading is not used
    tight = clips(three, n_samples=700)
    assert [isinstance(sound.kept, Spill) for sound in tight.sounds] == [False, True, True]
    assert all(torch.equal(tight[i]["audio"], expected[i]) for i in range(20))


# ---------------------------------------------------------------------------- batches


NUMBERS = Subset([{"x": torch.tensor(i)} for i in range(10)], range(10))


def take(batches, step, n):
    return [batch["x"].tolist() for batch in itertools.islice(batches.from_step(step), n)]


def test_every_item_comes_once_a_round_and_rounds_differ():
    items = sum(take(Batches(NUMBERS, 4), 0, 10), [])  # noqa: RUF017
    rounds = [items[10 * r : 10 * r + 10] for r in range(4)]
    assert all(sorted(r) == list(range(10)) for r in rounds)
    assert len({tuple(r) for r in rounds}) == 4
    assert items[:10] != take(Batches(NUMBERS, 10, seed=1), 0, 1)[0]


@pytest.mark.parametrize("step", [1, 50])
def test_batch_k_is_the_same_wherever_one_begins(step):
    assert take(Batches(NUMBERS, 4), step, 3) == take(Batches(NUMBERS, 4), 0, step + 3)[step:]


def test_workers_change_nothing(three):
    dataset = clips(three)
    alone = itertools.islice(Batches(dataset, 4).from_step(3), 5)
    helped = itertools.islice(Batches(dataset, 4, workers=2).from_step(3), 5)
    for a, b in zip(alone, helped, strict=True):
        assert a["audio"].shape == (4, 1, 100)
        assert all(torch.equal(a[name], b[name]) for name in a) and a.keys() == b.keys()


@pytest.mark.parametrize("world_size", [2, 4])
def test_ranks_share_the_same_batch(world_size):
    parts = [
        take(Batches(NUMBERS, 8, rank=r, world_size=world_size), 2, 3) for r in range(world_size)
    ]
    together = [sum(batch, []) for batch in zip(*parts, strict=True)]  # noqa: RUF017
    assert together == take(Batches(NUMBERS, 8), 2, 3)


def test_training_s_random_numbers_are_left_alone():
    before = torch.get_rng_state()
    take(Batches(NUMBERS, 4), 0, 3)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_cannot_be_divided_or_is_empty_is_refused():
    with pytest.raises(DataError, match="multiple of 3"):
        Batches(NUMBERS, 4, world_size=3)
    with pytest.raises(DataError, match="empty"):
        Batches(Subset(NUMBERS, []), 4)
    with pytest.raises(DataError, match="negative"):
        Batches(NUMBERS, 4, seed=-1)
