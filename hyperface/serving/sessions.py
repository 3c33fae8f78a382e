"""Whose a session of the web framework is: the visitor's who used its name first.

A page names its session itself, and whoever knows the name is told what the page is told. Such names can be guessed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from hyperface.serving.refusals import RefusedError

LONGEST = 64  # letters of a name; pages use 11, scripts 36
EACH = 32  # sessions of one allowance: as many pages may one visitor have open
MOST = 10_000  # of all


class Sessions:
    """A table of bounded size. forget: called with the name of a session that is dropped from it, whose messages
    and memory the framework is to drop, too: nobody would be kept from them any more."""

    def __init__(self, forget: Callable[[str], None], *, each: int = EACH, most: int = MOST) -> None:
        self._forget, self._each, self._most = forget, each, most
        self._owners: dict[str, tuple[str, str]] = {}  # of each session: its owner, and whose allowance it counts to
        self._of: dict[str, OrderedDict[str, None]] = {}  # the sessions of an allowance, the latest used last

    def use(self, session: str, owner: str, allowance: str, *, claim: bool = True, status: int = 403) -> None:
        """The owner uses a session. RefusedError with that status where it is another's, or no name.

        claim: from now on it is theirs if it was nobody's. allowance: whose sessions it counts among.
        """
        if len(session) > LONGEST:
            raise RefusedError(422, f"The name of a session has at most {LONGEST} letters.")
        known = self._owners.get(session)
        if known is not None:
            if known[0] != owner:
                raise RefusedError(status, "There is no such session of yours.")
            self._of[known[1]].move_to_end(session)
        elif claim:
            self._owners[session] = (owner, allowance)
            own = self._of.setdefault(allowance, OrderedDict())
            own[session] = None
            if len(own) > self._each:
                self._drop(allowance)
            elif len(self._owners) > self._most:
                self._drop(max(self._of, key=lambda each: len(self._of[each])))

    def __len__(self) -> int:
        return len(self._owners)

    def _drop(self, allowance: str) -> None:
        """Forget the one of these that was not used for longest."""
        session, _ = self._of[allowance].popitem(last=False)
        if not self._of[allowance]:
            del self._of[allowance]
        del self._owners[session]
        self._forget(session)
