"""Training of the GAN's mapper; `build_generator.py` is its command line.

Frozen are the DCGAN G and the recogniser F. The mapper M learns so that F(crop(G(M(x, s)))) points where x does,
for embeddings x of the gallery and for packed ones, under every style s. A discriminator that knows G's own pictures
keeps the patterns that the mapper adds to G from drawing anything but faces.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from generator_critics import Discriminator, PoseReader, judged, learn_poses, teach
from torch.func import functional_call
from torch.nn import functional as F
from tqdm import tqdm

from hyperface.files import atomic_path
from hyperface.generators.dcgan import DCGAN, LATENT_SIZE, load_dcgan, native_to_aligned
from hyperface.generators.mapper import ADDED_SIZE, REACH, STYLE_SIZE, Mapper
from hyperface.images import ALIGNED_SIZE, resample_axes
from hyperface.packing import pack
from hyperface.packing.span import principal_span
from hyperface.recognizers.dlib_resnet import aligned_to_chip, load_dlib
from hyperface.sphere import normalize

SPAN = 40  # principal directions of the gallery that packed targets stay in
POSES = 4500  # faces whose pose is read
EMPHASIS = 0.3  # share of the whitening of requests; 1 would ask for all directions alike
SHIFT = 0.026  # spread of where a detector puts a face, measured, in halves of the template's side


@dataclass(frozen=True)
class TrainingPlan:
    steps: int = 6_000
    cycles: int = 4  # of the learning rate; the first takes two shares of the steps at twice the rate of the others
    averaged: int = 3  # last cycles whose ends are averaged: nearer to requests than any of them
    identities: int = 40  # per step, each drawn in two styles
    packed: int = 26  # of them; they are what datasets are made of, and harder to draw than the gallery's
    learning_rate: float = 4e-4
    seed: int = 0
    identity_temperature: float = 0.05
    weight_contrast: float = 0.15
    weight_separation: float = 24.0
    weight_prior: float = 0.5
    weight_variation: float = 3.0
    variation: float = 0.55  # of the difference between two unrelated pictures, asked of two styles of one identity
    weight_pose: float = 0.3
    pose: float = 0.7  # of the spread of poses of random faces, asked of the styles of one identity
    weight_added: float = 0.5
    added: float = 0.15  # mean square of the numbers for patterns of the mapper's own that costs nothing
    weight_realism: float = 0.03


@dataclass(frozen=True)
class Targets:
    """embeddings (n, 128) of detected faces with their latent codes (n, 100) and the DCGAN's pictures of these (n, 3,
    64, 64), bfloat16; and packed embeddings (m, 128).
    """

    embeddings: torch.Tensor
    latents: torch.Tensor
    pictures: torch.Tensor
    packed: torch.Tensor

    @classmethod
    def prepare(cls, embeddings: torch.Tensor, latents: torch.Tensor, gallery: torch.Tensor, *, seed: int) -> "Targets":
        """Pack subsets of the targets inside the gallery's span, at several sizes and stages of packing."""
        generator = torch.Generator().manual_seed(seed)
        packed = []
        for count in tqdm([500, 1000, 1000, 2000, 2000, 4000], desc="packing targets"):
            start = embeddings[torch.randperm(len(embeddings), generator=generator)[:count]]
            for step in pack(start, gallery=gallery, alpha=0.0, span=SPAN, steps=100):
                if step.step in (0, 10, 100):
                    packed.append(step.embeddings.clone())
        network = load_dcgan().bfloat16()
        with torch.no_grad():
            pictures = torch.cat([network(z.bfloat16()) for z in tqdm(latents.split(100), desc="drawing targets")])
        return cls(embeddings, latents, pictures, torch.cat(packed))


