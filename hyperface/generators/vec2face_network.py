"""Vec2Face's network: a recogniser's feature in, an aligned face out, in one pass.

Wu et al., "Vec2Face: scaling face dataset generation with loosely constrained vectors", ICLR 2025; written from the
public project (MIT) with its names of parameters, so that its checkpoints load, and Vec2Face+'s main model.

A feature becomes 49 tokens; some are replaced by the token of the whole feature, and some of these dropped. A
transformer sees what is left, a second one completes it, and convolutions make a picture of the 7×7 tokens.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.errors import CheckpointError

SIDE = 7
TOKENS = SIDE * SIDE
DROPPED = 5  # tokens that the first transformer never sees: a tenth, rounded up
EPSILON = 1e-6  # of every normalisation
GROUPS = 32
UNUSED = re.compile(r"patch_embed\..*|center_token\..*|token_emb\.position_ids")  # in the files, never computed with


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. channels: of the convolutions' levels, the finest first; each is twice as fine as the next.
    blocks: residual ones in each level."""

    feature: int
    width: int
    depth: int
    heads: int
    decoder_width: int
    decoder_depth: int
    decoder_heads: int
    code: int
    channels: tuple[int, ...]
    blocks: int

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor]) -> Shape:
        """What a checkpoint's weights are for; CheckpointError if they are of no such network.

        The number of heads cannot be seen in them: the published sizes have 16, but for the encoder of the base, 12.
        """
        try:
            width, feature = weights["latent_prior_proj_f.weight"].shape
            levels = _count(weights, r"im_decoder\.up\.(\d+)\.")
            channels = [len(weights[f"im_decoder.up.{level}.block.0.conv1.weight"]) for level in range(levels)]
            return cls(
                feature=feature,
                width=width,
                depth=_count(weights, r"blocks\.(\d+)\."),
                heads=12 if width == 768 else 16,
                decoder_width=len(weights["decoder_embed.weight"]),
                decoder_depth=_count(weights, r"decoder_blocks\.(\d+)\."),
                decoder_heads=16,
                code=len(weights["im_decoder_proj.weight"]),
                channels=tuple(channels),
                blocks=_count(weights, r"im_decoder\.up\.0\.block\.(\d+)\."),
            )
        except (KeyError, ValueError) as error:
            raise CheckpointError(f"These are no weights of Vec2Face's generator: {error} is missing.") from error


def _count(weights: Mapping[str, torch.Tensor], pattern: str) -> int:
    return 1 + max((int(match[1]) for name in weights if (match := re.match(pattern, name))), default=-1)


class Attention(nn.Module):
    """Self-attention of tokens (n, t, width)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count, tokens, width = x.shape
        query, key, value = self.qkv(x).view(count, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)  # (n, heads, t, width / heads)
        out: torch.Tensor = self.proj(seen.transpose(1, 2).reshape(count, tokens, width))
        return out


class Perceptron(nn.Module):
    """Two linear layers of one token at a time, the inner one four times as wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.fc2(F.gelu(self.fc1(x)))
        return out


