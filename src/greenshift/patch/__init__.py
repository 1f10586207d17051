"""Changes of a tree as one step: shown, made all at once, and taken back exactly, with git or without."""

from __future__ import annotations

from greenshift.patch.changes import Applied, Change, ChangeSet
from greenshift.patch.encoding import Decoded, decoded
from greenshift.patch.errors import DirtyTreeError, PatchError
from greenshift.patch.git import GitState, git_state, refuse_dirty
from greenshift.patch.history import Past, RolledBack, combine, history, rollback
from greenshift.patch.lock import locked
from greenshift.patch.recovery import Recovery, recover
from greenshift.patch.restoring import restore_to

__all__ = [
    "Applied",
    "Change",
    "ChangeSet",
    "Decoded",
    "DirtyTreeError",
    "GitState",
    "Past",
    "PatchError",
    "Recovery",
    "RolledBack",
    "combine",
    "decoded",
    "git_state",
    "history",
    "locked",
    "recover",
    "refuse_dirty",
    "restore_to",
    "rollback",
]
