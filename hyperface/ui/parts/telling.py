"""How an error for people is put into words for a page: among strangers, without the folders of the server."""

from hyperface.ui.parts.folders import without_folders
from hyperface.ui.parts.gradio_internals import among_strangers
from hyperface.ui.parts.pictures import escape


def message_of(error: object) -> str:
    """An error's message. Only within an event or a question, which tells who asks."""
    return without_folders(str(error)) if among_strangers() else str(error)


def message_html(error: object) -> str:
    """The same as text in HTML."""
    return escape(message_of(error))
