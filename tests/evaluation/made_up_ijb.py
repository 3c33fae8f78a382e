"""IJB in small: made-up templates in the files of InsightFace's release."""

from pathlib import Path

import numpy as np
from PIL import Image

# Landmarks of photos of 150 pixels whose middle 112 are the aligned crop, moved by 19 pixels.
POINTS = [(57.2946, 70.6963), (92.5318, 70.5014), (75.0252, 90.7366), (60.5493, 111.3655), (89.7299, 111.2041)]

SAME = 0.5  # of a template's look is its subject's, so that some are mistaken


def write(
    folder: Path, subjects: int = 24, *, kind: str = "ijbc", parts: tuple[str, str] = ("G1", "G2"), seed: int = 0
) -> Path:
    """Each subject has a gallery template, in one of the galleries, and two for probes; of one to four photos each, of
    which some are frames of one video."""
    rng = np.random.default_rng(seed)
    meta = folder / "meta"
    (folder / "loose_crop").mkdir(parents=True)
    meta.mkdir()
    points, media = [], []
    galleries: tuple[list[str], list[str]] = ([], [])
    probes: list[str] = []
    owner: dict[int, int] = {}
    photo = 0
    for subject in range(subjects):
        pattern = rng.integers(0, 256, (10, 10, 3)).repeat(15, axis=0).repeat(15, axis=1)
        for number in range(3):
            look = SAME * pattern + (1 - SAME) * rng.integers(0, 256, (10, 10, 3)).repeat(15, axis=0).repeat(15, axis=1)
            template = 5 + 7 * len(owner)  # with gaps
            owner[template] = subject
            row = f"{template},{subject + 100},loose_crop/x.jpg,{template},1.0,2.0,3.0,4.0"
            (probes if number else galleries[subject % 2]).append(row)
            for frame in range(int(rng.integers(1, 5))):
                photo += 1
                pixels = np.clip(look + rng.normal(0, 60, look.shape), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / "loose_crop" / f"{photo}.png")
                where = " ".join(f"{x:.4f} {y:.4f}" for x, y in POINTS)
                points.append(f"{photo}.png {where} {rng.uniform(0.5, 1):.6f}")
                media.append(f"{photo}.png {template} {frame // 2}")
    order = rng.permutation(photo)  # a template's photos need not stand together
    pairs = [
        f"{a} {b} {int(owner[a] == owner[b])}"
        for a in owner
        for b in owner
        if a < b and ((a + b) % 3 or owner[a] == owner[b])
    ]
    header = "TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT"
    for name, lines in (
        (f"{kind}_name_5pts_score.txt", [points[i] for i in order]),
        (f"{kind}_face_tid_mid.txt", [media[i] for i in order]),
        (f"{kind}_template_pair_label.txt", pairs),
        (f"{kind}_1N_gallery_{parts[0]}.csv", [header, *galleries[0]]),
        (f"{kind}_1N_gallery_{parts[1]}.csv", [header, *galleries[1]]),
        (f"{kind}_1N_probe_mixed.csv", [header, *probes]),
    ):
        (meta / name).write_text("\n".join(lines) + "\n")
    return folder
