"""Rendered benchmarks from a seed: the plan, and the drawing that may be interrupted, shared and resumed."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from hyperface import evaluation
from hyperface.defaults import RENDERED_BENCHMARKS
from hyperface.errors import DatasetError, InputError, UnknownNameError
from hyperface.evaluation.rendered import CONDITIONS, drawing, people_of, plan, plan_pairs, render_benchmarks
from hyperface.generators import load_gallery_generator
from hyperface.heads.hair.hairstyles import style_for
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.worn.glasses import frames_for
from hyperface.seeds import seeded_normal, stream_seed
from hyperface.steps import finish

SPECS = list(CONDITIONS.values())
NAMES = ("rendered_everyday", "rendered_cross_pose")


@pytest.fixture(scope="module")
def crowd():
    return people_of(300, 3)


# Who


def test_people_are_balanced_and_follow_from_seed_and_number(crowd):
    assert np.array_equal(crowd.male, np.arange(300) % 2 == 1)
    assert np.array_equal(people_of(10, 3).z, crowd.z[:10])
    assert np.abs(crowd.z.mean(axis=1)).max() < 0.5  # standard normal numbers, gender's sign apart
    assert 0.9 < crowd.z.std() < 1.1


def test_people_of_benchmarks_are_nobody_elses(crowd):
    """Rows of standard normal numbers are √(2d) apart; anyone who is drawn twice is at 0."""
    others = np.concatenate([coordinates.sample(range(600)), people_of(300, 4).z, people_of(300, plan.SHIPPED_SEED).z])
    squared = (crowd.z**2).sum(1)[:, None] + (others**2).sum(1) - 2 * crowd.z @ others.T
    assert squared.min() > coordinates.size() / 2


def test_people_that_ship_are_in_no_gallery_dataset_or_larger_benchmark():
    shipped = people_of(plan.SHIPPED_PAIRS // 2, plan.SHIPPED_SEED).z
    gallery = load_gallery_generator("heads").coordinates(range(10_000))
    others = np.concatenate([gallery, coordinates.sample(range(2_000)), people_of(1_500, 1).z])
    squared = (shipped**2).sum(1)[:, None] + (others**2).sum(1) - 2 * shipped @ others.T
    assert squared.min() > coordinates.size() / 2


# Plans


@pytest.mark.parametrize("conditions", SPECS, ids=lambda each: each.name)
def test_plan_says_the_truth_about_who_is_who(conditions, crowd):
    pairs = plan_pairs(conditions, crowd, 3)
    assert len(pairs) == 600
    assert [shot.number for pair in pairs for shot in pair.shots] == list(range(1200))
    for pair in pairs:
        assert pair.same == (pair.shots[0].person == pair.shots[1].person)
    for same in (True, False):
        assert sorted(pair.shots[0].person for pair in pairs if pair.same == same) == list(range(300))
    assert pairs == plan_pairs(conditions, crowd, 3)
    assert pairs != plan_pairs(conditions, crowd, 4)


@pytest.mark.parametrize("pairs", [20, 22, 30, 34, 50, 58, 62, 600])
def test_every_fold_holds_as_many_pairs_of_one_person_as_of_two(pairs):
    same = plan._order(pairs)
    assert sum(same) == pairs // 2 == len(same) - sum(same)
    for fold in np.array_split(np.array(same), 10):
        assert abs(2 * fold.sum() - len(fold)) <= 1


@pytest.mark.parametrize("conditions", SPECS, ids=lambda each: each.name)
def test_impostors_share_sex_and_skin_tone_as_often_as_promised(conditions, crowd):
    different = [pair.shots for pair in plan_pairs(conditions, crowd, 3) if not pair.same]
    a, b = (np.array([shots[k].person for shots in different]) for k in range(2))
    near = np.abs(crowd.melanin[a] - crowd.melanin[b]) < plan.SKIN_TOLERANCE
    alike = (crowd.male[a] == crowd.male[b]) & near
    # Chance matches come on top of the promised ones; four standard errors of 300 draws are 0.1.
    assert conditions.matched - 0.1 <= alike.mean() <= conditions.matched + (1 - conditions.matched) * 0.4 + 0.1


@pytest.mark.parametrize("conditions", SPECS, ids=lambda each: each.name)
def test_ages_and_angles_do_not_give_the_answer_away(conditions, crowd):
    """Gaps within pairs of one and of two people come from one distribution (Kolmogorov–Smirnov, p > 0.001)."""
    from scipy.stats import ks_2samp

    pairs = plan_pairs(conditions, crowd, 3)
    for value in ("age", "yaw"):
        gaps = [[], []]
        for pair in pairs:
            first, second = (getattr(shot, value) for shot in pair.shots)
            gaps[pair.same].append(abs(first - second))
        assert ks_2samp(*gaps).pvalue > 0.001


def test_conditions_are_what_they_are_named_after():
    rng = np.random.default_rng(0)
    for _ in range(200):
        low, high = CONDITIONS["rendered_cross_pose"].yaws(rng)
        assert 45 <= high - low <= 70
        assert max(abs(low), abs(high)) <= 50
        frontal, profile = CONDITIONS["rendered_frontal_profile"].yaws(rng)
        assert abs(frontal) < 20
        assert 75 <= abs(profile) <= 85
        young, old = CONDITIONS["rendered_cross_age"].ages(rng.random())
        assert old - young == pytest.approx(0.25, abs=0.05)
        young, old = CONDITIONS["rendered_large_age_gap"].ages(rng.random())
        assert old - young == pytest.approx(0.38, abs=0.05)


def test_captures_follow_the_plan(crowd):
    conditions = CONDITIONS["rendered_frontal_profile"]
    shots = [shot for pair in plan_pairs(conditions, crowd, 3)[:40] for shot in pair.shots]
    captures = plan.captures_of(conditions, crowd, shots, 3)
    assert [capture.yaw for capture in captures] == [shot.yaw for shot in shots]
    assert np.std([capture.pitch for capture in captures]) == pytest.approx(conditions.pitch_sd, rel=0.35)
    assert len({capture.background for capture in captures}) == len(shots)
    alone = plan.captures_of(conditions, crowd, shots[5:6], 3)[0]
    assert alone.camera.distance == captures[5].camera.distance  # whoever is drawn with it


def _seen(people, shot, capture):
    """What outlines a face in a picture: the name of the style of hair, beard, make-up, whether there are glasses."""
    shown = people.persons[shot.person]
    glasses = frames_for(people.z[shot.person], capture.glasses, capture.sunglasses)
    return style_for(shown, capture.hair_style).name, capture.beard, capture.makeup, glasses is not None


@pytest.mark.parametrize("conditions", SPECS, ids=lambda each: each.name)
def test_what_is_worn_does_not_tell_pairs_of_one_person_from_pairs_of_two(conditions, crowd):
    pairs = plan_pairs(conditions, crowd, 3)
    shots = [shot for pair in pairs for shot in pair.shots]
    captures = plan.captures_of(conditions, crowd, shots, 3)
    agree = {True: [], False: []}
    for pair in pairs:
        a, b = (_seen(crowd, shot, captures[shot.number]) for shot in pair.shots)
        same_sex = crowd.male[pair.shots[0].person] == crowd.male[pair.shots[1].person]
        if same_sex:
            agree[pair.same].append([x == y for x, y in zip(a, b, strict=True)])
    one, two = (np.mean(agree[same], axis=0) for same in (True, False))
    assert one[0] > 0.7  # one picture in seven shows other hair
    assert np.abs(one[1:] - two[1:]).max() < 0.1  # four standard errors of 300 draws
    assert two[0] > one[0] - 0.12 - 0.35 * (1 - conditions.matched)  # a fringe or coils only the matched share


def test_one_person_wears_what_is_usual(crowd):
    """With the row of numbers of each picture as `capture_of` reads it: only pairs of two are dressed otherwise."""
    conditions = SPECS[0]
    shots = [shot for pair in plan_pairs(conditions, crowd, 3)[:60] for shot in pair.shots if pair.same]
    captures = plan.captures_of(conditions, crowd, shots, 3)
    seeds = [stream_seed(3, f"{conditions.name}: capture", shot.number) for shot in shots]
    for shot, capture, row in zip(shots, captures, seeded_normal(seeds, STYLE_SIZE).numpy(), strict=True):
        usual, person, z = capture_of(row), crowd.persons[shot.person], crowd.z[shot.person]
        assert style_for(person, capture.hair_style) == style_for(person, usual.hair_style)
        assert capture.beard == (person.beard_length if usual.beard is None else usual.beard)
        assert capture.makeup == (person.makeup if usual.makeup is None else usual.makeup)
        assert frames_for(z, capture.glasses, capture.sunglasses) == frames_for(z, usual.glasses, usual.sunglasses)


@pytest.mark.parametrize(("wish", "error"), [({"pairs": 21}, InputError), ({"pairs": 18}, InputError),
                                             ({"names": ["lfw"], "pairs": 20}, UnknownNameError)])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_at_once(wish, error):
    with pytest.raises(error):
        render_benchmarks(seed=1, **wish)


# Drawing


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """A cache folder, chunks of four people, and pictures that are quickly made; yields who was drawn."""
    taken: list[tuple[str, int]] = []

    def take(studio, conditions, people, shots, seed):
        taken.extend((conditions.name, shot.number) for shot in shots)
        pictures = {}
        for shot in shots:
            buffer = io.BytesIO()
            Image.new("RGB", (112, 112), (shot.number, seed, len(conditions.name))).save(buffer, "JPEG")
            pictures[shot.number] = buffer.getvalue()
        return pictures

    monkeypatch.setattr(drawing, "_take", take)
    monkeypatch.setattr(drawing, "CHUNK", 4)
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path))
    return taken


def test_a_pack_is_in_the_order_of_its_plan(drawn, tmp_path):
    steps = []
    paths = finish(render_benchmarks(NAMES, pairs=22, seed=9, workers=1), steps.append)
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 88, 88)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    for name, path in paths.items():
        assert path == drawing.rendered_path(name, pairs=22, seed=9)
        assert path.is_relative_to(tmp_path)
        benchmark = evaluation.load_benchmark(path)
        pairs = plan_pairs(CONDITIONS[name], people_of(11, 9), 9)
        assert benchmark.same.tolist() == [pair.same for pair in pairs]
        assert np.abs(benchmark.images[:, 50, 50, 0].astype(int) - np.arange(44)).max() <= 3
        assert "22 pairs" in benchmark.title
        assert json.loads(path.with_suffix(".json").read_text())["seed"] == 9
    assert len(drawn) == len(set(drawn)) == 88
    assert list(render_benchmarks(NAMES, pairs=22, seed=9))[-1].done == 88
    assert len(drawn) == 88  # nothing was drawn again
    assert sorted(path.suffix for path in tmp_path.rglob("*.*")) == [".bin"] * 2 + [".json"] * 2


def test_what_was_interrupted_goes_on(drawn):
    work = render_benchmarks(NAMES, pairs=40, seed=9, workers=1)
    for step in work:
        if step.done > 110:
            break
    work.close()
    before = len(drawn)
    interrupted = list(drawing.rendered_path(NAMES[0], pairs=40, seed=9).parent.rglob("*.npz"))
    assert 2 <= len(interrupted) < 10
    steps = []
    finish(render_benchmarks(NAMES, pairs=40, seed=9, workers=1), steps.append)
    assert len(drawn) - before < 160
    assert steps[-1].done == 160
    assert len(set(drawn)) == 160


def test_two_at_once_share_the_work_and_agree(drawn):
    first = render_benchmarks(NAMES, pairs=60, seed=9, workers=1)
    second = render_benchmarks(NAMES, pairs=60, seed=9, workers=1)
    for _ in zip(first, second, strict=False):
        pass
    paths = finish(render_benchmarks(NAMES, pairs=60, seed=9, workers=1))
    finish(first), finish(second)
    assert len(set(drawn)) == 240
    assert len(drawn) < 480  # all of it twice; what both are at in one moment is drawn twice
    for path in paths.values():
        assert len(evaluation.load_benchmark(path)) == 60


def test_a_damaged_chunk_is_told(drawn):
    work = render_benchmarks(NAMES[:1], pairs=40, seed=9, workers=1)
    for step in work:
        if step.done > 40:
            break
    work.close()
    chunk = next(drawing.rendered_path(NAMES[0], pairs=40, seed=9).parent.rglob("*.npz"))
    chunk.write_bytes(b"no archive")
    with pytest.raises(DatasetError, match="Delete this folder"):
        finish(render_benchmarks(NAMES[:1], pairs=40, seed=9, workers=1))


def test_a_full_disk_is_told_before_the_work(drawn, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(DatasetError, match="HYPERFACE_CACHE"):
        finish(render_benchmarks(NAMES, pairs=40, seed=9))
    assert not drawn


@pytest.mark.slow
def test_real_pictures_are_the_same_again_and_tell_people_apart(monkeypatch, tmp_path):
    packs = []
    for folder in ("a", "b"):
        monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / folder))
        packs.append(finish(render_benchmarks(NAMES[:1], pairs=20, seed=9, workers=2))[NAMES[0]])
    assert packs[0].read_bytes() == packs[1].read_bytes()
    from hyperface import recognizers

    benchmark = evaluation.load_benchmark(packs[0])
    assert len({image.tobytes() for image in benchmark.images}) == 40
    assert benchmark.images.reshape(40, -1).std(axis=1).min() > 8
    assert evaluation.verify(recognizers.load("dlib"), benchmark).auc > 0.9


def test_the_five_are_those_that_ship():
    assert tuple(CONDITIONS) == RENDERED_BENCHMARKS
