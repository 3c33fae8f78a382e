"""Errors for people as toasts: the message is shown, the page stays as it was."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec

import gradio as gr

from hyperface.errors import HyperFaceError
from hyperface.ui.parts.imports import import_once
from hyperface.ui.parts.telling import message_html

P = ParamSpec("P")


def toasts(handler: Callable[P, Any]) -> Callable[P, Any]:
    """Decorator of event handlers, generators included: a HyperFaceError becomes a toast and changes no output.

    Any other exception is a bug: Gradio shows that something failed, and the traceback goes to the log.
    """
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def stream(*arguments: P.args, **options: P.kwargs) -> Any:
            import_once()
            try:
                yield from handler(*arguments, **options)
            except HyperFaceError as error:
                show(error)
                yield gr.skip()

        return stream

    @functools.wraps(handler)
    def call(*arguments: P.args, **options: P.kwargs) -> Any:
        import_once()
        try:
            return handler(*arguments, **options)
        except HyperFaceError as error:
            show(error)
            return gr.skip()

    return call


def show(error: HyperFaceError) -> None:
    """Show an error's message as a toast. Only inside an event handler."""
    gr.Warning(message_html(error), title="That did not work", duration=12)