def jittered_chips(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """dlib's chips (n, 3, 150, 150) of native pictures (n, 3, 64, 64), made as those of a detected face are: by way of
    the 112×112 template. They are displaced as a detector would, some turned, mirrored or blurred, so that the mapper
    cannot please F with patterns that only one exact crop shows."""
    count = len(pictures)
    noise = torch.randn(4, count, 1, generator=generator)
    scale = (noise[1] * 0.05).exp()  # spread of the detector, measured, as SHIFT and the angle below
    flip = torch.where(torch.rand(count, 1, generator=generator) < 0.5, -1.0, 1.0)
    turned = torch.rand(count, generator=generator) < 0.5  # turning takes long and blurs a little
    pictures = pictures.index_copy(0, turned.nonzero()[:, 0], _turned(pictures[turned], noise[0, turned] * 3))
    centers = (torch.arange(ALIGNED_SIZE) + 0.5) * (2 / ALIGNED_SIZE) - 1  # (112,) of the template, [-1, 1]
    x = noise[2] * SHIFT + scale * flip * centers  # (n, 112)
    y = noise[3] * SHIFT + scale * centers
    blurred = (torch.rand(count, generator=generator) < 0.25)[:, None, None]
    down, across = (
        chip @ _linear_weights(at) @ aligned  # (n, 150, 64): native → template → displaced → chip
        for chip, at, aligned in zip(aligned_to_chip(), (y, x), native_to_aligned(), strict=True)
    )
    down, across = (torch.where(blurred, _running_mean(weights), weights) for weights in (down, across))
    return resample_axes(pictures, down[:, None], across[:, None])  # (n, 3, 150, 150)


def _running_mean(rows: torch.Tensor) -> torch.Tensor:
    """Each of the rows (n, 150, 64) as the mean of the five around it."""
    return F.avg_pool2d(F.pad(rows, (0, 0, 2, 2), mode="replicate"), (5, 1), stride=1)


def _linear_weights(positions: torch.Tensor) -> torch.Tensor:
    """Weights (n, 112, 112) that read the template's 112 pixels at positions (n, 112) in [-1, 1], linearly."""
    at = ((positions + 1) * (ALIGNED_SIZE / 2) - 0.5).clamp(0, ALIGNED_SIZE - 1)  # pixel indices
    return (1 - (at[:, :, None] - torch.arange(ALIGNED_SIZE)).abs()).clamp_min(0)


def _turned(pictures: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    """Native pictures (n, 3, 64, 64) turned by degrees (n, 1)."""
    angle = torch.deg2rad(degrees[:, 0])
    zero = torch.zeros_like(angle)
    matrix = torch.stack([angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero], dim=1)  # (n, 6)
    grid = F.affine_grid(matrix.reshape(-1, 2, 3), list(pictures.shape), align_corners=False)  # (n, 64, 64, 2)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def emphasize(mapper: Mapper, gallery: torch.Tensor) -> None:
    """Let directions in which gallery embeddings (n, 128) differ less be asked for more, as they are drawn weakly.

    Identities that were not packed come out further apart by it, for a small loss of cosine to the request.
    """
    basis = F.normalize(mapper.reach, dim=0)  # (128, REACH)
    power = (gallery @ basis).square().mean(dim=0)  # (REACH,)
    mapper.reach.copy_(basis * (power / power.mean()).pow(-EMPHASIS / 4))  # reach enters twice


def warm_start(mapper: Mapper, targets: Targets) -> None:
    """Least squares from x to z in closed form; the style's part begins as the largest directions of what x leaves
    open, and the perceptron adds nothing yet."""
    basis = principal_span(targets.embeddings, REACH).basis  # (128, REACH)
    x = normalize(targets.embeddings.double() @ basis @ basis.T) * len(basis) ** 0.5  # as the mapper makes it
    z = targets.latents.double()
    design = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)  # (n, 129)
    # the normal equations in float64: torch's float32 lstsq is wrong at this size
    solution = torch.linalg.pinv(design.T @ design, hermitian=True) @ design.T @ z  # (129, 100)
    residual = z - design @ solution
    values, vectors = torch.linalg.eigh(residual.T @ residual / len(residual))
    with torch.no_grad():
        mapper.reach.copy_(basis)
        for parameter in (mapper.identity.weight, mapper.identity.bias, mapper.style.weight):
            parameter.zero_()
        mapper.identity.weight[:LATENT_SIZE] = solution[:-1].T
        mapper.identity.bias[:LATENT_SIZE] = solution[-1]
        # Smaller than found: what x leaves open linearly is identity too, for a recogniser that is not linear.
        mapper.style.weight[:LATENT_SIZE] = 0.6 * (vectors * values.clamp_min(0).sqrt())[:, -STYLE_SIZE:]
        mapper.added.normal_(0, float(load_dcgan().main[0].weight.std()))
        mapper.output[-1].weight.zero_()
        mapper.output[-1].bias.zero_()


def train_mapper(targets: Targets, plan: TrainingPlan, *, checkpoint: Path, beginning: Mapper | None = None) -> Mapper:
    """Train, resume from `checkpoint` if it is there, and return the averaged mapper.

    beginning: a mapper to go on with; without it, one fitted in closed form.
    """
    torch.manual_seed(plan.seed)
    training = MapperTraining(targets, plan)
    if checkpoint.exists():
        training.load(checkpoint)
    else:
        training.begin(beginning)
    bar = tqdm(range(training.steps_done, plan.steps), "training the mapper", plan.steps, initial=training.steps_done)
    for step in bar:
        figures = training.step()
        if step % 20 == 19:
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()})
        if step % 100 == 99 or step + 1 in _cycle_ends(plan):
            training.save(checkpoint)
    return training.averaged_mapper()