class Block(nn.Module):
    """A block of a transformer, normalised first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=EPSILON), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=EPSILON), Perceptron(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return x


class Residual(nn.Module):
    """Two convolutions, added to their input; where the number of channels changes, to a mix of their own output.

    The latter is how the original computes, and its checkpoints hold: its 1×1 convolution sees what the two gave.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, inputs, eps=EPSILON)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(GROUPS, outputs, eps=EPSILON)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(outputs, outputs, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.conv1(F.silu(self.norm1(x)))
        hidden = self.conv2(F.silu(self.norm2(hidden)))
        return hidden + (self.nin_shortcut(hidden) if hasattr(self, "nin_shortcut") else x)


class Upsample(nn.Module):
    """Twice the size, by repeating pixels, and a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class PictureDecoder(nn.Module):
    """Codes (n, code, 7, 7) → pictures (n, 3, 112, 112), about −1 to 1."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        channels = shape.channels[-1]
        self.conv_in = nn.Conv2d(shape.code, channels, 3, padding=1)
        self.mid = nn.ModuleDict({"block_1": Residual(channels, channels), "block_2": Residual(channels, channels)})
        levels: list[nn.Module] = []
        for level in reversed(range(len(shape.channels))):
            outputs = shape.channels[level]
            sizes = [channels] + [outputs] * shape.blocks
            blocks = nn.ModuleList(Residual(*pair) for pair in itertools.pairwise(sizes))
            parts: dict[str, nn.Module] = {"block": blocks}
            if level:
                parts["upsample"] = Upsample(outputs)
            levels.insert(0, nn.ModuleDict(parts))
            channels = outputs
        self.up = nn.ModuleList(levels)
        self.norm_out = nn.GroupNorm(GROUPS, channels, eps=EPSILON)
        self.conv_out = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        x = self.mid["block_2"](self.mid["block_1"](self.conv_in(codes)))
        for level in reversed(range(len(self.up))):
            parts: nn.ModuleDict = self.up[level]  # type: ignore[assignment]  # a list of modules forgets their kind
            for block in parts["block"]:  # type: ignore[attr-defined]  # as above
                x = block(x)
            if level:
                x = parts["upsample"](x)
        picture: torch.Tensor = self.conv_out(F.silu(self.norm_out(x)))
        return picture


class Positions(nn.Module):
    """Learned places of tokens, and a normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.position_embeddings = nn.Embedding(TOKENS + 1, width)
        self.LayerNorm = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.LayerNorm(tokens + self.position_embeddings.weight)
        return out


class Vec2Face(nn.Module):
    """Features (n, feature), not normalised, and which tokens are masked → pictures (n, 3, 112, 112), about −1 to 1."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.latent_prior_proj_f = nn.Linear(shape.feature, shape.width)
        self.feature_token = nn.Linear(1, TOKENS)
        self.token_emb = Positions(shape.width)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(shape.width, eps=EPSILON)
        self.decoder_embed = nn.Linear(shape.width, shape.decoder_width)
        self.decoder_pos_embed_learned = nn.Parameter(torch.zeros(1, TOKENS + 1, shape.decoder_width))
        self.decoder_blocks = nn.ModuleList(
            Block(shape.decoder_width, shape.decoder_heads) for _ in range(shape.decoder_depth)
        )
        self.decoder_norm = nn.LayerNorm(shape.decoder_width, eps=EPSILON)
        self.im_decoder_proj = nn.Linear(shape.decoder_width, shape.code)
        self.im_decoder = PictureDecoder(shape)

    def forward(self, features: torch.Tensor, order: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
        """order: (n, 49), numbers whose smallest 5 are the dropped tokens; masked: (n,), how many of the smallest carry
        nothing of their own, at least as many."""
        # The transformers are few operations on few tokens, and the original never rounds them.
        with torch.autocast(features.device.type, enabled=False):
            codes = self.im_decoder_proj(self._completed(features.float(), order, masked)[:, 1:])  # (n, 49, code)
        picture: torch.Tensor = self.im_decoder(codes.transpose(1, 2).unflatten(2, (SIDE, SIDE)))
        return picture

    def _completed(self, features: torch.Tensor, order: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
        """All tokens (n, 50, decoder width), the first of the whole feature."""
        rank = order.argsort(dim=1).argsort(dim=1)  # (n, 49)
        kept = (rank >= DROPPED).nonzero()[:, 1].view(len(rank), -1) + 1  # (n, 44), in their order
        kept = F.pad(kept, (1, 0))  # the first always stays
        blank = F.pad(rank < masked[:, None], (1, 0))[..., None]  # (n, 50, 1)
        whole = self.latent_prior_proj_f(features)[:, None]  # (n, 1, width)
        tokens = self.feature_token(whole.transpose(1, 2)).transpose(1, 2)  # (n, 49, width)
        tokens = torch.where(blank, whole, torch.cat([whole, tokens], dim=1))  # (n, 50, width)
        x = _rows(self.token_emb(tokens), kept)
        for block in self.blocks:
            x = block(x)
        x = self.decoder_embed(self.norm(x))  # (n, 45, decoder width)
        whole = x[:, :1].expand(-1, TOKENS + 1, -1)
        placed = whole.scatter(1, kept[..., None].expand_as(x), x)  # (n, 50, decoder width)
        x = torch.where(blank, whole, placed) + self.decoder_pos_embed_learned
        for block in self.decoder_blocks:
            x = block(x)
        out: torch.Tensor = self.decoder_norm(x)
        return out


def _rows(tokens: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """The tokens (n, k, width) at the places kept (n, k)."""
    return tokens.gather(1, kept[..., None].expand(-1, -1, tokens.shape[2]))
