"""The verbs. Each module has HELP, `add_arguments(parser)` and `execute(arguments, console)`."""

from types import ModuleType

from hyperface.commands import (
    app,
    audit,
    benchmark,
    dataset,
    embed,
    evaluate,
    export,
    gallery,
    generate,
    identify,
    ijb,
    pack,
    plan,
    runs,
    separate,
    space,
    study,
    train,
)

VERBS: dict[str, ModuleType] = {
    "plan": plan,
    "gallery": gallery,
    "pack": pack,
    "separate": separate,
    "generate": generate,
    "dataset": dataset,
    "train": train,
    "benchmark": benchmark,
    "evaluate": evaluate,
    "export": export,
    "audit": audit,
    "identify": identify,
    "ijb": ijb,
    "embed": embed,
    "study": study,
    "runs": runs,
    "space": space,
    "app": app,
}
