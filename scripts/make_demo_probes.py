"""Makes the probe results of the example from recordings, the same bytes each time."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.probes import engine
from assessor.probes.result import ProbeResult
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes.replay import ReplayServer

ADDRESS = "10.20.4.11"
BEGUN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ROWS = [
    ("litellm_proxy", "llm-gateway.clinic.example", 4000),
    ("nemoguardrails_server", "guard.clinic.example", 8000),
]


def demo_result(recording: str, host: str, port: int) -> ProbeResult:
    """Return the result of probing a replayed server as if it had stood at `host`, on a fixed day."""
    ticks = (BEGUN + timedelta(seconds=2 * step) for step in range(10_000))
    with ReplayServer(recording) as server:
        found = engine.run(
            Target(server.url, key=Key("sk-demo"), allow_chat=True), LAPTOP, now=lambda: next(ticks), vantage="demo"
        )
    return _moved(found, server.url.rpartition(":")[2], host, port)


def _moved(found: ProbeResult, replayed_port: str, host: str, port: int) -> ProbeResult:
    """Return the result as an endpoint in the clinic's own network would have given it."""
    text = found.model_dump_json().replace(replayed_port, str(port)).replace("127.0.0.1", ADDRESS)
    text = text.replace("network.address.loopback", "network.address.private").replace('"loopback"', '"private"')
    moved = ProbeResult.model_validate_json(text)
    network = moved.network.model_copy(update={"host": host}) if moved.network else None
    return moved.model_copy(
        update={
            "target_url": f"http://{host}:{port}",
            "network": network,
            # Wall times differ from run to run, and the example must not.
            "requests": tuple(one.model_copy(update={"elapsed_ms": 4.0}) for one in moved.requests),
        }
    ).sealed()


def main() -> None:
    """Write one file for each endpoint of the example."""
    for number, row in enumerate(ROWS, 1):
        path = ROOT / "examples" / f"regional-hospital-probe-{number}.json"
        path.write_text(demo_result(*row).model_dump_json(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
