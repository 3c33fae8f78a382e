"""StyleGAN2 against both originals, and their files: rosinality's, and NVIDIA's pickles, which may be hostile."""

import io
import json
import pickle
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperface import generators
from hyperface.errors import CheckpointError, InputError, UnknownNameError
from hyperface.generators.stylegan_network import Shape, StyleGan2

sys.path.insert(0, str(Path(__file__).parent))
from tiny_checkpoints import fill_stylegan, nvidia_pickle, rosinality_file

EXPECTED = json.loads((Path(__file__).parent / "reference" / "stylegan.json").read_text())
SHAPE = Shape(latent=64, width=64, layers=3, channels=(32, 32, 32, 32), clamp=256.0)
Z = torch.from_numpy(np.random.default_rng(7).standard_normal((2, 64)).astype(np.float32))


def weights() -> dict[str, torch.Tensor]:
    return fill_stylegan(StyleGan2(SHAPE).state_dict())


def load(path: Path, **options):
    return generators.load_gallery_generator("stylegan", weights=path, **options)


@pytest.fixture
def nvidia(tmp_path):
    path = tmp_path / "network.pkl"
    path.write_bytes(nvidia_pickle(weights()))
    return path


@pytest.fixture
def rosinality(tmp_path):
    return rosinality_file(tmp_path / "generator.pt")


@pytest.mark.parametrize("kind", ["nvidia", "rosinality"])
@pytest.mark.parametrize(("psi", "name"), [(1.0, "pictures"), (0.7, "truncated")])
def test_pictures_are_those_of_the_originals(kind, psi, name, request):
    generator = load(request.getfixturevalue(kind), psi=psi)
    with torch.no_grad():
        pictures = generator.network(Z, psi=psi)
    step = pictures.shape[-1] // 4
    expected = torch.tensor(EXPECTED[kind][name])
    torch.testing.assert_close(pictures[:, :, step // 2 :: step, step // 2 :: step], expected, atol=2e-5, rtol=0)
    torch.testing.assert_close(
        generator.draw(Z)[:, :, step // 2 :: step, step // 2 :: step],
        (expected / 2 + 0.5).clamp(0, 1),
        atol=2e-5,
        rtol=0,
    )


def test_a_face_depends_on_its_seed_alone_and_noise_may_too(nvidia):
    for options in ({}, {"noise": "seed"}):
        generator = load(nvidia, **options)
        together = generator.sample([1, 2, 3])
        assert together.shape == (3, 3, 32, 32)
        torch.testing.assert_close(together, generator.sample([1, 2, 3], batch_size=1), atol=1e-5, rtol=0)
    assert generator.latent_size == 64 + 16 + 2 * (64 + 256 + 1024)
    z = generator.sample([1])
    assert not torch.equal(z, load(nvidia).sample([1]))


def test_pictures_have_a_gradient(nvidia):
    network = load(nvidia).network.double()
    z = Z.double().requires_grad_()
    direction = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((network(z) * direction).sum(), z)
    step = 1e-5 * gradient / gradient.norm()
    with torch.no_grad():
        change = ((network(z + step) - network(z - step)) * direction).sum() / 2e-5
    assert change == pytest.approx(gradient.norm().item(), rel=1e-3)


def test_without_a_center_in_the_file_it_is_the_mean_person(tmp_path):
    without = load(rosinality_file(tmp_path / "without.pt", center=False), psi=0.5).network
    codes = without.mapping(torch.randn(20_000, 64, generator=torch.Generator().manual_seed(5)))
    spread = codes.std(dim=0) / 4096**0.5
    assert ((without.mapping.w_avg - codes.mean(dim=0)).abs() < 6 * spread + 1e-4).all()


def test_its_card_says_how_it_draws(nvidia):
    card = load(nvidia, psi=0.8).card
    assert card.name.startswith("stylegan:network#")
    assert (card.image_size, card.settings) == (32, "psi 0.8, noise const")
    assert "non-commercial" in card.licence
    assert load(nvidia).network.synthesis["b32"].conv1.clamp == 256


@pytest.mark.parametrize(
    ("options", "match"), [({"psi": 0.0}, "psi is above 0"), ({"noise": "loud"}, "one of const, seed")]
)
def test_impossible_settings(nvidia, options, match):
    with pytest.raises(InputError, match=match):
        load(nvidia, **options)


def test_it_has_no_weights_of_its_own(tmp_path):
    with pytest.raises(UnknownNameError, match="Say whose"):
        generators.load_gallery_generator("stylegan")
    torch.save({"d": {}}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match="has it as g_ema"):
        load(tmp_path / "other.pt")
    torch.save({"g_ema": {"to_rgbs.0.weird": torch.zeros(1)}}, tmp_path / "strange.pt")
    with pytest.raises(CheckpointError, match=r"no StyleGAN2: to_rgbs\.0\.weird"):
        load(tmp_path / "strange.pt")


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"synthesis.L0_36_512.weight": torch.zeros(1)}, "StyleGAN3"),
        ({"mapping.embed.weight": torch.zeros(64, 10)}, "by class"),
        ({"synthesis.b4.const": torch.zeros(1, 4, 4)}, r"b4\.const \(1, 4, 4\) instead of \(32, 4, 4\)"),
    ],
)
def test_other_networks_are_refused(tmp_path, changed, match):
    (tmp_path / "other.pkl").write_bytes(nvidia_pickle({**weights(), **changed}))
    with pytest.raises(CheckpointError, match=match):
        load(tmp_path / "other.pkl")


