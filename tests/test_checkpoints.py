"""Weights: what is written is read, strictly, by us and by the hub's own functions."""

import pytest
import torch

from tinyaudio import checkpoints
from tinyaudio.checkpoints import open_run, pretrained, shipped_folder
from tinyaudio.errors import CheckpointError, UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.weights import load_weights, read_weights, save_weights

SMALL = CausalNetConfig(n_levels=16, channels=8, stacks=2, layers=3)


def scrambled(model):
    with torch.no_grad():
        for p in model.parameters():
            p.normal_()
    return model


@pytest.mark.parametrize(
    "model",
    [CausalNet(SMALL), Generator(WaveGANConfig.tiny()), Critic(WaveGANConfig.tiny())],
    ids=lambda m: type(m).__name__,
)
def test_round_trip_of_every_model(model, tmp_path):
    save_weights(scrambled(model), tmp_path / "model")
    again = load_weights(type(model), tmp_path / "model")
    assert again.config == model.config
    assert not again.training
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_the_hub_s_own_functions_read_and_write_the_same(tmp_path):
    net = scrambled(CausalNet(SMALL))
    save_weights(net, tmp_path / "ours")
    theirs = CausalNet.from_pretrained(tmp_path / "ours")
    net.save_pretrained(tmp_path / "theirs")
    ours = load_weights(CausalNet, tmp_path / "theirs")
    for name, value in net.state_dict().items():
        assert torch.equal(theirs.state_dict()[name], value)
        assert torch.equal(ours.state_dict()[name], value)


def test_half_precision_is_half_the_size_and_read_as_float32(tmp_path):
    net = scrambled(CausalNet(SMALL))
    save_weights(net, tmp_path / "whole")
    save_weights(net, tmp_path / "half", half=True)
    n_bytes = [(tmp_path / size / "model.safetensors").stat().st_size for size in ("whole", "half")]
    n_parameters = sum(p.numel() for p in net.parameters())
    assert n_bytes[0] - n_bytes[1] == pytest.approx(2 * n_parameters, abs=64)
    again = load_weights(CausalNet, tmp_path / "half")
    assert all(p.dtype == torch.float32 for p in again.parameters())
    torch.testing.assert_close(again.logits.weight, net.logits.weight, rtol=2**-11, atol=1e-7)
    assert net.logits.weight.dtype == torch.float32  # the model itself is left alone


def test_silent_on_success(tmp_path, capsys):
    save_weights(CausalNet(SMALL), tmp_path)
    load_weights(CausalNet, tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "damage", ["no config", "no weights", "cut", "not json", "another size", "another model"]
)
def test_what_does_not_fit_is_one_line(damage, tmp_path):
    save_weights(CausalNet(SMALL), tmp_path)
    config, weights = tmp_path / "config.json", tmp_path / "model.safetensors"
    if damage == "no config":
        config.unlink()
    elif damage == "no weights":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-10])
    elif damage == "not json":
        config.write_text("{")
    elif damage == "another size":
        config.write_text(config.read_text().replace('"channels": 8', '"channels": 16'))
    with pytest.raises(CheckpointError) as error:
        load_weights(Generator if damage == "another model" else CausalNet, tmp_path)
    assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_unknown_names_say_what_there_is():
    with pytest.raises(CheckpointError, match="causal-notes"):
        pretrained("wavenet-9000")


def test_a_network_is_found_by_its_name(tmp_path):
    with pytest.raises(CheckpointError, match="has no network 'critic'; it has: net"):
        pretrained("causal-notes", "critic")
    assert torch.equal(
        pretrained("causal-notes").logits.bias, pretrained("causal-notes", "net").logits.bias
    )


def test_a_repository_of_the_hub_is_a_run_s_folder(tmp_path, monkeypatch):
    asked = []

    def snapshot_download(repository, allow_patterns):
        asked.append((repository, allow_patterns))
        return str(shipped_folder() / "causal-notes")

    monkeypatch.setattr(checkpoints, "snapshot_download", snapshot_download)
    net = pretrained("someone/causal-notes")
    assert torch.equal(net.logits.bias, pretrained("causal-notes").logits.bias)
    assert asked == [("someone/causal-notes", ["*.json", "*.safetensors"])]  # nothing that runs

    def refuse(repository, allow_patterns):
        raise ConnectionError("no route\nto the hub")

    monkeypatch.setattr(checkpoints, "snapshot_download", refuse)
    with pytest.raises(
        CheckpointError, match=r"someone/x: not to be had from the hub \(no route\)"
    ):
        pretrained("someone/x")


def test_what_a_run_s_folder_must_say(tmp_path):
    for text, message in [
        ("{", "not readable"),
        ("[]", "not written by tinyaudio"),
        ('{"recipe": "wavenet"}', "not written by tinyaudio"),
        ('{"recipe": "wavenet", "config": {}}', "a run of tinyaudio before 0.2, whose layout"),
        ('{"recipe": "vqvae9", "config": {}, "format": 2}', "no recipe 'vqvae9'"),
        ('{"recipe": "wavenet", "config": {"x": 1}, "format": 2}', "another version's"),
        ('{"recipe": "wavenet", "config": {"seed": "0"}, "format": 2}', "seed is '0'"),
        ('{"recipe": ["wavenet"], "config": {}, "format": 2}', "not written by tinyaudio"),
        ('{"recipe": "wavenet", "config": [], "format": 2}', "not written by tinyaudio"),
        ('{"recipe": "wavenet", "config": {}, "format": 2}', "no weights in it yet"),
    ]:
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # as an editor may have saved it
            (tmp_path / "run.json").write_text(text, encoding=encoding)
            with pytest.raises(UserError, match=message) as error:
                open_run(tmp_path)
            assert "\n" not in str(error.value)
    (tmp_path / "run.json").write_bytes(b'{"recipe": "\xff"}')
    with pytest.raises(UserError, match="not readable"):
        open_run(tmp_path)


def test_a_model_card_is_the_user_s_to_write(tmp_path):
    save_weights(CausalNet(SMALL), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_any_module_s_weights_can_be_saved(tmp_path):
    module = torch.nn.Linear(2, 3)
    save_weights(module, tmp_path, half=True)
    again = read_weights(torch.nn.Linear(2, 3), tmp_path)
    torch.testing.assert_close(again.weight, module.weight, rtol=2**-11, atol=1e-7)
