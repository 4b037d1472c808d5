"""One run on two processor cores: a worker process reads, reassembles and decodes, the other records.

The pipeline is cut where its front (:mod:`rcds_sniffer.front`) hands events to its back
(:mod:`rcds_sniffer.back`). The worker packs events (:mod:`.packing`) and writes them to a pipe (:mod:`.outbox`),
from which the parent's recorder takes them in the same order (:mod:`.inbox`), so that the records are the same as
of one process, octet for octet. ``docs/decisions/012-workers.md`` says why the cut is there and not between flows.

:class:`~rcds_sniffer.workers.run.WorkerPipeline` stands in for :class:`~rcds_sniffer.pipeline.Pipeline`.
"""
