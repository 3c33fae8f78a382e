"""What looks wrong with a dataset, found before a training is spent on it.

Every image is read once: broken and duplicate images, sizes, labels with a single image, greyscale, and red and blue
exchanged. A sample is searched for faces, whose landmarks say whether the crops lie on ArcFace's template.
"""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.datasets.labeled import LabeledImages
from hyperface.datasets.records import Skipped
from hyperface.errors import InputError, PhotoError
from hyperface.faces.detectors import load_detector
from hyperface.faces.warp import estimate_similarity
from hyperface.images import ALIGNED_SIZE

EXAMPLES = 5  # that a finding names
STEP_IMAGES = 50  # between two steps
SAMPLE = 200  # images that are searched for faces, about 12 ms each

# Skin of every tone is redder than it is blue. Median of red minus blue over the middle of the face, 5 % to 95 % of the
# images: 22 to 87 for heads, 11 to 77 for faces of the GAN, 29 to 109 for the first rendered benchmarks.
_FACE = (slice(36, 96), slice(30, 82))  # rows and columns of the middle of the face in the aligned crop
_BLUISH_SHARE, _SOME_BLUISH_SHARE = 0.5, 0.2
_STRIDE = 3  # every third pixel of it tells as much
_GRAY_SHARE = 0.1  # fewer are usual: every twentieth picture of heads is grey, as some photographs are
_GRAY_RANGE = 4  # of 255: JPEG gives grey pictures a little colour
# Well aligned sets (frontal to 70° apart): landmarks on average within 0.9 px of their places, 1.7 to 3.7 px off in
# the single image.
_LARGEST_SHIFT = 2.0  # pixels
_LARGEST_ZOOM = 0.08  # as a logarithm
_LARGEST_TURN = 4.0  # degrees
_LARGEST_SPREAD = 5.5  # pixels
_FEWEST_FACES = 12  # of fewer, who they are moves the mean
_NO_FACE_SHARE = 0.6


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong. kind: one word for programs. message: what, and what to do. examples: a few names."""

    kind: str
    count: int
    message: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValidationStep:
    """step of total images have been looked at."""

    step: int
    total: int


def validate(
    dataset: LabeledImages, *, sample: int = SAMPLE, seed: int = 0
) -> Generator[ValidationStep, None, tuple[Finding, ...]]:
    """Look for what commonly goes wrong with datasets of faces; returns the findings, none if nothing looks wrong.

    sample: images that are searched for faces, at random; 0 for none. InputError for a negative one.
    """
    if sample < 0:
        raise InputError(f"The sample must be 0 images or more; it was {sample}.")
    return _validate(dataset, min(sample, len(dataset)), seed)


def _validate(dataset: LabeledImages, sample: int, seed: int) -> Generator[ValidationStep, None, tuple[Finding, ...]]:
    total = len(dataset) + sample
    look = _Look(dataset)
    for i in range(len(dataset)):
        look.at(i)
        if (i + 1) % STEP_IMAGES == 0:
            yield ValidationStep(i + 1, total)
    errors: list[np.ndarray] = []  # (5, 2) each, landmarks minus template
    missed: list[int] = []
    readable = np.flatnonzero(look.readable)
    chosen = np.random.default_rng(seed).choice(readable, min(sample, len(readable)), replace=False)
    for done, i in enumerate(chosen.tolist(), 1):
        error = _landmark_error(dataset, i)
        if error is None:
            missed.append(i)
        else:
            errors.append(error)
        if done % STEP_IMAGES == 0:
            yield ValidationStep(len(dataset) + done, total)
    yield ValidationStep(total, total)
    return (*look.findings(), *_alignment(dataset, errors, missed))


class _Look:
    """What reading every image once tells."""

    def __init__(self, dataset: LabeledImages) -> None:
        self.dataset = dataset
        self.unreadable = Skipped()
        self.unreadable.extend(dataset.skipped)
        self.readable = np.zeros(len(dataset), bool)
        self.digests = np.zeros(len(dataset), np.uint64)  # of the pixels: one collision in a million sets of 5 million
        self.redness = np.full(len(dataset), np.nan, np.float32)  # red minus blue; NaN for grey images
        self.gray: list[int] = []
        self.other_size: list[int] = []
        self.sizes: set[tuple[int, int]] = set()

    def at(self, index: int) -> None:
        try:
            pixels = self.dataset.pixels(index)
        except PhotoError as error:
            self.unreadable.add_error(error)
            return
        self.readable[index] = True
        height, width, _ = pixels.shape
        if (height, width) != (ALIGNED_SIZE, ALIGNED_SIZE):
            self.other_size.append(index)
            self.sizes.add((height, width))
        digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=8, key=f"{height}×{width}".encode())
        self.digests[index] = int.from_bytes(digest.digest(), "little")
        rows, columns = (
            slice(round(part.start * side / ALIGNED_SIZE), max(1, round(part.stop * side / ALIGNED_SIZE)))
            for part, side in zip(_FACE, (height, width), strict=True)
        )
        face = pixels[rows, columns][::_STRIDE, ::_STRIDE].reshape(-1, 3).astype(np.int16)
        if np.ptp(face, axis=1).max(initial=0) <= _GRAY_RANGE:
            self.gray.append(index)
        else:
            self.redness[index] = np.median(face[:, 0] - face[:, 2])

    def findings(self) -> Iterator[Finding]:
        dataset, count = self.dataset, len(self.dataset)
        if dataset.info.get("complete") is False:
            yield Finding("incomplete", 1, "The dataset was never finished. Resume the run that draws it.")
        if len(self.unreadable):
            reasons = tuple(self.unreadable.reasons[:EXAMPLES])
            message = f"Left out, because they cannot be read: {len(self.unreadable):,} records."
            yield Finding("broken", len(self.unreadable), message, reasons)
        yield from self._colors()
        if self.other_size:
            sizes = ", ".join(f"{width}×{height}" for height, width in sorted(self.sizes)[:EXAMPLES])
            message = (
                f"Images that are not {ALIGNED_SIZE}×{ALIGNED_SIZE} pixels ({sizes}), and are stretched to that when "
                f"read: {len(self.other_size):,} of {count:,}."
            )
            yield Finding("size", len(self.other_size), message, self._names(self.other_size))
        yield from self._duplicates()
        if dataset.identities == 1:
            message = (
                f"All {count:,} images have one label, as if they were of one person: the identities may be in a file "
                "that was not found, such as the list.txt of a RecordIO set, or one level of folders further in."
            )
            yield Finding("one-identity", 1, message)
        images = np.bincount(dataset.labels[self.readable], minlength=dataset.identities)
        single = np.flatnonzero(images == 1)
        if len(single):
            message = (
                f"Identities with a single image: {len(single):,} of {dataset.identities:,}. Nothing is learnt from it "
                "about what one person's images have in common. Leave them out, or add images."
            )
            places = [int(np.flatnonzero((dataset.labels == label) & self.readable)[0]) for label in single[:EXAMPLES]]
            yield Finding("single", len(single), message, self._names(places))

    def _colors(self) -> Iterator[Finding]:
        bluish = np.flatnonzero(self.redness < 0)
        colored = int(np.isfinite(self.redness).sum())
        if len(bluish) > _BLUISH_SHARE * colored:
            message = (
                f"Faces are bluish in {len(bluish):,} of {colored:,} images: red and blue seem to be exchanged (BGR "
                "instead of RGB). Exchange the channels where the images were written."
            )
            yield Finding("bgr", len(bluish), message, self._names(bluish))
        elif len(bluish) > _SOME_BLUISH_SHARE * colored:
            message = (
                f"Faces are bluish in {len(bluish):,} of {colored:,} images: in some, red and blue may be exchanged."
            )
            yield Finding("bgr", len(bluish), message, self._names(bluish))
        if len(self.gray) > _GRAY_SHARE * len(self.dataset):
            message = f"Greyscale images: {len(self.gray):,} of {len(self.dataset):,}."
            yield Finding("greyscale", len(self.gray), message, self._names(self.gray))

    def _duplicates(self) -> Iterator[Finding]:
        places = np.flatnonzero(self.readable)
        _, group, counts = np.unique(self.digests[places], return_inverse=True, return_counts=True)
        repeated = np.flatnonzero(counts > 1)
        if not len(repeated):
            return
        order = np.argsort(group, kind="stable")  # places group by group
        ends = np.cumsum(counts)
        others = mislabeled = 0
        examples: list[str] = []
        for number in repeated.tolist():
            members = places[order[ends[number] - counts[number] : ends[number]]]
            others += len(members) - 1
            labels = len(np.unique(self.dataset.labels[members]))
            mislabeled += labels > 1
            if len(examples) < EXAMPLES:
                examples.append(" = ".join(self._names(members)))
        message = f"Images that show exactly the same as another one: {others:,}."
        if mislabeled:
            message += f" Pictures under several labels, of which at most one is right: {mislabeled:,}."
        yield Finding("duplicates", others, message, tuple(examples))

    def _names(self, places: Sequence[int] | np.ndarray) -> tuple[str, ...]:
        return tuple(self.dataset.name(int(place)) for place in places[:EXAMPLES])


def _landmark_error(dataset: LabeledImages, index: int) -> np.ndarray | None:
    """Landmarks of the surest face minus their places in the template: (5, 2) pixels; None without a face."""
    detector = load_detector("dlib")
    found = detector.detect(dataset[index][0])
    if not found:
        return None
    landmarks: np.ndarray = max(found, key=lambda face: face.confidence).landmarks
    return np.asarray(landmarks - detector.template)


def _alignment(dataset: LabeledImages, errors: list[np.ndarray], missed: list[int]) -> Iterator[Finding]:
    searched = len(errors) + len(missed)
    if searched and len(missed) >= _NO_FACE_SHARE * searched:
        message = (
            f"No face was found in {len(missed):,} of {searched:,} images that were searched: they may show no faces, "
            "or not upright ones from the front."
        )
        yield Finding("no-face", len(missed), message, tuple(dataset.name(i) for i in missed[:EXAMPLES]))
    if len(errors) < _FEWEST_FACES:
        return
    stacked = np.stack(errors)  # (faces, 5, 2)
    template = load_detector("dlib").template
    usual = template + np.median(stacked, axis=0)  # (5, 2): turned faces pull both ways, so the median stays
    matrix = estimate_similarity(template, usual)
    zoom = float(np.sqrt(np.linalg.det(matrix[:, :2])))
    turn = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    right, down = (usual - template).mean(axis=0).tolist()
    around = stacked + template - usual  # (faces, 5, 2)
    spread = float(np.median(np.sqrt(np.square(around).sum(axis=2).mean(axis=1))))
    wrong = []
    if np.hypot(right, down) > _LARGEST_SHIFT:
        wrong.append(f"{abs(right):.1f} px too far {'right' if right > 0 else 'left'}")
        wrong.append(f"{abs(down):.1f} px too far {'down' if down > 0 else 'up'}")
    if abs(np.log(zoom)) > _LARGEST_ZOOM:
        wrong.append(f"{abs(zoom - 1):.0%} too {'large' if zoom > 1 else 'small'}")
    if abs(turn) > _LARGEST_TURN:
        wrong.append(f"turned by {turn:.0f}°")
    if spread > _LARGEST_SPREAD:
        what = f"Faces lie about {spread:.1f} px off, each in its own way"
    elif wrong:
        what = f"The usual face is {', '.join(wrong)}"
    else:
        return
    message = (
        f"The crops are not on ArcFace's five-point template. {what} (of {len(errors):,} faces measured). Recognisers "
        "trained on such crops do badly on others: align the photos again with `hyperface.faces.align`."
    )
    yield Finding("alignment", len(errors), message)