class Call:
    """What a pickle makes of it is a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def touch(path: str) -> None:
    Path(path).write_text("executed")


def refer() -> bytes:
    """A pickle that refers to something outside."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out)
    pickler.persistent_id = lambda value: "elsewhere" if value == "x" else None
    pickler.dump({"G_ema": "x"})
    return out.getvalue()


def test_hostile_pickles_run_nothing(tmp_path):
    marks = [str(tmp_path / f"mark{number}") for number in range(4)]
    inside = torch.storage._load_from_bytes
    hostile = {
        "call": {"G_ema": Call(touch, marks[0])},
        "builtin": {"G_ema": Call(eval, f"open({marks[1]!r}, 'w')")},
        "as an argument": {"G_ema": Call(OrderedDict, [("a", Call(touch, marks[2]))])},
        "storage": {"G_ema": Call(inside, pickle.dumps(Call(touch, marks[3])))},
    }
    for name, content in hostile.items():
        path = tmp_path / f"{name}.pkl"
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(CheckpointError, match=r"cannot be read|holds no network"):
            load(path)
    assert not [mark for mark in marks if Path(mark).exists()]
    for call in (pickle.loads(pickle.dumps(Call(touch, marks[0]))),):  # they are hostile indeed
        assert call is None
    assert Path(marks[0]).exists()


def test_damaged_and_outward_pickles(tmp_path, nvidia):
    content = nvidia.read_bytes()
    for name, damaged in {"cut": content[: len(content) // 2], "empty": b"", "text": b"not a pickle"}.items():
        (tmp_path / f"{name}.pkl").write_bytes(damaged)
        with pytest.raises(CheckpointError, match="cannot be read as a file of NVIDIA's"):
            load(tmp_path / f"{name}.pkl")
    (tmp_path / "outside.pkl").write_bytes(refer())
    with pytest.raises(CheckpointError, match="refers to something outside"):
        load(tmp_path / "outside.pkl")
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(("G", "D", "Gs")))
    with pytest.raises(CheckpointError, match="TensorFlow"):
        load(tmp_path / "old.pkl")


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(0, (10**6,), (1,)), (7, (2,), (1,)), (0, (10**6,), (0,)), (0, (2,), (-1,)), (0, (2, 2), (1,))],
)
def test_a_tensor_cannot_be_larger_than_its_data(tmp_path, offset, size, stride):
    storage = torch.zeros(8).untyped_storage()
    out = io.BytesIO()
    torch.save(torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True), out)
    tensor = Call(torch._utils._rebuild_tensor_v2, Call(torch.storage._load_from_bytes, out.getvalue()), offset, size,
                  stride, False, OrderedDict())  # fmt: skip
    (tmp_path / "large.pkl").write_bytes(pickle.dumps({"G_ema": tensor}))
    with pytest.raises(CheckpointError, match=r"larger than its data|impossible size"):
        load(tmp_path / "large.pkl")
