"""Runs the stages: parse, analyse, run the fixers, hand the new texts to the next stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from greenshift.shift.binding import Bound, driver_for, refused_by_asyncpg
from greenshift.shift.kinds import infer
from greenshift.shift.project import SkippedFile, Source, project_of
from greenshift.shift.rewrite.context import STAGES, Context, Fixer, Left, Options


@dataclass
class StageResult:
    """What a stage made.

    Attributes:
        stage: Its name.
        texts: Every file's text after it.
        changed: The files that it changed.
        left: Places listed for the user.
        counts: Figures for the scoreboard.
        skipped: Files that could not be parsed; they stay as they are.
        sources: The texts, parsed: what the next stage need not parse again.
        driver: The driver for PostgreSQL that the flip wrote.
        refused: The values for whose sake it is not asyncpg.
    """

    stage: str
    texts: dict[str, str]
    changed: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict, repr=False)
    driver: str | None = None
    refused: list[Bound] = field(default_factory=list)


def fixers_of(stage: str) -> Sequence[Fixer]:
    """Return a stage's fixers in the order in which they run."""
    if stage == "modernize":
        from greenshift.shift.rewrite.modernize import FIXERS
    elif stage == "prepare":
        from greenshift.shift.rewrite.prepare import FIXERS
    else:
        from greenshift.shift.rewrite.flip import FIXERS
    return FIXERS


def run_stage(
    stage: str,
    texts: Mapping[str, str],
    options: Options | None = None,
    fixers: Sequence[Fixer] | None = None,
    progress: Callable[[int], None] | None = None,
    sources: Mapping[str, Source] | None = None,
    templates: Mapping[str, str] | None = None,
) -> StageResult:
    """Run one stage over an application's texts.

    Args:
        stage: ``modernize``, ``prepare`` or ``flip``.
        texts: Relative path to text.
        options: What the user chose.
        fixers: The fixers to run; None for the stage's own (tests run one alone).
        progress: Called now and then with the number of evaluations done.
        sources: Texts that are parsed already, by relative path.
        templates: The text of each file that may be a Jinja template, by relative path.
    """
    project = project_of(texts, sources=sources, templates=templates)
    kinds = infer(project, progress)
    context = Context(project, kinds, options or Options())
    refused: list[Bound] = []
    if stage == "flip":
        from greenshift.shift.colour import colour
        from greenshift.shift.rewrite.flip.awaitable import awaited_reads

        context.colours = colour(context, awaited_reads(context))
        refused = _choose_driver(context)
    for fixer in fixers_of(stage) if fixers is None else fixers:
        fixer(context)
    result = StageResult(stage, dict(texts), left=sorted(context.left), counts=context.counts, skipped=project.skipped)
    result.driver, result.refused = context.options.postgres_driver if stage == "flip" else None, refused
    context.colours = None
    kinds.let_go()
    project.let_go()
    changed, broken = context.sources()
    result.sources = {module.file: module.source for module in project.modules}
    for source in changed:
        result.texts[source.file] = source.text
        result.sources[source.file] = source
        result.changed.append(source.file)
    for module, error in broken:
        # Never hand on what does not parse: the file stays as it was, and is listed.
        place = module.source.place(module.source.tree)
        result.left.append(Left(place, "broken", f"the {stage} of this file did not parse (line {error.lineno})"))
    return result


def _choose_driver(context: Context) -> list[Bound]:
    """Settle which driver PostgreSQL gets, and return the values that decided it."""
    chosen = context.options.postgres_driver
    if chosen == "asyncpg":
        for bound in refused_by_asyncpg(context.kinds):
            context.left.append(Left(bound.place, "bound type", f"{bound}, which asyncpg refuses"))
    if chosen != "auto":
        return []
    driver = driver_for(context.kinds)
    context.options = replace(context.options, postgres_driver=driver.name)
    return driver.because


def run_stages(
    texts: Mapping[str, str],
    options: Options | None = None,
    stages: Sequence[str] = STAGES,
    templates: Mapping[str, str] | None = None,
) -> list[StageResult]:
    """Run several stages, each on what the one before made."""
    results: list[StageResult] = []
    current: Mapping[str, str] = texts
    sources: Mapping[str, Source] = {}
    for stage in stages:
        result = run_stage(stage, current, options, sources=sources, templates=templates)
        results.append(result)
        current, sources = result.texts, result.sources
    return results
