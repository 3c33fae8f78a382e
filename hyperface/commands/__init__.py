"""The verbs. Each module has HELP, `add_arguments(parser)` and `execute(arguments, console)`."""

from types import ModuleType

from hyperface.commands import dataset, embed, evaluate, gallery, generate, pack, separate, study, train

VERBS: dict[str, ModuleType] = {
    "gallery": gallery,
    "pack": pack,
    "separate": separate,
    "generate": generate,
    "dataset": dataset,
    "train": train,
    "evaluate": evaluate,
    "embed": embed,
    "study": study,
}
