"""Which of MakeHuman's local shape changes people differ in."""

PREFIXES = ("cheek-", "chin-", "ear-", "eyebrows-", "eye-", "forehead-", "head-", "mouth-", "neck-", "nose-")
# Left out: sideways shifts of midline parts (no person's nose sits 3 mm off), what age does, and neck length.
EXCLUDED = frozenset(
    f"{part}-{change}"
    for part, changes in {
        "head": ("trans-out", "trans-up", "trans-forward", "age-incr"),
        "nose": ("trans-out",),
        "mouth": ("trans-out",),
        "neck": ("trans-out", "trans-up", "trans-forward", "scale-vert-incr"),
    }.items()
    for change in changes
)
