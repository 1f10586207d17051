"""The application's tests, made to run in one event loop with what the flip made of the application."""

from greenshift.shift.rewrite.context import Fixer
from greenshift.shift.rewrite.tests.client import convert_clients
from greenshift.shift.rewrite.tests.fakes import convert_fakes
from greenshift.shift.rewrite.tests.first_items import hold_generators
from greenshift.shift.rewrite.tests.markers import share_the_loop
from greenshift.shift.rewrite.tests.mocks import convert_mocks
from greenshift.shift.rewrite.tests.patched_answers import convert_answers
from greenshift.shift.rewrite.tests.paths import follow_renames
from greenshift.shift.rewrite.tests.raising import open_assertions
from greenshift.shift.rewrite.tests.requested import convert_requests
from greenshift.shift.rewrite.tests.row_factories import convert_row_factories
from greenshift.shift.rewrite.tests.running import await_instead_of_running
from greenshift.shift.rewrite.tests.stand_ins import convert_stand_ins
from greenshift.shift.rewrite.tests.sync_views import share_sync_sessions
from greenshift.shift.rewrite.tests.unittest_cases import convert_unittest_cases
from greenshift.shift.rewrite.tests.xunit import convert_xunit

PREPARING: list[Fixer] = [open_assertions]
"""Run with ``prepare``, while the tests are still sync."""

FIXERS: list[Fixer] = [
    convert_clients,
    convert_row_factories,
    await_instead_of_running,
    hold_generators,
    convert_requests,
    convert_xunit,
    convert_unittest_cases,
    convert_stand_ins,
    share_sync_sessions,
    convert_mocks,
    convert_fakes,
    convert_answers,
    follow_renames,
    share_the_loop,
]
"""Run with ``flip``, after functions were made async."""
