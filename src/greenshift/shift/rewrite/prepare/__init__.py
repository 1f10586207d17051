"""``prepare``: what asyncio demands of sessions and loading is already done while the code is sync."""

from greenshift.shift.rewrite.context import Fixer
from greenshift.shift.rewrite.prepare.after_commit import refresh_after_commit
from greenshift.shift.rewrite.prepare.after_expiring import refresh_after_expiring
from greenshift.shift.rewrite.prepare.barriers import list_barriers
from greenshift.shift.rewrite.prepare.counted_refreshes import loosen_counts
from greenshift.shift.rewrite.prepare.eager_defaults import fetch_defaults
from greenshift.shift.rewrite.prepare.expire_on_commit import keep_after_commit
from greenshift.shift.rewrite.prepare.expired_columns import load_expired_columns
from greenshift.shift.rewrite.prepare.handed_sessions import renew_handed_sessions
from greenshift.shift.rewrite.prepare.loading import load_before_reading
from greenshift.shift.rewrite.prepare.polymorphic_load import load_subclasses
from greenshift.shift.rewrite.tests import PREPARING

FIXERS: list[Fixer] = [
    keep_after_commit,
    renew_handed_sessions,
    fetch_defaults,
    load_expired_columns,
    load_subclasses,
    refresh_after_commit,
    refresh_after_expiring,
    load_before_reading,
    loosen_counts,
    list_barriers,
    *PREPARING,
]
