"""Measures for Prometheus (https://prometheus.io/docs/concepts/metric_types/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from skaz.server.kept import KeptStates
    from skaz.server.library import Library

_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """A server's measures, in a registry of its own."""

    def __init__(self, library: Library, kept: KeptStates) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Schedulers(library, kept))
        registry = self._registry
        self.requests = Counter("skaz_requests", "Requests answered", ("method", "route", "status"), registry=registry)
        self.seconds = Histogram(
            "skaz_request_seconds", "From request to the answer's end", ("route",), buckets=_SECONDS, registry=registry
        )
        self.first_token_s = Histogram(
            "skaz_first_token_seconds", "From request to the first token", buckets=_SECONDS, registry=registry
        )
        self.refused = Counter("skaz_refused", "Requests refused because too many waited", registry=registry)

    def text(self) -> bytes:
        """All of them as Prometheus reads them."""
        return generate_latest(self._registry)


class _Schedulers(Collector):
    """What the schedulers know, read when it is asked for."""

    def __init__(self, library: Library, kept: KeptStates) -> None:
        self._library, self._kept = library, kept

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        rows = GaugeMetricFamily("skaz_rows", "Stories in the batch", labels=["bundle"])
        waiting = GaugeMetricFamily("skaz_waiting", "Stories that wait for a place", labels=["bundle"])
        steps = CounterMetricFamily("skaz_steps", "Steps of the batch", labels=["bundle"])
        tokens = CounterMetricFamily("skaz_tokens", "Tokens written", labels=["bundle"])
        for opened in self._library.opened():
            scheduler = opened.scheduler
            if scheduler is not None:
                rows.add_metric([opened.name], scheduler.rows)
                waiting.add_metric([opened.name], scheduler.waiting)
                steps.add_metric([opened.name], scheduler.steps)
                tokens.add_metric([opened.name], scheduler.tokens)
        yield from (rows, waiting, steps, tokens)
        yield GaugeMetricFamily("skaz_kept_bytes", "States kept to go on from", self._kept.bytes)