class MapperTraining:
    """The mapper, its critics, and all else that a checkpoint holds. Either `load` or `begin` first."""

    def __init__(self, targets: Targets, plan: TrainingPlan) -> None:
        self.targets, self.plan = targets, plan
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.dcgan = load_dcgan().bfloat16()
        recognizer = load_dlib()
        self.mean, self.chips_to_features = recognizer.mean, recognizer.network.bfloat16()
        self.mapper, self.discriminator = Mapper(), Discriminator()
        self.pose_reader = PoseReader().eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(  # foreach: one fused update for all of the mapper's tensors
            self.mapper.parameters(), plan.learning_rate, (0.9, 0.99), weight_decay=1e-4, foreach=True
        )
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), 2e-4, (0.5, 0.9), foreach=True)
        # the yardstick of variation: two unrelated pictures, at a size where only layout counts
        self.unrelated = _layout_difference(*targets.pictures[:256].float().chunk(2)).mean()
        self.steps_done = 0
        self.average: dict[str, torch.Tensor] = {}  # of the mapper's tensors, over the last steps
        self.ends: list[dict[str, torch.Tensor]] = []  # the average after each cycle of the learning rate

    def begin(self, beginning: Mapper | None) -> None:
        learn_poses(self.pose_reader, self.targets.pictures[:POSES].float())
        if beginning is None:
            warm_start(self.mapper, self.targets)
        else:
            self.mapper.load_state_dict(beginning.state_dict())
        self.average = _copied(self.mapper.state_dict())

    def save(self, path: Path) -> None:
        state = {
            "plan": asdict(self.plan),
            "steps_done": self.steps_done,
            "average": self.average,
            "ends": self.ends,
            "generator": self.generator.get_state(),
            **{name: part.state_dict() for name, part in self._parts().items()},
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        if state["plan"] != asdict(self.plan):
            raise SystemExit(f"{path} was made with other settings; delete it to begin again.")
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.steps_done, self.average, self.ends = state["steps_done"], state["average"], state["ends"]

    def _parts(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        names = ("mapper", "optimizer", "discriminator", "discriminator_optimizer", "pose_reader")
        return {name: getattr(self, name) for name in names}

    def step(self) -> dict[str, float]:
        """Learn from one batch; figures that tell how it goes."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.steps_done, self.plan)
        x = self._requests()  # (b, 128)
        styles = torch.randn(2, len(x), STYLE_SIZE, generator=self.generator)
        loss, pictures, figures = self._loss(x, styles)
        self.optimizer.zero_grad()
        loss.backward(inputs=list(self.mapper.parameters()))  # what the discriminator would learn of it is not wanted
        torch.nn.utils.clip_grad_norm_(self.mapper.parameters(), 1.0)
        self.optimizer.step()

        known = self.targets.pictures
        real = known[torch.randint(len(known), (len(pictures),), generator=self.generator)].float()
        teach(self.discriminator, self.discriminator_optimizer, real, pictures.detach())

        decay = min(0.998, (self.steps_done + 1) / (self.steps_done + 10))
        with torch.no_grad():
            for name, value in self.mapper.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        self.steps_done += 1
        if self.steps_done in _cycle_ends(self.plan):
            self.ends.append(_copied(self.average))
        return figures

    def _requests(self) -> torch.Tensor:
        """Embeddings of faces, then packed ones (b, 128)."""
        embeddings, packed = self.targets.embeddings, self.targets.packed
        faces = self.plan.identities - self.plan.packed
        rows = torch.randint(len(embeddings), (faces,), generator=self.generator)
        packed_rows = torch.randint(len(packed), (self.plan.packed,), generator=self.generator)
        return torch.cat([embeddings[rows], packed[packed_rows]])

    def _loss(self, x: torch.Tensor, styles: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, dict[str, float]]:
        """The loss of requests (b, 128) in styles (2, b, STYLE_SIZE), their pictures (2b, 3, 64, 64), and figures."""
        plan = self.plan
        requested, styles = x.repeat(2, 1), styles.flatten(0, 1)  # first style of all, then second
        codes = self.mapper(requested, styles)  # (2b, 228)
        latents, amounts = codes.split([LATENT_SIZE, ADDED_SIZE], dim=1)
        pictures = _drawn(self.dcgan, self.mapper, codes)  # (2b, 3, 64, 64)
        chips = jittered_chips(pictures, self.generator).bfloat16()
        realized = normalize(self.chips_to_features(chips).float() - self.mean)  # (2b, 128)

        cosines = (realized * requested).sum(1)  # (2b,)
        contrast = _contrast(realized, x, self.targets, plan, self.generator)
        separation = _excess_similarity(realized, x)
        prior = _prior(latents)
        added = amounts.square().mean()
        variation = _layout_difference(*pictures.chunk(2)).mean() / self.unrelated
        # the first two numbers of a style turn and nod the head
        pose = (self.pose_reader(pictures) - plan.pose * styles[:, :2]).square().mean()
        realism = -judged(self.discriminator, pictures).mean()
        loss = (
            1
            - cosines.mean()
            + plan.weight_contrast * contrast
            + plan.weight_separation * separation
            + plan.weight_prior * prior
            + plan.weight_variation * (plan.variation - variation).clamp_min(0)
            + plan.weight_pose * pose
            + plan.weight_added * (added - plan.added).clamp_min(0)
            + plan.weight_realism * realism
        )
        of_faces, of_packed = cosines.view(2, -1).split([plan.identities - plan.packed, plan.packed], dim=1)
        figures = {
            "gallery": of_faces.mean(),
            "packed": of_packed.mean(),
            "separation": separation,
            "contrast": contrast,
            "prior": prior,
            "variation": variation,
            "pose": pose,
            "added": added,
            "realism": realism,
        }
        return loss, pictures, {name: value.item() for name, value in figures.items()}

    def averaged_mapper(self) -> Mapper:
        """The mapper with the mean of the last cycles' ends."""
        kept = self.ends[-self.plan.averaged :]
        self.mapper.load_state_dict({name: torch.stack([end[name] for end in kept]).mean(dim=0) for name in kept[0]})
        return self.mapper


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in state.items()}


def _drawn(network: DCGAN, mapper: Mapper, codes: torch.Tensor) -> torch.Tensor:
    """Pictures (n, 3, 64, 64), float32, of codes (n, 228), with gradients for the patterns of the mapper, too."""
    patterns = torch.cat([network.main[0].weight, mapper.added.bfloat16()])  # (228, 512, 4, 4)
    return functional_call(network, {"main.0.weight": patterns}, (codes.bfloat16(),)).float()


def _cycle_ends(plan: TrainingPlan) -> list[int]:
    """Steps after which a cycle of the learning rate is over."""
    shares = plan.cycles + 1  # the first cycle has two
    return [plan.steps * (share + 1) // shares for share in range(1, shares)]


def learning_rate(step: int, plan: TrainingPlan) -> float:
    begin = 0
    for end in _cycle_ends(plan):
        if step < end:
            break
        begin = end
    peak = plan.learning_rate * min(1, (step + 1) / 100) if begin == 0 else plan.learning_rate / 2
    return peak * (0.5 + 0.5 * math.cos(math.pi * (step - begin) / (end - begin)))


def _contrast(
    realized: torch.Tensor, x: torch.Tensor, targets: Targets, plan: TrainingPlan, generator: torch.Generator
) -> torch.Tensor:
    """Cross-entropy of finding the own target among the batch's and 1,000 others: what verification asks for."""
    others = torch.cat(
        [
            targets.embeddings[torch.randint(len(targets.embeddings), (500,), generator=generator)],
            targets.packed[torch.randint(len(targets.packed), (500,), generator=generator)],
        ]
    )
    logits = realized @ torch.cat([x, others]).T / plan.identity_temperature  # (2b, b + 1000)
    return F.cross_entropy(logits, torch.arange(len(x)).repeat(2))


def _excess_similarity(realized: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Mean square by which two identities look more alike than was requested; 0 if no pair does."""
    requested = (x @ x.T).repeat(2, 2)  # (2b, 2b)
    different = ~torch.eye(len(x), dtype=torch.bool).repeat(2, 2)
    excess = (realized @ realized.T - requested).clamp_min(0)
    return excess[different].square().mean()


def _prior(z: torch.Tensor) -> torch.Tensor:
    """Keep latent codes where G draws well: centred, no longer than √100, where it was trained. Shorter ones are the
    truncation trick (cleaner, plainer faces), so they cost nothing until they are much shorter."""
    length = z.square().mean(1)  # (2b,), 1 in training
    too_long, too_short = (length - 1).clamp_min(0), (0.5 - length).clamp_min(0)
    return (too_long.square() + too_short.square()).mean() + z.mean(0).square().mean()


def _layout_difference(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of pictures reduced to 16×16: pose, light and background, not texture. (n,)"""
    return (F.avg_pool2d(first, 4) - F.avg_pool2d(second, 4)).abs().mean(dim=(1, 2, 3))
