"""Weights as trainers leave them: wrapped, prefixed, without counters, or not weights at all."""

import collections
import warnings

import pytest
import torch
from torch import nn

from hyperface import recognizers
from hyperface.errors import CheckpointError, InputError, UnknownNameError
from hyperface.recognizers.backbones import build_backbone


@pytest.fixture(scope="module")
def original():
    torch.manual_seed(3)
    return build_backbone("small", input_size=32).eval()


def weights(original, prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + name: value.clone() for name, value in original.backbone.state_dict().items()}


def loads_the_same(original, content, path) -> None:
    torch.save(content, path)
    loaded = recognizers.load("small", checkpoint=path, input_size=32)
    images = torch.rand(2, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(loaded.embed(images), original.embed(images))


@pytest.mark.parametrize("prefix", ["", "model.module.", "module.backbone.", "net.encoder.0.", "trunk_"])
@pytest.mark.parametrize("keys", [(), ("model",), ("net",), ("model_state_dict",), ("checkpoint", "student")])
def test_the_dictionary_is_found_in_whatever_wraps_it_and_behind_whatever_prefix(original, tmp_path, keys, prefix):
    content = weights(original, prefix)
    for key in reversed(keys):
        content = {key: content, "epoch": 3, "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}}}
    loads_the_same(original, content, tmp_path / "theirs.pth")


def test_a_margin_head_beside_the_backbone_is_passed_over(original, tmp_path):
    content = weights(original, "backbone.") | {"head.kernel": torch.zeros(256, 9), "step": torch.tensor(5)}
    loads_the_same(original, {"model": content}, tmp_path / "theirs.pth")


def test_counters_of_batch_norms_may_be_missing(original, tmp_path):
    content = {name: value for name, value in weights(original).items() if not name.endswith("num_batches_tracked")}
    assert len(content) < len(weights(original))
    loads_the_same(original, collections.OrderedDict(content), tmp_path / "old.pth")


def test_two_copies_that_differ_are_not_chosen_between(original, tmp_path):
    path = tmp_path / "both.pth"
    averaged = {name: value * 1.5 for name, value in weights(original).items()}
    torch.save({"model": weights(original), "ema": averaged}, path)
    with pytest.raises(CheckpointError, match="several times, and they differ: in 'model'; 'ema'"):
        recognizers.load("small", checkpoint=path, input_size=32)
    loads_the_same(original, {"model": weights(original), "again": weights(original)}, path)


def test_the_network_that_fits_is_named_and_what_the_file_holds(original, tmp_path):
    path = tmp_path / "theirs.pth"
    torch.save({"net": weights(original, "module.")}, path)
    with pytest.raises(CheckpointError, match=r"Its weights are those of small: small:theirs\.pth"):
        recognizers.load("ir_18", checkpoint=path)
    with pytest.raises(UnknownNameError, match=r"By its shapes it is small\. Name it in front: small:"):
        recognizers.load(path)
    torch.save({"weight": torch.zeros(3), "epoch": 4}, path)
    with pytest.raises(CheckpointError, match=r"1 tensors: weight\. No network that is known here fits"):
        recognizers.load("small", checkpoint=path)
    with pytest.raises(UnknownNameError, match="fit none that is known here"):
        recognizers.load(path)
    torch.save({"epoch": 4, "loss": 1.5}, path)
    with pytest.raises(CheckpointError, match="no tensors, only epoch, loss"):
        recognizers.load("small", checkpoint=path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n", "git lfs pull"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<html><head></head></html>", "web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML"),
        (b'{"error": "not found"}', 'text file that begins with \'{"error"'),
        (b"", "is empty"),
        (b"\x1f\x8b\x08\x00rest", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
    ],
)
@pytest.mark.parametrize("name", ["weights.ckpt", "weights.safetensors", "weights.onnx"])
def test_a_file_that_is_no_checkpoint_is_called_what_it_is(tmp_path, content, says, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=says) as raised:
        recognizers.load(path if name.endswith("onnx") else f"small:{path}")
    assert "weights_only" not in str(raised.value)


class Doubled(nn.Module):
    """A network of somebody's, pickled with its class."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_pickled_module_is_not_run_and_the_way_out_is_told(tmp_path, wrapped):
    path = tmp_path / "whole.pth"
    torch.save({"model": Doubled()} if wrapped else Doubled(), path)
    with pytest.raises(CheckpointError, match=r"whole module.*torch\.save\(module\.state_dict\(\)") as raised:
        recognizers.load("small", checkpoint=path)
    assert "weights_only" not in str(raised.value)


def test_a_program_of_torchscript_is_called_one(tmp_path):
    path = tmp_path / "program.pt"
    with warnings.catch_warnings(action="ignore"):  # torch calls tracing old
        torch.jit.save(torch.jit.trace(Doubled().layer, torch.zeros(1, 2)), str(path))
    with pytest.raises(CheckpointError, match="TorchScript"):
        recognizers.load("small", checkpoint=path)


def test_a_json_file_beside_weights_declares_their_colors(original, tmp_path):
    path = tmp_path / "theirs.pth"
    torch.save(weights(original), path)
    (tmp_path / "theirs.json").write_text('{"color": "BGR", "licence": "MIT"}')
    described = recognizers.load("small", checkpoint=path, input_size=32)
    assert (described.card.color, described.card.licence) == ("BGR", "MIT")
    images = torch.rand(2, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(described.embed(images), original.embed(images.flip(1)))
    assert recognizers.load("small", checkpoint=path, input_size=32, color="RGB").card.color == "RGB"
    for content, says in (
        ('{"colour": "BGR"}', "no colour"),
        ('{"color": "GBR"}', "RGB, BGR"),
        ("[" * 100_000, "JSON"),
    ):
        (tmp_path / "theirs.json").write_text(content)
        with pytest.raises(InputError, match=says):
            recognizers.load("small", checkpoint=path, input_size=32)
