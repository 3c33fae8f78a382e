"""Parts that can be chosen on this machine, and beside them what each takes, and what is missing of the others."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

import gradio as gr

from hyperface import offers
from hyperface.hardware import only_lent
from hyperface.jobs.placement import GPU, MOST_SECONDS
from hyperface.offers import Offer
from hyperface.ui.parts.events import AT_ONCE
from hyperface.ui.parts.pictures import escape
from hyperface.words import duration

CPU = "cpu"


def choices_of(offered: Sequence[Offer]) -> list[tuple[str, str]]:
    """(what to show, name) of those that can be used here."""
    return [(offer.title, offer.name) for offer in offered if offer.available]


def offers_text(offered: Sequence[Offer], what: str) -> str:
    """HTML: a folded list of all, with time, size and licence, those that cannot be used greyed, each with its reason.

    what: its heading, such as "What can draw these people".
    """
    missing = sum(not offer.available for offer in offered)
    more = f" ({missing} {'needs' if missing == 1 else 'need'} something first)" if missing else ""
    items = "".join(map(_item, offered))
    return (
        f'<details class="hf-offers"><summary>{escape(what)}: time, size, licence{more}</summary>'
        f"<ul>{items}</ul></details>"
    )


def _item(offer: Offer) -> str:
    label = escape(offer.label)
    if offer.available:
        return f"<li>{label}</li>"
    reason = re.sub("`(.*?)`", r"<code>\1</code>", escape(offer.missing))
    return f'<li class="hf-offer-missing">{label}<span>{reason}</span></li>'


def offer(
    blocks: gr.Blocks, find: Callable[[], Sequence[Offer]], control: gr.Dropdown, what: str, *, elem_id: str
) -> gr.HTML:
    """Have a control offer what can be used here, and lay out the list of all below it.

    find: what there is, asked for whenever the page is opened: it needs torch, and weights may have come since.
    """
    listed = gr.HTML(apply_default_css=False, js_on_load=None, elem_id=elem_id)

    def now() -> tuple[dict[str, object], str]:
        found = find()
        return gr.update(choices=choices_of(found)), offers_text(found, what)

    blocks.load(now, outputs=[control, listed], **AT_ONCE)
    return listed


def list_offers(blocks: gr.Blocks, find: Callable[[], Sequence[Offer]], what: str, *, elem_id: str) -> gr.HTML:
    """The list alone, where what is used follows from something else."""
    listed = gr.HTML(apply_default_css=False, js_on_load=None, elem_id=elem_id)
    blocks.load(lambda: offers_text(find(), what), outputs=listed, **AT_ONCE)
    return listed


def device_choice(blocks: gr.Blocks, *, elem_id: str, lent: bool = False) -> gr.Radio:
    """Where something is computed: on a GPU where there is one, else on the CPU, and why. lent: whether it can be done
    on a GPU that is there for a single call."""
    radio = gr.Radio([("This computer's CPU", CPU)], value=CPU, label="Compute on", elem_id=elem_id)
    # Which GPUs there are, torch says, which is loaded only when the page is opened.
    blocks.load(functools.partial(device_update, lent), outputs=radio, **AT_ONCE)
    return radio


def device_update(lent: bool = False) -> dict[str, object]:
    """What the choice of the device is on this machine. lent: as of `device_choice`."""
    if lent and only_lent():
        return _lent_update()
    found = offers.devices()
    usable = choices_of(found)
    reason = " ".join(f"{offer.title} cannot be chosen. {offer.missing}" for offer in found if offer.missing)
    return gr.update(choices=usable, value=usable[-1][1], info=reason or "A GPU is many times faster.")


def _lent_update() -> dict[str, object]:
    gpu = f"This Space's GPU, if {duration(MOST_SECONDS)} are enough"
    info = "What takes longer, or needs no GPU, is computed on the CPU; the run's progress says which."
    return gr.update(choices=[("This Space's CPU", CPU), (gpu, GPU)], value=GPU, info=info)
