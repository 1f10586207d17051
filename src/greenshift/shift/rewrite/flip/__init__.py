"""``flip``: sessions, engines and everything that uses them become async, all at once."""

from greenshift.shift.rewrite.context import Fixer
from greenshift.shift.rewrite.flip.alembic import fix_alembic
from greenshift.shift.rewrite.flip.alembic_commands import fix_alembic_commands
from greenshift.shift.rewrite.flip.annotations import fix_annotations
from greenshift.shift.rewrite.flip.answers import fill_answers
from greenshift.shift.rewrite.flip.awaitable import fix_awaited_reads
from greenshift.shift.rewrite.flip.awaited_lambdas import fix_awaited_lambdas
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.blocking import fix_blocking
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.flip.constructed_dependencies import fix_constructed_dependencies
from greenshift.shift.rewrite.flip.context_managers import fix_context_managers
from greenshift.shift.rewrite.flip.create_all import fix_create_all
from greenshift.shift.rewrite.flip.engine import fix_engines
from greenshift.shift.rewrite.flip.factory import fix_factories
from greenshift.shift.rewrite.flip.inspecting import fix_inspecting
from greenshift.shift.rewrite.flip.lent_connections import fix_lent_connections
from greenshift.shift.rewrite.flip.listeners import fix_listeners
from greenshift.shift.rewrite.flip.object_session import fix_object_session
from greenshift.shift.rewrite.flip.out_of_reach import list_out_of_reach
from greenshift.shift.rewrite.flip.outside_loop import fix_outside_loop
from greenshift.shift.rewrite.flip.refusals import take_refusals
from greenshift.shift.rewrite.flip.tasks import fix_tasks
from greenshift.shift.rewrite.flip.threads import fix_threads
from greenshift.shift.rewrite.tests import FIXERS as TEST_FIXERS

FIXERS: list[Fixer] = [
    fix_engines,
    fix_factories,
    fix_object_session,
    fix_annotations,
    fix_constructed_dependencies,
    fix_context_managers,
    fix_create_all,
    fix_inspecting,
    fix_lent_connections,
    fix_outside_loop,
    fix_listeners,
    fix_threads,
    fix_tasks,
    fix_alembic,
    fix_alembic_commands,
    fix_blocking,
    list_out_of_reach,
    fill_answers,
    fix_awaiting,
    fix_awaited_lambdas,
    fix_awaited_reads,
    take_refusals,
    fix_bridges,
    *TEST_FIXERS,
]
