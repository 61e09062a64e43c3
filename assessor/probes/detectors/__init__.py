"""The detectors: each a pure function of one snapshot, listed here and nowhere else."""

from assessor.evidence import Finding
from assessor.probes.detectors import (
    access,
    alias,
    conflict,
    dialects,
    exposure,
    forwards,
    gateway,
    hosted,
    models,
    network,
    region,
    safety,
    server,
    tools,
    trust,
)
from assessor.probes.detectors.base import Detector, merged
from assessor.probes.snapshot import Snapshot

DETECTORS: tuple[Detector, ...] = (
    network,
    alias,
    trust,
    server,
    gateway,
    hosted,
    forwards,
    safety,
    region,
    access,
    dialects,
    models,
    tools,
    exposure,
    conflict,
)


def judge(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return every finding of every detector, those about the same thing put together; pure."""
    return merged(finding for detector in DETECTORS for finding in detector.detect(snapshot))
