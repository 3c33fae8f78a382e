"""How a person is photographed: pose, expression, light, background and camera, sampled from a random stream."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Light:
    """Light in the camera's frame (x right, y away from the camera, z up). Colours are linear RGB."""

    key_direction: np.ndarray  # (3,) unit, towards the light
    key: np.ndarray  # (3,)
    softness: float  # 0 hard shadows … 1 none from the key itself
    lobes: tuple[tuple[np.ndarray, float, np.ndarray], ...]  # soft lights: direction, sharpness, colour
    sky: np.ndarray  # (3,) from above
    ground: np.ndarray  # (3,) from below


@dataclass(frozen=True)
class Camera:
    """What happens between the scene and the stored pixels."""

    distance: float  # metres from the eyes
    exposure: float  # stops around a correctly exposed face
    white_balance: np.ndarray  # (3,) gains
    contrast: float  # exponent around middle grey
    saturation: float
    blur: float  # standard deviation, pixels of the 112×112 crop
    noise: float  # standard deviation at full white, of [0, 1]
    jitter: np.ndarray  # (5, 2) error of the detected landmarks, pixels of the crop


@dataclass(frozen=True)
class Capture:
    """One picture's conditions. Angles in degrees: yaw > 0 turns to the person's left, pitch > 0 looks up."""

    yaw: float
    pitch: float
    roll: float
    expression: dict[str, float]
    hair_style: int  # index into the gender's styles, taken modulo their number
    beard: float  # length of facial hair, 0 … 1
    makeup: float  # 0 … 1
    light: Light
    camera: Camera


def sample_capture(rng: np.random.Generator, *, yaw: float, pitch_sd: float = 7.0) -> Capture:
    """Everyday conditions at a given yaw. Nothing here knows who is photographed."""
    return Capture(
        yaw=yaw,
        pitch=float(np.clip(rng.normal(0, pitch_sd), -20, 20)),
        roll=float(rng.normal(0, 5)),
        expression=_expression(rng),
        hair_style=int(rng.integers(1 << 30)),
        beard=float(rng.choice([0.0, 0.15, 0.4, 0.9], p=[0.45, 0.3, 0.15, 0.1])),
        makeup=float(rng.random() ** 2),
        light=_light(rng),
        camera=_camera(rng),
    )


def _expression(rng: np.random.Generator) -> dict[str, float]:
    """A mild everyday expression from a few facial actions, with gaze and half-lowered lids."""
    out: dict[str, float] = {}

    def both(name: str, strength: float, spread: float = 0.15) -> None:
        for side in ("Left", "Right"):
            out[name + side] = float(np.clip(strength * (1 + spread * rng.standard_normal()), 0, 1))

    mood = rng.choice(
        ["neutral", "smile", "grin", "serious", "surprised", "speaking"], p=[0.34, 0.26, 0.12, 0.12, 0.06, 0.1]
    )
    if mood in ("smile", "grin"):
        both("mouthSmile", rng.uniform(0.15, 0.6))
        both("cheekSquint", rng.uniform(0.1, 0.5))
        both("eyeSquint", rng.uniform(0, 0.4))
    if mood == "grin":
        out["jawOpen"] = float(rng.uniform(0.04, 0.14))
        both("mouthUpperUp", rng.uniform(0.2, 0.5))
    if mood == "serious":
        both("browDown", rng.uniform(0.1, 0.6))
        both("mouthPress", rng.uniform(0, 0.5))
        both("mouthFrown", rng.uniform(0, 0.4))
    if mood == "surprised":
        out["browInnerUp"] = float(rng.uniform(0.2, 0.8))
        both("browOuterUp", rng.uniform(0.2, 0.7))
        both("eyeWide", rng.uniform(0, 0.5))
    if mood == "speaking":
        out["jawOpen"] = float(rng.uniform(0.03, 0.16))
        out["mouthFunnel"] = float(rng.uniform(0, 0.4))
    both("eyeBlink", rng.uniform(0, 0.22), spread=0.05)
    sideways, upwards = rng.normal(0, 0.18), rng.normal(0, 0.12)
    left, right = ("Out", "In") if sideways > 0 else ("In", "Out")
    out[f"eyeLook{left}Left"] = out[f"eyeLook{right}Right"] = float(min(abs(sideways), 0.5))
    both("eyeLookUp" if upwards > 0 else "eyeLookDown", min(abs(upwards), 0.4), spread=0)
    return out


def _light(rng: np.random.Generator) -> Light:
    azimuth, height = np.deg2rad(rng.uniform(-85, 85)), np.deg2rad(rng.uniform(-5, 65))
    key_share = rng.uniform(0.15, 0.72)
    lobes = []
    for _ in range(rng.integers(1, 4)):
        turn, lift = rng.uniform(-np.pi, np.pi), np.deg2rad(rng.uniform(-30, 70))
        lobes.append((_direction(turn, lift), float(rng.uniform(2, 12)), rng.uniform(0.2, 1.4) * _warmth(rng, 0.16)))
    ambient = (1 - key_share) * rng.uniform(0.4, 1.0)
    return Light(
        key_direction=_direction(azimuth, height),
        key=key_share * 2.2 * _warmth(rng, 0.14),
        softness=float(rng.uniform(0, 0.6)),
        lobes=tuple(lobes),
        sky=ambient * _warmth(rng, 0.12),
        ground=ambient * rng.uniform(0.2, 0.8) * _warmth(rng, 0.14),
    )


def _camera(rng: np.random.Generator) -> Camera:
    return Camera(
        distance=float(np.exp(rng.uniform(np.log(0.8), np.log(3.0)))),
        exposure=float(np.clip(rng.normal(0, 0.4), -1.0, 0.9)),
        white_balance=_warmth(rng, 0.09) * (1 + 0.025 * rng.standard_normal(3)),
        contrast=float(np.exp(rng.normal(0.12, 0.15))),
        saturation=float(np.clip(rng.normal(1.15, 0.2), 0.45, 1.7)),
        blur=float(rng.choice([0.0, rng.uniform(0.3, 1.0)], p=[0.5, 0.5])),
        noise=float(rng.uniform(0, 0.018)),
        jitter=rng.normal(0, 0.6, (5, 2)),
    )


def _direction(azimuth: float, height: float) -> np.ndarray:
    """Unit vector towards a light; azimuth 0 is on the camera's side of the face, positive to the right."""
    return np.array([np.sin(azimuth) * np.cos(height), -np.cos(azimuth) * np.cos(height), np.sin(height)])


def _warmth(rng: np.random.Generator, spread: float) -> np.ndarray:
    """A colour of luminance about 1 between candle and blue sky."""
    warm = rng.normal(0, spread)
    return np.exp(np.array([warm, 0.15 * rng.normal(0, spread), -warm * 1.1]))
