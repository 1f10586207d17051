"""A load comparison as a page, as JSON and as text."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from load.comparison.load_samples import driven, inside, load_of
from rich.console import Console

from greenshift.load.comparison.judging import judged
from greenshift.load.comparison.targets import parse_target
from greenshift.load.plan import Plan
from greenshift.load.reporting.page import page_of
from greenshift.load.reporting.text import show
from greenshift.load.results import Measurement, PoolSettings
from greenshift.load.step import Step
from greenshift.load.warnings import warnings_of
from greenshift.report.html import render_page
from greenshift.report.page import Grid, Outcome, Plot
from greenshift.report.page_json import page_as_json

STEPS = [Step(users=1, seconds=10), Step(users=50, seconds=10), Step(users=100, seconds=10)]


@pytest.fixture(scope="module")
def judgement():
    measurements = []
    for number in (1, 2):
        for step in STEPS:
            quicker = 1.5 if step.users == 100 else 1.0
            for label, factor in (("before", 1.0), ("after", quicker)):
                throughput = (100 + number) * (step.users or 1) ** 0.5 * factor
                measurements.append(Measurement(label, number, step, driven(step, throughput, 0.05 / factor), inside()))
    load = load_of(measurements, STEPS, rounds=2, warnings=("The pools differ.",))
    return judged(load, [parse_target("throughput>1200@100"), parse_target("without-blocking@100")])


def test_the_page_says_each_target_with_its_figure(judgement):
    verdicts = {verdict.title: verdict for verdict in page_of(judgement).verdicts}
    throughput = verdicts["throughput above 1,200/s, 100 users"]
    assert throughput.outcome is Outcome.GOOD
    assert throughput.answer == "after met: 1,522/s (1,515/s to 1,530/s)"
    assert throughput.because == "before: not met: 1,015/s (1,010/s to 1,020/s)"
    assert verdicts["without blocking, 100 users"].outcome is Outcome.GOOD


def test_the_page_says_who_is_quicker_and_why_not(judgement):
    verdicts = {verdict.title: verdict for verdict in page_of(judgement).verdicts}
    assert verdicts["100 users"].outcome is Outcome.GOOD
    assert verdicts["100 users"].answer.startswith("throughput 1.50 times (1,015/s -> 1,522/s); p95 0.67 times")
    assert verdicts["50 users"].outcome is Outcome.NEUTRAL
    assert "within the noise" in verdicts["50 users"].answer
    sections = {section.title: section for section in page_of(judgement).sections}
    why = " ".join(line for block in sections["Where async does not win, and why"].blocks for line in block.lines)
    assert "50 users:" in why
    assert "100 users:" not in why


def test_the_page_has_the_tables_and_the_plots(judgement):
    blocks = [block for section in page_of(judgement).sections for block in section.blocks]
    plots = {block.title: block for block in blocks if isinstance(block, Plot)}
    curve = plots["Throughput over concurrency"]
    assert [series.name for series in curve.series] == ["before", "after"]
    assert curve.series[0].x == (1, 50, 100)
    assert curve.series[0].low[0] < curve.series[0].y[0] < curve.series[0].high[0]
    assert curve.marks == ((1200, "throughput above 1,200/s"),)
    assert {"Latencies with 1 user", "Latencies with 50 users", "Latencies with 100 users"} <= set(plots)
    assert {"Event loop with 100 users, round 1", "Connections in use with 100 users, round 1"} <= set(plots)
    for block in blocks:
        if isinstance(block, Grid):
            assert all(len(row) == len(block.columns) for row in block.rows), block.caption
            assert not block.outcomes or len(block.outcomes) == len(block.rows)


def test_the_page_renders_and_is_json(judgement):
    page = page_of(judgement)
    html = render_page(page)
    assert "The pools differ." in html
    data = json.loads(page_as_json(page))
    assert len(data["data"]["measurements"]) == 12


def test_json_holds_what_was_measured(judgement):
    data = json.loads(json.dumps(judgement.as_dict(), allow_nan=False))
    assert data["exit_code"] == 0
    assert [one["met"] for one in data["targets"]] == [False, True, True, True]
    first = data["measurements"][0]
    assert first["driven"]["latency"]["count"] == 1010
    assert first["inside"]["routes"][0]["name"] == "GET /items"
    assert {one["direction"] for one in data["differences"]} == {"better", "within the noise"}


def text_of(judgement) -> str:
    written = io.StringIO()
    show(judgement, Console(file=written, width=140, highlight=False, markup=False))
    return written.getvalue()


def test_the_text_says_it_in_lines(judgement):
    text = text_of(judgement)
    assert "100 users: after is quicker: throughput 1.50 times (1,015/s -> 1,522/s)" in text
    assert "50 users: within the noise" in text
    assert "because the version before has threads enough" in " ".join(text.split())
    assert "throughput above 1,200/s, 100 users, after: met: 1,522/s" in text
    assert "warning: The pools differ." in text


def test_one_version_alone_is_reported_without_differences():
    step = STEPS[1]
    load = load_of([Measurement("application", 1, step, driven(step), None)], [step], database="")
    judgement = judged(load, [parse_target("mean<10ms")])
    page = page_of(judgement)
    assert [verdict.title for verdict in page.verdicts] == ["mean below 10.0 ms, 50 users"]
    assert page.verdicts[0].answer == "not met: 100 ms"
    assert "Inside of the application" not in {section.title for section in page.sections}
    assert render_page(page)
    assert "not met: 100 ms" in text_of(judgement)


def warned(before, after, **plan):
    step = STEPS[1]
    measurements = [Measurement("before", 1, step, *before), Measurement("after", 1, step, *after)]
    load = load_of(measurements, [step], rounds=plan.pop("rounds", 2))
    return " ".join(warnings_of(load, Plan(versions=(), steps=(step,), **plan)))


def test_pools_that_differ_are_warned_of():
    step = STEPS[1]
    larger = inside(pools=(PoolSettings("asyncpg", True, "AsyncAdaptedQueuePool", 20, 10),))
    assert warned((driven(step), inside()), (driven(step), inside())) == ""
    said = warned((driven(step), inside()), (driven(step), larger))
    assert "before: psycopg, QueuePool 5 + 10; after: asyncpg, AsyncAdaptedQueuePool 20 + 10" in said
    unlimited = inside(pools=(PoolSettings("asyncpg", True, "NullPool", 0, None),))
    assert "no limit" in warned((driven(step), inside()), (driven(step), unlimited))


def test_a_pool_size_that_did_not_arrive_is_warned_of():
    step = STEPS[1]
    said = warned((driven(step), inside()), (driven(step), inside()), pool_size=9)
    assert "did not reach its QueuePool, which has pool_size 5" in said


def test_failures_one_round_and_saturation_are_warned_of():
    step = STEPS[1]
    said = warned(
        (driven(step), inside()),
        (driven(step, errors=200, saturated=True, reason="it used its core"), inside()),
        rounds=1,
    )
    assert "50 users: invalid, the load generator was the bottleneck: it used its core" in said
    assert "after: 10.0 % of the requests failed, most often GET /items: status 500." in said
    assert "One round tells nothing about the noise" in said


def test_notes_of_the_generator_are_passed_on():
    step = STEPS[1]
    noted = replace(driven(step), notes=("4 of 5 endpoints answered 422",))
    assert "4 of 5 endpoints answered 422" in warned((noted, inside()), (noted, inside()))


def test_threads_and_connections_that_wait_for_each_other_are_named():
    step = STEPS[1]
    locked = inside(threads_in_use=40.0, threads_waiting=50.0, pool_waiting=25.0)
    said = warned((driven(step, errors=200), locked), (driven(step), locked))
    assert (
        "before, 50 users: threads and connections wait for each other: 40.0 of 40.0 threads are in use, 25.0" in said
    )
    assert "after, 50 users: threads" not in said
