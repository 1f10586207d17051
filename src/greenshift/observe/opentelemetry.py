"""OpenTelemetry: the same metrics through its API; which SDK and exporter take them is the application's choice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from greenshift.observe.errors import missing_extra
from greenshift.observe.metrics import Metric, metrics_of
from greenshift.observe.observer import Observer
from greenshift.observe.snapshot import Histogram

try:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter_provider
except ImportError:
    raise missing_extra("opentelemetry", "opentelemetry-api") from None


def export(observer: Observer, meter_provider: MeterProvider | None = None) -> None:
    """Offer an observer's metrics to OpenTelemetry, as observable instruments; call it once.

    Names are Prometheus's with dots: ``greenshift.pool.in_use``. OpenTelemetry has no histogram that is observed, so
    each is three counters: ``.count``, ``.sum`` and ``.bucket`` with the attribute ``le`` (cumulative).

    Args:
        observer: whose figures. After its ``close()`` they stand still.
        meter_provider: None for the global one.
    """
    meter = (meter_provider or get_meter_provider()).get_meter("greenshift")
    metrics = _Metrics(observer)
    for metric in metrics_of(observer.snapshot()):
        name = _dotted(metric.name)
        if metric.kind == "gauge":
            meter.create_observable_gauge(name, [_observe(metrics, metric.name, _plain)], metric.unit, metric.help)
        elif metric.kind == "counter":
            meter.create_observable_counter(name, [_observe(metrics, metric.name, _plain)], metric.unit, metric.help)
        else:
            for suffix, unit, read in ((".count", "1", _count), (".sum", "s", _sum), (".bucket", "1", _buckets)):
                meter.create_observable_counter(
                    name + suffix, [_observe(metrics, metric.name, read)], unit, metric.help
                )


def _dotted(name: str) -> str:
    head, _, rest = name.partition("_")
    group, _, last = rest.partition("_")
    return f"{head}.{group}.{last}" if group in ("pool", "loop", "statement") and last else f"{head}.{rest}"


class _Metrics:
    """One snapshot for all instruments of one collection."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._at = float("-inf")
        self._found: dict[str, Metric] = {}

    def now(self) -> dict[str, Metric]:
        """Return the metrics by their names, a fifth of a second old at most."""
        if time.monotonic() - self._at > 0.2:
            self._found = {metric.name: metric for metric in metrics_of(self._observer.snapshot())}
            self._at = time.monotonic()
        return self._found


def _observe(
    metrics: _Metrics, name: str, read: Callable[[Metric], Iterable[Observation]]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(options: CallbackOptions) -> Iterable[Observation]:
        return read(metrics.now()[name])

    return observe


def _plain(metric: Metric) -> Iterable[Observation]:
    return [Observation(value, labels) for labels, value in metric.samples if not isinstance(value, Histogram)]


def _histograms(metric: Metric) -> list[tuple[dict[str, str], Histogram]]:
    return [(labels, value) for labels, value in metric.samples if isinstance(value, Histogram)]


def _count(metric: Metric) -> Iterable[Observation]:
    return [Observation(value.count, labels) for labels, value in _histograms(metric)]


def _sum(metric: Metric) -> Iterable[Observation]:
    return [Observation(value.sum, labels) for labels, value in _histograms(metric)]


def _buckets(metric: Metric) -> Iterable[Observation]:
    found = []
    for labels, value in _histograms(metric):
        total = 0
        for bound, count in zip([*map(str, value.bounds), "+Inf"], value.counts, strict=True):
            total += count
            found.append(Observation(total, {**labels, "le": bound}))
    return found
