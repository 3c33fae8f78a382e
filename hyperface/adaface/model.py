"""AdaFace's `inference`: its networks behind its own calls."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from hyperface import recognizers
from hyperface.errors import InputError
from hyperface.recognizers.backbones import BackboneRecognizer


class AdaFaceModel(nn.Module):
    """BGR input (n, 3, 112, 112) in [−1, 1], as `to_input` gives it → unit features (n, 512) and their norms (n, 1)."""

    def __init__(self, recognizer: BackboneRecognizer) -> None:
        super().__init__()
        self.card, self.backbone = recognizer.card, recognizer.backbone

    def forward(self, bgr_input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raw = self.backbone(bgr_input)  # (n, 512)
        norm = raw.norm(dim=1, keepdim=True)  # (n, 1)
        return raw / norm, norm


def load_pretrained_model(checkpoint: str | Path, architecture: str = "ir_50") -> AdaFaceModel:
    """A pretrained network in evaluation mode.

    checkpoint: a file (Lightning's .ckpt, .pt, .pth, .safetensors), or a name on the hub (`hf:owner/repo`).
    CheckpointError says which parameters do not fit.
    """
    recognizer = recognizers.load(architecture, checkpoint=checkpoint)
    if not isinstance(recognizer, BackboneRecognizer):
        raise InputError(f"{checkpoint} holds no network of PyTorch: open it with hyperface.recognizers.load.")
    return AdaFaceModel(recognizer).eval()


def to_input(pil_rgb_image: Image.Image | np.ndarray) -> torch.Tensor:
    """An aligned RGB face, a PIL image or uint8 (112, 112, 3) → float32 (1, 3, 112, 112), BGR, [−1, 1]."""
    pixels = np.asarray(pil_rgb_image)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(f"An aligned face must be an RGB image of 8 bits a colour; got {pixels.dtype} {pixels.shape}.")
    bgr = pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)[None]  # (1, 3, h, w)
    return torch.from_numpy((bgr / 255 - 0.5) / 0.5)
