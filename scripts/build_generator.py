"""Build the GAN, the second generator that ships, its recogniser's mean and its gallery from public packages.

    python scripts/build_generator.py all --build build/generator

Stages, each skipped when its result is there (`--force` repeats it):
    dcgan    download gan-face-generate 1.1.1 (MIT) and keep its network's weights in eight bits
    gallery  10,000 detectable faces of it: the recogniser's mean, embeddings and thumbnails
    targets  more faces, other seeds: what the mapper trains on
    train    the mapper (embedding, style) → latent code, with a checkpoint every 100 steps
    card     measure held-out quality and write the model card
Everything is seeded. On two cores the whole takes an hour and three quarters, 80 minutes of them for the mapper;
`train --go-on --force` trains the mapper that is there further, 85 steps a minute.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import torch
from generator_training import Targets, TrainingPlan, emphasize, train_mapper
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from hyperface import gallery as galleries
from hyperface.assets import assets_folder, find_model_file
from hyperface.generators import load_gallery_generator
from hyperface.generators.dcgan import DCGAN_FILE, LATENT_SIZE
from hyperface.generators.eight_bits import quantized
from hyperface.generators.mapper import MAPPER_FILE, load_mapper
from hyperface.recognizers.dlib_resnet import MEAN_FILE, DlibRecognizer, DlibResNet, load_dlib
from hyperface.recognizers.dlib_weights import FILE_NAME, read_dlib_network
from hyperface.seeds import seeded_normal
from hyperface.steps import finish

PACKAGE = "gan-face-generate==1.1.1"
GALLERY_SIZE = 10_000
THUMBNAIL_QUALITY = 60  # of their JPEG: the second gallery that ships need not be the finer one
TARGET_SEED = 1_000_000  # seeds from here on are the mapper's; the gallery's begin at 0
TARGET_COUNT = 24_000


def build_dcgan(build: Path) -> None:
    """Take the generator's weights out of the wheel; no code of the package is run or installed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--python-version", "3.12",
             "--only-binary=:all:", "--dest", folder, PACKAGE],
            check=True,
        )  # fmt: skip
        (wheel,) = Path(folder).glob("*.whl")
        content = zipfile.ZipFile(wheel).read("gan_face_generate/weights.tar")
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)["netG_state_dict"]
    path = assets_folder() / DCGAN_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(quantized(state), path, {"source": PACKAGE, "licence": "MIT"})


