"""Figures for Prometheus: photos, refusals, seconds, jobs, memory; never a name and never a query."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.responses import Response

from lychee_rerank.model.loader import memory_in_use
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Look
from lychee_rerank.service import Service


def send_metrics(service: Service) -> Response:
    """All figures as text (https://prometheus.io/docs/instrumenting/exposition_formats)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(service))
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})


class _Figures(Collector):
    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Every figure as it is now; those that count photos begin at 0 with the process."""
        worker = self._service.worker
        done, card = worker.tally.done(), worker.state().card
        scored = CounterMetricFamily("lychee_photos_scored", "Photos with a score, by look.", labels=["look"])
        for look in Look:
            scored.add_metric([look], done.scored.get(look, 0))
        yield scored
        refused = CounterMetricFamily("lychee_photos_refused", "Photos without a score, by reason.", labels=["reason"])
        for reason in RefusalReason:
            refused.add_metric([reason], done.refused.get(reason, 0))
        yield refused
        yield CounterMetricFamily("lychee_scoring_seconds", "Time spent on scoring.", value=done.seconds)
        yield GaugeMetricFamily("lychee_jobs", "Runs that wait or are under way.", value=worker.book.count_active())
        yield GaugeMetricFamily("lychee_ready", "1 once the model answers.", value=float(card is not None))
        use = memory_in_use(card, device=self._service.settings.device)
        memory = GaugeMetricFamily("lychee_memory_bytes", "Memory in use: the GPU's, or the process's.", labels=["of"])
        memory.add_metric(["gpu" if use.on_gpu else "process"], use.used_bytes)
        yield memory
