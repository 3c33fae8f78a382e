"""The figures of a set as rows: what was measured, what came out, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from hyperface.evaluation.intervals import exact_interval
from hyperface.evaluation.worth.heads import Balance, KnownPictures
from hyperface.evaluation.worth.looks import Looks
from hyperface.evaluation.worth.measure import Leakage, Worth
from hyperface.evaluation.worth.people import SeenPeople
from hyperface.words import percent

# Where advice turns. They are rules of thumb, and said as such wherever rows are shown.
MOST_LOOK_ALIKES = 0.05
MOST_STRAYS = 0.05
SAME_PICTURES = 1.15  # Vendi score of a person's pictures: below, they hardly differ
ONE_PERSON = 0.25  # cosine to the centre of the other pictures: below, who a picture is of is hardly seen
MOST_LEAKING = 2.0  # times as often as strangers
FEW_TURNED = 0.1
EVEN = 0.85
RARE = 0.1  # share of a group
MOST_BLURRED = 0.2


@dataclass(frozen=True)
class Row:
    """measure: what was measured. seen_by: the recogniser, or "" for what needs none. value: in words. advice: a
    sentence. fine: whether there is nothing to do."""

    measure: str
    seen_by: str
    value: str
    advice: str
    fine: bool


def advise(worth: Worth) -> list[Row]:
    """All rows, in the order in which they are read."""
    rows: list[Row] = []
    for name, seen in worth.seen.items():
        rows += _people(name, seen)
    if worth.leakage is not None:
        rows.append(_leakage(worth.leakage))
    rows += _looks(worth.looks)
    if worth.known is not None:
        rows += _known(worth.known)
    if worth.balance is not None:
        rows += _balance(worth.balance)
    return rows


def _people(name: str, seen: SeenPeople) -> Iterator[Row]:
    alike = seen.look_alikes > MOST_LOOK_ALIKES
    count = round(seen.look_alikes * seen.people)
    low, high = exact_interval(count, seen.people)
    yield Row(
        "Separation of people",
        name,
        f"nearest other centre at cosine {seen.nearest_mean:.2f}, the nearest of all {seen.nearest_largest:.2f}",
        "Compare it with another set's: the lower, the easier people are told apart.",
        True,
    )
    yield Row(
        "Look-alikes",
        name,
        f"{count:,} of {seen.people:,} people at cosine {seen.threshold:.2f} or above, {percent(low, 1)} to "
        f"{percent(high, 1)} of all such people (95 % interval)",
        "Many people look like somebody else: pack in a wider span, or fewer of them."
        if alike
        else "Few people look like somebody else.",
        not alike,
    )
    share = seen.vendi_people / seen.people
    yield Row(
        "Variety of people (Vendi)",
        name,
        f"{seen.vendi_people:.1f} of {seen.people:,}",
        f"As many as {seen.vendi_people:.0f} people without a likeness, {percent(share)} of those looked at. It "
        "grows with their number: compare sets of one size.",
        True,
    )
    if seen.own_mean is None or seen.own_low is None or seen.strays is None or seen.vendi_within is None:
        yield Row("Pictures of a person", name, "one of each", "Add pictures: nothing can be said of one.", False)
        return
    yield Row(
        "Consistency of a person",
        name,
        f"cosine {seen.own_mean:.2f} to the centre of the other pictures, {seen.own_low:.2f} or less in a twentieth",
        "Pictures of a person hardly show one person: lower β, or the generator's variation."
        if seen.own_mean < ONE_PERSON
        else "Pictures of a person are of one person.",
        seen.own_mean >= ONE_PERSON,
    )
    yield Row(
        "Strays",
        name,
        f"{percent(seen.strays, 1)} of the pictures",
        "Many pictures are nearer to somebody else: labels a network cannot learn. Lower β, or pack further apart."
        if seen.strays > MOST_STRAYS
        else "Few pictures are nearer to somebody else than to their own person.",
        seen.strays <= MOST_STRAYS,
    )
    yield Row(
        "Variety of a person (Vendi)",
        name,
        f"{seen.vendi_within:.2f}",
        "The pictures of a person are nearly one picture: raise β, or the generator's variation."
        if seen.vendi_within < SAME_PICTURES
        else "The pictures of a person differ from each other.",
        seen.vendi_within >= SAME_PICTURES,
    )


def _leakage(found: Leakage) -> Row:
    times = found.share_above / found.fpir
    leaks = times > MOST_LEAKING
    return Row(
        f"Leakage of {found.gallery}",
        "",
        f"{percent(found.share_above, 1)} of the pictures reach a line that {percent(found.fpir)} of strangers reach",
        "Pictures come near faces of the gallery more often than strangers do: look at the pairs (`hyperface audit`)."
        if leaks
        else "Pictures come near faces of the gallery no more than strangers do.",
        not leaks,
    )


def _looks(looks: Looks) -> Iterator[Row]:
    if looks.turned is None or looks.turn_spread is None:
        yield Row("Pose, as seen", "", "no face found", "Look at the pictures: are they faces, upright?", False)
    else:
        frontal = looks.turned < FEW_TURNED
        yield Row(
            "Pose, as seen",
            "",
            f"{percent(looks.turned)} turned to a side, of the {percent(looks.found)} in which a face was found",
            "Nearly all look into the camera: what is learnt will fail on turned faces."
            if frontal
            else "There are turned faces to learn from.",
            not frontal,
        )
    uneven = looks.dark + looks.bright
    yield Row(
        "Light, as seen",
        "",
        f"luminance varies by {looks.light_spread:.2f}, halves of a face differ by {percent(looks.side_light)}",
        f"{percent(uneven)} of the faces are too dark or too bright to show much."
        if uneven > MOST_BLURRED
        else "Faces are lit variously, and seldom too dark or too bright.",
        uneven <= MOST_BLURRED,
    )
    yield Row(
        "Quality, as seen",
        "",
        f"sharpness {looks.sharpness:.3f}, {percent(looks.blurred)} blurred",
        "Many pictures are blurred: do you want so many?" if looks.blurred > MOST_BLURRED else "Few are blurred.",
        looks.blurred <= MOST_BLURRED,
    )


def _known(known: KnownPictures) -> Iterator[Row]:
    lights = ", ".join(f"{name} {percent(share)}" for name, share in list(known.lights.items())[:3])
    yield Row(
        "Pose, light and expression, as drawn",
        "",
        f"turned by {known.yaw:.0f}° and nodding by {known.pitch:.0f}° (standard deviations); "
        f"{percent(known.expressive)} with an expression; {lights}",
        "All are drawn from the front, in a studio: more variation helps on photographs."
        if known.yaw < 5 or set(known.lights) == {"studio"}
        else "Pose, light and expression vary, as in everyday photographs.",
        known.yaw >= 5 and set(known.lights) != {"studio"},
    )


def _balance(balance: Balance) -> Iterator[Row]:
    for what, shares, even in (
        ("skin", balance.skin, balance.skin_evenness),
        ("gender", balance.gender, balance.gender_evenness),
    ):
        told = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
        rare = ", ".join(name for name in shares if shares[name] < RARE and name != "between") or "some"
        yield Row(
            f"Balance of {what}",
            "",
            f"{told} (evenness {even:.2f})",
            f"Uneven: {rare} people are rare. A model trained on it may do worse on them: test it on each group."
            if even < EVEN
            else "The groups are about as large as each other.",
            even >= EVEN,
        )