def build_gallery(build: Path) -> None:
    """Its gallery. The mean comes first: embeddings are centred with it."""
    generator = load_gallery_generator("dcgan")
    network = DlibResNet(read_dlib_network(find_model_file(FILE_NAME)))
    uncentered = DlibRecognizer(network, torch.zeros(128))
    faces = []
    with tqdm(total=GALLERY_SIZE, desc="gallery faces", unit="face") as bar:
        for source, face in galleries.sample_faces(generator, seed=0):
            if face is not None:
                faces.append((source, face))
                bar.update()
            if len(faces) == GALLERY_SIZE:
                break
    with torch.inference_mode():
        total = sum(
            uncentered.descriptors(torch.stack([face.image for _, face in faces[i : i + 128]])).double().sum(0)
            for i in range(0, len(faces), 128)
        )
    path = assets_folder() / MEAN_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    mean = [round(value, 7) for value in (total / len(faces)).tolist()]
    path.write_text(json.dumps({"of": "the raw descriptors of the gallery gan-10k", "mean": mean}) + "\n")
    recognizer = load_dlib()
    gallery = finish(galleries.build(faces, recognizer, count=GALLERY_SIZE, name="gan-10k", generator="dcgan"))
    path = assets_folder() / galleries.SHIPPED["gan-10k"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(galleries.to_bytes(gallery, thumbnail_quality=THUMBNAIL_QUALITY))


def build_targets(build: Path) -> None:
    """Pairs (latent code, embedding of the detector-aligned face) for training; seeds apart from the gallery's."""
    generator, recognizer = load_gallery_generator("dcgan"), load_dlib()
    work = galleries.build(
        galleries.sample_faces(generator, seed=TARGET_SEED),
        recognizer,
        count=TARGET_COUNT,
        name="targets",
        generator="dcgan",
    )
    with tqdm(total=TARGET_COUNT, desc="training targets", unit="face") as bar:
        targets = finish(work, lambda step: bar.update(step.step - bar.n))
    seeds = [int(source.split(":")[1]) for source in targets.sources]
    tensors = {"embeddings": targets.embeddings, "latents": seeded_normal(seeds, LATENT_SIZE)}
    save_file(tensors, build / "targets.safetensors")


def build_mapper(build: Path, plan: TrainingPlan, *, go_on: bool) -> None:
    stored = load_file(build / "targets.safetensors")
    reference = galleries.load("gan-10k").embeddings
    targets = Targets.prepare(stored["embeddings"], stored["latents"], reference, seed=plan.seed)
    mapper = train_mapper(targets, plan, checkpoint=build / "mapper.pt", beginning=load_mapper() if go_on else None)
    emphasize(mapper, reference)
    path = assets_folder() / MAPPER_FILE
    about = {"steps": str(plan.steps), "seed": str(plan.seed), "licence": "MIT"}
    save_file(quantized(mapper.state_dict()), path, about)


def write_card(build: Path) -> None:
    """The figures are printed and written by the benchmark that anyone can run on the shipped files."""
    benchmark = Path(__file__).resolve().parents[1] / "benchmarks" / "generator.py"
    figures_file = assets_folder() / "generators" / "gan_quality.json"
    subprocess.run([sys.executable, str(benchmark), "--output", str(figures_file)], check=True)
    fill_card(json.loads(figures_file.read_text()))


def fill_card(figures: dict) -> None:
    """Write the table under the card's last heading."""
    columns = {name: values for name, values in figures.items() if isinstance(values, dict)}
    lines = [
        f"{figures['identities']} held-out identities × {figures['styles']} pictures, each in a style of its own, "
        "aligned by the detector, each crop also mirrored.\n",
        f"| | {' | '.join(columns)} |",
        "|---" * (1 + len(columns)) + "|",
    ]
    for row in next(iter(columns.values())):
        lines.append(f"| {row} | {' | '.join(f'{values[row]:.3f}' for values in columns.values())} |")
    lines.append("")
    lines += [f"{name[0].upper()}{name[1:]}: {figures[name]:.3g}.\n" for name in figures if name not in columns][2:]
    card = assets_folder() / "generators" / "README.md"
    head, heading, _ = card.read_text().partition("## Measured\n")
    card.write_text(head + heading + "\n" + "\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["all", "dcgan", "gallery", "targets", "train", "card"])
    parser.add_argument("--build", type=Path, default=Path("build/generator"), help="folder for intermediate results")
    parser.add_argument("--steps", type=int, default=TrainingPlan.steps, help="training steps of the mapper")
    parser.add_argument("--go-on", action="store_true", help="train the mapper that ships further, with --force")
    parser.add_argument("--learning-rate", type=float, default=TrainingPlan.learning_rate)
    parser.add_argument("--seed", type=int, default=TrainingPlan.seed)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count()))
    parser.add_argument("--force", action="store_true", help="repeat stages whose result is there")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.build.mkdir(parents=True, exist_ok=True)

    plan = TrainingPlan(steps=options.steps, learning_rate=options.learning_rate, seed=options.seed)
    if options.go_on:
        plan = replace(plan, cycles=1, learning_rate=plan.learning_rate / 2)
    stages = {
        "dcgan": (lambda: build_dcgan(options.build), assets_folder() / DCGAN_FILE),
        "gallery": (lambda: build_gallery(options.build), assets_folder() / galleries.SHIPPED["gan-10k"]),
        "targets": (lambda: build_targets(options.build), options.build / "targets.safetensors"),
        "train": (lambda: build_mapper(options.build, plan, go_on=options.go_on), assets_folder() / MAPPER_FILE),
        "card": (lambda: write_card(options.build), assets_folder() / "generators" / "gan_quality.json"),
    }
    for name, (run, result) in stages.items():
        if options.stage not in ("all", name):
            continue
        if result.exists() and not options.force:
            print(f"{name}: {result} is there")
            continue
        run()
        print(f"{name}: wrote {result}")


if __name__ == "__main__":
    main()
