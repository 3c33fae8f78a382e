"""IJB on made-up templates in the files of InsightFace's release, against loops that follow the protocols word by word,
and against scikit-learn's curve."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_curve

from hyperface.errors import DatasetError, InputError
from hyperface.evaluation import ijb
from hyperface.evaluation.ijb import TemplateFeatures
from hyperface.evaluation.ijb.files import TemplateList
from hyperface.images import from_uint8
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.steps import finish

sys.path.insert(0, str(Path(__file__).parent))
from made_up_ijb import write


class Grid(Recognizer):
    """Mean colours of a grid of 16 places, which a mirror changes; lengths differ from photo to photo."""

    card = RecognizerCard("grid", 48, 112, "nothing", "MIT", "this test")

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        shares = torch.nn.functional.avg_pool2d(images, 28) * torch.linspace(0.5, 1.5, 4)  # (n, 3, 4, 4)
        return shares.flatten(1) - 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ijb") / "IJBC")


@pytest.fixture(scope="module")
def found(folder):
    return finish(ijb.embed_templates(ijb.open_ijb(folder), Grid(), batch_size=7))


def rows_of(folder, name: str) -> list[list[str]]:
    return [line.split() for line in (folder / "meta" / name).read_text().splitlines()]


@pytest.fixture(scope="module")
def naive(folder) -> dict[int, np.ndarray]:
    """Template → feature, with a dictionary of media for each template."""
    recognizer, templates = Grid(), {}
    points = {row[0]: float(row[-1]) for row in rows_of(folder, "ijbc_name_5pts_score.txt")}
    for name, template, medium in rows_of(folder, "ijbc_face_tid_mid.txt"):
        crop = np.asarray(Image.open(folder / "loose_crop" / name))[19:131, 19:131]
        both = [recognizer.features(from_uint8(np.ascontiguousarray(view)[None]))[0].numpy().astype(np.float64)
                for view in (crop, crop[:, ::-1])]  # fmt: skip
        templates.setdefault(int(template), {}).setdefault(medium, []).append(sum(both) * points[name])
    sums = {
        template: sum(np.mean(photos, axis=0) for photos in media.values()) for template, media in templates.items()
    }
    return {template: feature / np.linalg.norm(feature) for template, feature in sums.items()}


def test_templates_are_averages_of_media(found, naive):
    assert found.templates.tolist() == sorted(naive)
    for template, feature in zip(found.templates.tolist(), found.features, strict=True):
        np.testing.assert_allclose(feature, naive[template], atol=2e-3)  # crops are interpolated
    assert found.unreadable == ()


def test_one_to_one_is_the_curve_of_all_comparisons(folder, found, naive, monkeypatch):
    monkeypatch.setattr(ijb.files, "PAIRS_AT_A_TIME", 100)
    pairs = ijb.compare_templates(ijb.open_ijb(folder), found)
    rows = [[int(word) for word in row] for row in rows_of(folder, "ijbc_template_pair_label.txt")]
    feature = dict(zip(found.templates.tolist(), found.features, strict=True))
    scores = np.array([feature[a] @ feature[b] for a, b, _ in rows])
    same = np.array([answer for _, _, answer in rows])
    assert (len(pairs.same), len(pairs.different)) == (same.sum(), len(same) - same.sum())
    fpr, tpr, _ = roc_curve(same, scores, drop_intermediate=False)
    for far in (0.01, 0.1, 0.3):
        expected = tpr[fpr <= far + 1e-12].max()
        assert pairs.tar_at(far) == pytest.approx(expected)
        assert 0.05 < expected < 1
        assert pairs.reached(far) == pytest.approx(fpr[fpr <= far + 1e-12].max())
    assert pairs.tar_at(1e-3) is None  # 2 of 1,700 comparisons


def searched(folder, found):
    """Cosines of probes to the templates of either gallery, and the subjects of all."""
    lists = {}
    for name in ("1N_gallery_G1", "1N_gallery_G2", "1N_probe_mixed"):
        lines = (folder / "meta" / f"ijbc_{name}.csv").read_text().splitlines()[1:]
        lists[name] = [tuple(map(int, line.split(",")[:2])) for line in lines]
    feature = dict(zip(found.templates.tolist(), found.features, strict=True))
    return lists, feature


def test_one_to_many_by_the_protocol(folder, found):
    search = ijb.search_templates(ijb.open_ijb(folder), found)
    lists, feature = searched(folder, found)
    tpirs, ranks = [], []
    for name in ("1N_gallery_G1", "1N_gallery_G2"):
        enrolled = {subject for _, subject in lists[name]}
        mated, strangers, first = [], [], []
        for template, subject in lists["1N_probe_mixed"]:
            cosines = {other: float(feature[template] @ feature[gallery]) for gallery, other in lists[name]}
            best = max(cosines, key=cosines.get)
            if subject in enrolled:
                mated.append((best == subject, cosines[subject]))
                first.append(best == subject)
            else:
                strangers.append(cosines[best])
        line = sorted(strangers, reverse=True)[int(0.45 * len(strangers))]
        tpirs.append(np.mean([right and cosine > line for right, cosine in mated]))
        ranks.append(np.mean(first))
    assert len(lists["1N_probe_mixed"]) == 48
    assert search.open_set.tpir_at(0.45).tpir == pytest.approx(np.mean(tpirs))
    assert search.rate(1) == pytest.approx(np.mean(ranks))
    assert 0 < np.mean(tpirs) < 1
    assert search.rate(12) == 1


@pytest.mark.parametrize("fpir", [0.01, 0.1])
def test_one_to_many_as_insightface_counts_it(fpir, folder, found, monkeypatch):
    """All cosines at once: both galleries as one, and the line by the comparisons with others."""
    monkeypatch.setattr(ijb.scoring, "ROWS", 11)
    search = ijb.search_templates(ijb.open_ijb(folder), found)
    lists, feature = searched(folder, found)
    gallery = [*lists["1N_gallery_G1"], *lists["1N_gallery_G2"]]
    probes = lists["1N_probe_mixed"]
    cosines = np.array([[feature[a] @ feature[b] for b, _ in gallery] for a, _ in probes])
    own = np.array([[subject == other for _, other in gallery] for _, subject in probes])
    others = np.sort(cosines[~own])[::-1]
    line = others[int(np.ceil(len(probes) * fpir)) - 1]
    assert search.insightface_tpir(fpir) == pytest.approx(np.mean(cosines[own] > line))
    assert search.together.rate(1) == pytest.approx(np.mean(cosines.argmax(axis=1) == own.argmax(axis=1)))


def test_it_goes_on_where_it_stopped(folder, found):
    benchmark = ijb.open_ijb(folder)
    steps = ijb.embed_templates(benchmark, Grid(), batch_size=7)
    for step in steps:
        if step.done > 40:
            break
    state = {name: tensor.clone() for name, tensor in step.state.items()}
    steps.close()
    resumed = finish(ijb.embed_templates(benchmark, Grid(), batch_size=7, resume=state))
    assert np.array_equal(resumed.features, found.features)
    with pytest.raises(InputError, match="another benchmark"):
        next(ijb.embed_templates(benchmark, Grid(), resume={**state, "sums": torch.zeros(3, 48)}))


def test_ijb_b_is_known_by_its_files(tmp_path):
    benchmark = ijb.open_ijb(write(tmp_path / "IJBB", 4, kind="ijbb", parts=("S1", "S2")))
    assert (benchmark.title, len(benchmark.galleries)) == ("IJB-B", 2)
    (tmp_path / "IJBB" / "meta" / "ijbb_1N_probe_mixed.csv").unlink()
    benchmark = ijb.open_ijb(tmp_path / "IJBB")
    with pytest.raises(DatasetError, match="no lists for the search"):
        ijb.search_templates(benchmark, TemplateFeatures(np.arange(1), np.zeros((1, 48), np.float32)))


def test_a_photo_that_cannot_be_read_is_told(tmp_path):
    folder = write(tmp_path / "IJBC", 6)
    (folder / "loose_crop" / "3.png").write_bytes(b"no photo")
    found = finish(ijb.embed_templates(ijb.open_ijb(folder), Grid()))
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("3.png: ")
    (folder / "loose_crop" / "4.png").unlink()
    with pytest.raises(DatasetError, match=r"2 photos of .* cannot be read"):
        finish(ijb.embed_templates(ijb.open_ijb(folder), Grid()))


def damaged(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("ijbc_face_tid_mid.txt", lambda text: text[text.index("\n") + 1 :], "the same photos"),
        ("ijbc_face_tid_mid.txt", lambda text: damaged(text, ".png ", ".png x"), "Line 1 of .* should have 2 numbers"),
        ("ijbc_name_5pts_score.txt", lambda text: damaged(text, "57.2946", "nan"), "Line 1 of .* should have 11"),
        ("ijbc_name_5pts_score.txt", lambda _: "", "is empty"),
        ("ijbc_template_pair_label.txt", lambda text: f"5 6 1\n{text}", "template 6, which has no photo"),
        ("ijbc_template_pair_label.txt", lambda text: f"{text}5 12\n", "should have 3 numbers"),
        ("ijbc_template_pair_label.txt", lambda text: f"{text}5 12 2\n", "neither 1 nor 0"),
        ("ijbc_template_pair_label.txt", lambda text: "5 12 1\n", "of one person and of two"),
        ("ijbc_1N_gallery_G1.csv", lambda text: f"{text}6,900\n", "template 6, which has no photo"),
        ("ijbc_1N_gallery_G1.csv", lambda text: f"{text}12,100\n", "two templates of one subject"),
        ("ijbc_1N_probe_mixed.csv", lambda text: f"{text}5,999\n", "Subject 999"),
        ("ijbc_1N_probe_mixed.csv", lambda text: f"{text}x,1\n", "should have 2 numbers"),
    ],
)
def test_files_that_are_not_as_they_should_be(name, change, reason, tmp_path):
    folder = write(tmp_path / "IJBC", 4)
    path = folder / "meta" / name
    path.write_text(change(path.read_text()))
    with pytest.raises(DatasetError, match=reason):
        measured(folder)


def measured(folder) -> None:
    benchmark = ijb.open_ijb(folder)
    templates = np.unique(benchmark.templates)
    features = TemplateFeatures(templates, np.eye(len(templates), 48, dtype=np.float32))
    ijb.compare_templates(benchmark, features)
    ijb.search_templates(benchmark, features)


def test_another_folder_is_told(tmp_path):
    with pytest.raises(DatasetError, match="as InsightFace lays them out"):
        ijb.open_ijb(tmp_path)


def test_a_batch_of_none(folder):
    with pytest.raises(InputError, match="at least 1"):
        next(ijb.embed_templates(ijb.open_ijb(folder), Grid(), batch_size=0))


def test_lists_name_each_template_once(folder):
    probes = ijb.open_ijb(folder).probes
    assert isinstance(probes, TemplateList)
    assert len(np.unique(probes.templates)) == len(probes.templates)
