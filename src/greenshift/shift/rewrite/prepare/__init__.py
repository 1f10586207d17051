"""``prepare``: what asyncio demands of sessions and loading is already done while the code is sync."""

from functools import wraps

from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.rewrite.context import Context, Fixer
from greenshift.shift.rewrite.prepare.after_commit import refresh_after_commit
from greenshift.shift.rewrite.prepare.after_expiring import refresh_after_expiring
from greenshift.shift.rewrite.prepare.barriers import list_barriers
from greenshift.shift.rewrite.prepare.bulk_changes import keep_instances_current
from greenshift.shift.rewrite.prepare.counted_refreshes import loosen_counts
from greenshift.shift.rewrite.prepare.eager_defaults import fetch_defaults
from greenshift.shift.rewrite.prepare.expire_on_commit import keep_after_commit
from greenshift.shift.rewrite.prepare.expired_columns import load_expired_columns
from greenshift.shift.rewrite.prepare.handed_sessions import renew_handed_sessions
from greenshift.shift.rewrite.prepare.loading import load_before_reading
from greenshift.shift.rewrite.prepare.polymorphic_load import load_subclasses
from greenshift.shift.rewrite.prepare.probing import close_probes
from greenshift.shift.rewrite.prepare.stale_relationships import reload_stale_relationships
from greenshift.shift.rewrite.prepare.thread_functions import make_coroutine_functions
from greenshift.shift.rewrite.prepare.unsynchronized import load_unsynchronized
from greenshift.shift.rewrite.tests import PREPARING


def _of_sessions(fixer: Fixer) -> Fixer:
    """What a fixer does, for sessions that become async alone: those of a desktop program stay as they are."""

    @wraps(fixer)
    def fix(context: Context) -> None:
        modules = context.project.modules
        context.untouched = frozenset(one for one in modules if keeps_sessions(context.project, one))
        try:
            fixer(context)
        finally:
            context.untouched = frozenset()

    return fix


FIXERS: list[Fixer] = [
    make_coroutine_functions,
    _of_sessions(close_probes),
    _of_sessions(keep_after_commit),
    _of_sessions(renew_handed_sessions),
    _of_sessions(keep_instances_current),
    fetch_defaults,
    load_expired_columns,
    reload_stale_relationships,
    load_unsynchronized,
    load_subclasses,
    _of_sessions(refresh_after_commit),
    _of_sessions(refresh_after_expiring),
    load_before_reading,
    loosen_counts,
    _of_sessions(list_barriers),
    *(_of_sessions(fixer) for fixer in PREPARING),
]
