"""Prometheus: a collector for ``prometheus-client``, and the text that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from greenshift.observe.errors import missing_extra
from greenshift.observe.metrics import Metric
from greenshift.observe.observer import Observer
from greenshift.observe.snapshot import Histogram

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.exposition import CONTENT_TYPE_LATEST
    from prometheus_client.registry import Collector as ClientCollector
except ImportError:
    raise missing_extra("prometheus", "prometheus-client") from None

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class Collector(ClientCollector):
    """What ``prometheus_client`` asks at every scrape: ``REGISTRY.register(Collector(observer))``.

    Args:
        observer: whose figures.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def describe(self) -> list[_Family]:
        """Return nothing, so that registering asks for nothing yet."""
        return []

    def collect(self) -> Iterator[_Family]:
        """Give the metrics as they are now."""
        return map(_family, self._observer.metrics())


def text(metrics: list[Metric]) -> bytes:
    """Return metrics in Prometheus's text format.

    Args:
        metrics: of one moment.
    """

    class Once(ClientCollector):
        def collect(self) -> Iterator[_Family]:
            return map(_family, metrics)

    registry = CollectorRegistry()
    registry.register(Once())
    return generate_latest(registry)


def _family(metric: Metric) -> _Family:
    names = tuple(metric.samples[0][0]) if metric.samples else ()
    family: _Family
    if metric.kind == "histogram":
        family = HistogramMetricFamily(metric.name, metric.help, labels=names)
    elif metric.kind == "counter":
        family = CounterMetricFamily(metric.name, metric.help, labels=names)
    else:
        family = GaugeMetricFamily(metric.name, metric.help, labels=names)
    for labels, value in metric.samples:
        if isinstance(value, Histogram):
            bounds = [*(str(bound) for bound in value.bounds), "+Inf"]
            buckets = list(zip(bounds, map(float, accumulate(value.counts)), strict=True))
            family.add_metric(tuple(labels.values()), buckets, value.sum)  # type: ignore[arg-type]
        else:
            family.add_metric(tuple(labels.values()), value)  # type: ignore[arg-type, call-arg]
    return family
