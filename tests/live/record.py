"""Keeps a live run as a recording that the tests replay; how to start the servers is in README.md beside this file.

    python -m tests.live.record litellm_guardrails http://127.0.0.1:4000 --software "litellm[proxy] 1.110" --note "..."

The endpoint is probed with the key and one token, with the key alone, and without the key; every exchange is kept once.
The key comes from LIVE_KEY, and stands in the recording as it was: use a thrown-away one.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assessor.probes import engine, plan
from assessor.probes.collect.http import Door
from assessor.probes.snapshot import Exchange, NetworkFacts, PlannedRequest, TlsFacts
from assessor.probes.target import Key, Policy, Target

RECORDINGS = Path(__file__).parents[1] / "recordings"
LOOPBACK = Policy(allow=frozenset({"loopback"}))
# Longer texts (pages, measurements) are cut: no sign lies further in.
MAX_TEXT = 4000


class ListeningDoor:
    """The real door, which also writes down what passes."""

    def __init__(self, door: Door, target: Target, kept: dict[str, dict[str, Any]]) -> None:
        self.door, self.target, self.kept = door, target, kept

    @property
    def network(self) -> NetworkFacts:
        """Where the name leads."""
        return self.door.network

    @property
    def tls(self) -> TlsFacts | None:
        """The certificate that was shown."""
        return self.door.tls

    def fetch(self, request: PlannedRequest) -> Exchange:
        """Send one request and keep it with its answer."""
        exchange = self.door.fetch(request)
        headers = dict(request.headers)
        if request.with_key and self.target.key:
            headers[self.target.key.header] = self.target.key.header_value()
        asked = {"method": request.method, "path": plan.full_path(self.target, request), "headers": headers}
        asked["body"] = json.loads(request.body) if request.body else None
        if exchange.outcome in {"answered", "cut"}:
            self.kept.setdefault(json.dumps(asked, sort_keys=True), {"request": asked, "response": _response(exchange)})
        return exchange


def _response(exchange: Exchange) -> dict[str, Any]:
    told: Any = exchange.json if "json" in exchange.header("content-type") else None
    text = exchange.text
    if isinstance(told, dict) and "paths" in told:
        # The description of a web service: its title and version are the sign, its routes are many.
        told = {name: told[name] for name in ("openapi", "info") if name in told}
    body = told if isinstance(told, (dict, list)) else text[:MAX_TEXT]
    return {
        "status": exchange.status,
        "headers": [list(pair) for pair in exchange.headers],
        "body": body,
        "truncated": body != told and len(text) > MAX_TEXT,
    }


def record(url: str, key: str) -> list[dict[str, Any]]:
    """Probe an endpoint as often as there are ways to; return every exchange once."""
    kept: dict[str, dict[str, Any]] = {}

    @contextmanager
    def opened(target: Target, policy: Policy) -> Iterator[ListeningDoor]:
        with Door(target, policy) as door:
            yield ListeningDoor(door, target, kept)

    for with_key, chat in ((True, True), (False, True)) if key else ((False, True),):
        target = Target(url, Key(key) if with_key else None, allow_chat=chat)
        result = engine.run(target, LOOPBACK, vantage="live run", open_door=opened)
        sys.stderr.write(f"{result.outcome}: {result.identity.product or '?'} ({result.identity.confidence.value})\n")
    return list(kept.values())


def main() -> None:
    """Write the recording named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("server", "url"):
        parser.add_argument(name)
    parser.add_argument("--software", required=True)
    parser.add_argument("--note", default="")
    given = parser.parse_args()
    whole = {
        "server": given.server,
        "base_url": given.url,
        "recorded_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "software": given.software,
        "note": given.note,
        "exchanges": record(given.url, os.environ.get("LIVE_KEY", "")),
    }
    file = RECORDINGS / f"{given.server}.json"
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(whole['exchanges'])} exchanges in {file}\n")


if __name__ == "__main__":
    main()
