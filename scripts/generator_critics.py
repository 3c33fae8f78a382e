"""Two small networks that look at the pictures while the GAN's mapper learns to draw them."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm
from tqdm import tqdm

from hyperface.faces import largest_face
from hyperface.faces.pose import nose_offset, plausible
from hyperface.generators.dcgan import align_native
from hyperface.images import to_uint8

EPOCHS = 24  # of the pose reader


class PoseReader(nn.Sequential):
    """Pictures (n, 3, 64, 64) → turn and nod of their faces (n, 2), in standard deviations of random faces."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([3, 24, 48, 64, 64]):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.ReLU()]  # 64 → 4 pixels
        super().__init__(*layers, nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 2))


def learn_poses(reader: PoseReader, pictures: torch.Tensor) -> None:
    """Teach the reader what the landmarks of pictures (n, 3, 64, 64) of faces say."""
    poses, readable = [], []
    for number, picture in enumerate(tqdm(to_uint8(align_native(pictures)), desc="reading poses")):
        if (face := largest_face(picture)) is not None:
            poses.append(nose_offset(face))
            readable.append(number)
    good = plausible(np.array(poses))
    pictures = pictures[readable][good]
    pose = torch.tensor(np.array(poses))[good].float()  # (m, 2)
    pose = (pose - pose.mean(dim=0)) / pose.std(dim=0)
    batches = [batch for _ in range(EPOCHS) for batch in torch.randperm(len(pose)).split(64)]
    reader.train().requires_grad_(True)
    optimizer = torch.optim.AdamW(reader.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, len(batches))
    for number, batch in enumerate(tqdm(batches, desc="learning to read poses")):
        mirrored = number % 2
        seen = pictures[batch].flip(3) if mirrored else pictures[batch]
        wanted = pose[batch] * torch.tensor([-1.0, 1.0]) if mirrored else pose[batch]
        seen = seen * torch.empty(len(batch), 1, 1, 1).uniform_(0.7, 1.3)  # light is no pose
        optimizer.zero_grad()
        F.smooth_l1_loss(reader(seen), wanted).backward()
        optimizer.step()
        schedule.step()
    reader.eval().requires_grad_(False)


class Discriminator(nn.Module):
    """Pictures (n, 3, 64, 64) → how much they look like the DCGAN's own (n,)."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([3, width, 2 * width, 4 * width, 8 * width]):
            layers += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers, spectral_norm(nn.Conv2d(8 * width, 1, 4)), nn.Flatten(0))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.main(pictures)


def judged(discriminator: Discriminator, pictures: torch.Tensor) -> torch.Tensor:
    """(n,), above 0 for pictures (n, 3, 64, 64) that the discriminator takes for real; in bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        return discriminator(pictures).float()  # (n,)


def teach(
    discriminator: Discriminator, optimizer: torch.optim.Optimizer, real: torch.Tensor, drawn: torch.Tensor
) -> None:
    """One step of the hinge loss (Miyato et al., 2018) on as many real pictures as drawn ones (n, 3, 64, 64)."""
    of_real, of_drawn = judged(discriminator, torch.cat([real, drawn])).chunk(2)
    optimizer.zero_grad()
    (F.relu(1 - of_real).mean() + F.relu(1 + of_drawn).mean()).backward()
    optimizer.step()
