"""Arc2Face's projection: an ArcFace embedding → what Stable Diffusion takes in place of a prompt.

Papantoniou et al., "Arc2Face: a foundation model for ID-consistent human faces", ECCV 2024. The embedding stands where
the word "id" would in "photo of a id person", and a fine-tuned CLIP text model reads the sentence. Written in plain
torch with CLIP's names of parameters: no transformers needed, and a batch of any size, which the original refuses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.errors import CheckpointError, InputError
from hyperface.files import read_object
from hyperface.generators.weights import Place
from hyperface.model import frozen
from hyperface.tensor_files import check_fits, float32, read_tensors

WORDS = ("photo", "of", "a", "id", "person")  # each is one token of CLIP
POSITION = 1 + WORDS.index("id")  # after the mark of the beginning
LENGTH = 77  # tokens of a prompt
TOKENS = {  # CLIP's vocabulary, of which nothing else is needed
    "<|startoftext|>": 49406, "photo</w>": 1125, "of</w>": 539, "a</w>": 320, "id</w>": 1014, "person</w>": 2533,
    "<|endoftext|>": 49407,
}  # fmt: skip
_PREFIX = "text_model."


class Layer(nn.Module):
    """A block of CLIP's text model, tokens (n, t, hidden); each sees those before it."""

    def __init__(self, hidden: int, heads: int, inner: int, epsilon: float, quick: bool) -> None:
        super().__init__()
        self.heads, self.quick = heads, quick
        self.self_attn = nn.ModuleDict({f"{name}_proj": nn.Linear(hidden, hidden) for name in ("q", "k", "v", "out")})
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(hidden, eps=epsilon), nn.LayerNorm(hidden, eps=epsilon)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(hidden, inner), "fc2": nn.Linear(inner, hidden)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normal = self.layer_norm1(x)
        query, key, value = (
            self.self_attn[f"{name}_proj"](normal).unflatten(2, (self.heads, -1)).transpose(1, 2) for name in "qkv"
        )
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)  # (n, heads, t, hidden / heads)
        x = x + self.self_attn["out_proj"](seen.transpose(1, 2).flatten(2))
        inner = self.mlp["fc1"](self.layer_norm2(x))
        inner = inner * torch.sigmoid(1.702 * inner) if self.quick else F.gelu(inner)
        out: torch.Tensor = x + self.mlp["fc2"](inner)
        return out


class TextModel(nn.Module):
    """CLIP's text model from token embeddings on, by its own names."""

    def __init__(self, config: dict[str, Any]) -> None:
        """config: what config.json says."""
        super().__init__()
        hidden, epsilon = config["hidden_size"], config.get("layer_norm_eps", 1e-5)
        quick = config.get("hidden_act", "quick_gelu") == "quick_gelu"
        self.embeddings = nn.ModuleDict(
            {
                "token_embedding": nn.Embedding(config["vocab_size"], hidden),
                "position_embedding": nn.Embedding(config.get("max_position_embeddings", LENGTH), hidden),
            }
        )
        layers = [
            Layer(hidden, config["num_attention_heads"], config["intermediate_size"], epsilon, quick)
            for _ in range(config["num_hidden_layers"])
        ]
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList(layers)})
        self.final_layer_norm = nn.LayerNorm(hidden, eps=epsilon)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Token embeddings (n, t, hidden) → the last hidden state, normalised."""
        x = tokens + self.embeddings["position_embedding"].weight  # type: ignore[operator]  # a dict forgets its kind
        for layer in self.encoder["layers"]:  # type: ignore[attr-defined]  # as above
            x = layer(x)
        out: torch.Tensor = self.final_layer_norm(x)
        return out


class Projection(nn.Module):
    """Unit ArcFace embeddings (n, 512) → conditions (n, 77, hidden). Differentiable, always in float32."""

    def __init__(self, model: TextModel, tokens: dict[str, int]) -> None:
        """tokens: numbers of the words in `TOKENS`."""
        super().__init__()
        self.text_model = model
        start, end = tokens["<|startoftext|>"], tokens["<|endoftext|>"]
        words = [tokens[f"{word}</w>"] for word in WORDS]
        self.register_buffer("prompt", torch.tensor([start, *words] + [end] * (LENGTH - 1 - len(words))))
        self.register_buffer("nothing", torch.tensor([start] + [end] * (LENGTH - 1)))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        tokens = self._embedded(self.prompt, len(embeddings))  # (n, 77, hidden)
        padded = F.pad(embeddings.float(), (0, tokens.shape[2] - embeddings.shape[1]))[:, None]  # (n, 1, hidden)
        return self._read(torch.cat([tokens[:, :POSITION], padded, tokens[:, POSITION + 1 :]], dim=1))

    def empty(self, count: int) -> torch.Tensor:
        """The condition (count, 77, hidden) that says nothing, from which guidance leads away."""
        return self._read(self._embedded(self.nothing, 1)).expand(count, -1, -1)

    def _embedded(self, tokens: object, count: int) -> torch.Tensor:
        embedded: torch.Tensor = self.text_model.embeddings["token_embedding"](tokens)
        return embedded.expand(count, -1, -1)

    def _read(self, tokens: torch.Tensor) -> torch.Tensor:
        with torch.autocast(tokens.device.type, enabled=False):
            out: torch.Tensor = self.text_model(tokens.float())
        return out


def load_projection(place: Place, base: Place) -> Projection:
    """Arc2Face's encoder, frozen. CheckpointError if a file is missing, or is of another network.

    place: Arc2Face's files, of which `encoder/` is read; base: Stable Diffusion's, whose vocabulary, if it has one
    there, says the words' numbers.
    """
    config = read_object(place.file("encoder/config.json"))
    path = place.file("encoder/model.safetensors", "encoder/pytorch_model.bin")
    state = {name.removeprefix(_PREFIX): value for name, value in read_tensors(path).items()}
    state.pop("embeddings.position_ids", None)  # a buffer of older versions
    try:
        with torch.device("meta"):
            model = TextModel(config)
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"The encoder's config.json describes no CLIP text model ({error}).") from error
    check_fits(path, "Arc2Face's encoder", state, model.state_dict())
    model.load_state_dict(float32(state), assign=True)
    vocabulary = base.find("tokenizer/vocab.json")
    tokens = _numbers(vocabulary) if vocabulary is not None else TOKENS
    if max(tokens.values()) >= config["vocab_size"]:
        raise CheckpointError(f"{path} knows {config['vocab_size']:,} words: it is not made with CLIP's vocabulary.")
    if config["hidden_size"] < 512:
        raise CheckpointError(f"{path} has {config['hidden_size']} numbers a word, too few for an embedding of 512.")
    return frozen(Projection(model, tokens))


def _numbers(vocabulary: Path) -> dict[str, int]:
    known = read_object(vocabulary)
    missing = sorted(TOKENS.keys() - known.keys())
    if missing:
        raise CheckpointError(f"{vocabulary} lacks the words {', '.join(missing)}.")
    return {word: int(known[word]) for word in TOKENS}


def check_unit(embeddings: torch.Tensor) -> None:
    """InputError unless rows are of length 1: the encoder was trained on nothing else."""
    lengths = embeddings.norm(dim=1)
    if len(lengths) and not bool(((lengths - 1).abs() < 0.01).all()):
        raise InputError(f"Arc2Face takes embeddings of length 1; there is one of length {lengths.max():.3g}.")
