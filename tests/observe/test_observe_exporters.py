"""The figures over HTTP, for Prometheus and for OpenTelemetry, and the dashboard that shows them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from greenshift import observe
from greenshift.observe.dashboard import PATH
from greenshift.observe.errors import ObserveError
from greenshift.observe.metrics import metrics_of
from greenshift.observe.opentelemetry import export
from greenshift.observe.prometheus import Collector
from greenshift.observe.snapshot import snapshot_from


def ask(engine: Engine, times: int = 1) -> None:
    for _ in range(times):
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def samples(exposed: str) -> dict[str, float]:
    """Return the values by the samples' names, of one engine; of a histogram's buckets the last."""
    return {
        sample.name: sample.value for family in text_string_to_metric_families(exposed) for sample in family.samples
    }


def test_prometheus_collects_from_its_registry(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(pool_size=3)
    registry = CollectorRegistry()
    with observe.install(engine, slow=0.0, name="shop") as observer:
        registry.register(Collector(observer))
        ask(engine, 2)
        with engine.connect():
            exposed = generate_latest(registry).decode()
    found = samples(exposed)
    assert found["greenshift_statement_seconds_count"] == found["greenshift_statement_seconds_bucket"] == 2
    assert found["greenshift_statement_seconds_sum"] > 0
    assert found["greenshift_slow_statements_total"] == 2
    assert found["greenshift_pool_size"] == 3
    assert found["greenshift_pool_in_use"] == 1
    assert found["greenshift_pool_wait_seconds_count"] == 3
    assert found["greenshift_pool_connects_total"] == 1
    assert found["greenshift_pool_oldest_holder_seconds"] > 0
    assert found["greenshift_threads"] >= 1
    assert 'engine="shop"' in exposed
    assert 'driver="psycopg"' in exposed


def test_buckets_are_cumulative(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer, engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.06)"))
        connection.execute(text("SELECT 1"))
        (exposed,) = [
            family
            for family in text_string_to_metric_families(urlopen(observer.serve() + "/metrics"))
            if family.name == "greenshift_statement_seconds"
        ]
    buckets = {sample.labels["le"]: sample.value for sample in exposed.samples if "le" in sample.labels}
    assert buckets["0.05"] == 1
    assert buckets["+Inf"] == 2
    assert sorted(buckets.values()) == list(buckets.values())


def urlopen(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
    return body.decode()


def test_serving_from_a_thread(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine, name="shop") as observer:
        url = observer.serve()
        assert url.startswith("http://127.0.0.1:")
        ask(engine)
        snapshot = snapshot_from(json.loads(urlopen(f"{url}/greenshift.json")))
        assert snapshot.engines[0].statements == 1
        assert snapshot.engines[0] == observer.snapshot().engines[0]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urlopen(url)
        with pytest.raises(ObserveError, match="serves already"):
            observer.serve()
        with observe.install(engine) as other, pytest.raises(ObserveError, match="cannot listen"):
            other.serve(port=int(url.rpartition(":")[2]))
    with pytest.raises(urllib.error.URLError):
        urlopen(f"{url}/greenshift.json")


async def ask_asgi(observer: observe.Observer, prefix: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(observer.asgi), base_url=f"http://shop{prefix}"
    ) as client:
        return [
            await client.get("/greenshift.json"),
            await client.get("/metrics"),
            await client.head("/metrics"),
            await client.post("/metrics"),
            await client.get("/else"),
        ]


@pytest.mark.parametrize("prefix", ["", "/internal"])
def test_mounted_in_an_application(make_engine: Callable[..., Engine], prefix: str) -> None:
    import asyncio

    engine = make_engine()
    with observe.install(engine) as observer:
        ask(engine)
        as_json, metrics, head, post, other = asyncio.run(ask_asgi(observer, prefix))
    assert as_json.json()["engines"][0]["statements"] == 1
    assert samples(metrics.text)["greenshift_statement_seconds_count"] == 1
    assert metrics.headers["content-type"].startswith("text/plain")
    assert head.content == b""
    assert int(head.headers["content-length"]) > 100
    assert (post.status_code, other.status_code) == (405, 404)


def test_opentelemetry_observes_the_same(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    with observe.install(engine, name="shop") as observer:
        export(observer, provider)
        ask(engine, 2)
        data: Any = reader.get_metrics_data()
        expected = {metric.name: metric for metric in metrics_of(observer.snapshot())}
    provider.shutdown()
    found = {
        metric.name: list(metric.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert found["greenshift.statement.seconds.count"][0].value == 2
    assert found["greenshift.statement.seconds.count"][0].attributes == {"engine": "shop", "driver": "psycopg"}
    assert found["greenshift.statement.seconds.sum"][0].value > 0
    buckets = {point.attributes["le"]: point.value for point in found["greenshift.statement.seconds.bucket"]}
    assert buckets["+Inf"] == 2
    assert found["greenshift.pool.connects"][0].value == 1
    histograms = sum(metric.kind == "histogram" for metric in expected.values())
    assert len(found) == len(expected) + 2 * histograms


def test_a_missing_extra_is_said(make_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("greenshift.observe.prometheus", "greenshift.observe.opentelemetry"):
        monkeypatch.delitem(sys.modules, name)
    for name in ("prometheus_client", "opentelemetry.metrics"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ObserveError, match=r'pip install "greenshift\[prometheus\]"'):
        import greenshift.observe.prometheus
    with pytest.raises(ObserveError, match=r'pip install "greenshift\[opentelemetry\]"'):
        import greenshift.observe.opentelemetry  # noqa: F401
    with observe.install(make_engine()) as observer:
        url = observer.serve()
        with pytest.raises(urllib.error.HTTPError) as answer:
            urlopen(f"{url}/metrics")
        assert answer.value.code == 501
        assert "greenshift[prometheus]" in answer.value.read().decode()
        assert json.loads(urlopen(f"{url}/greenshift.json"))["process"]["threads"] > 0


METRIC = re.compile(r"\bgreenshift_\w+")


def test_the_dashboard_shows_what_is_exported_and_all_of_it(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        exported = set(samples(urlopen(observer.serve() + "/metrics")))
        names = {metric.name for metric in metrics_of(observer.snapshot())}
    dashboard = json.loads(PATH.read_text(encoding="utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["title"] for panel in panels}) == len(panels) > 8
    shown = {name for panel in panels for target in panel["targets"] for name in METRIC.findall(target["expr"])}
    asked = {name for one in dashboard["templating"]["list"] for name in METRIC.findall(str(one["query"]))}
    assert shown | asked <= exported
    assert names == {name for name in names if any(one.startswith(name) for one in shown)}


def test_the_dashboard_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "greenshift", "dashboard"], capture_output=True, text=True, check=True
    ).stdout
    assert printed == PATH.read_text(encoding="utf-8")
    places = [panel["gridPos"] for panel in json.loads(printed)["panels"]]
    taken = {(x, place["y"]) for place in places for x in range(place["x"], place["x"] + place["w"])}
    assert len(taken) == sum(place["w"] for place in places)
