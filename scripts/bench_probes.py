"""Measures the prober against servers of its own on loopback, in a process of its own; prints figures as JSON.

The servers answer as vLLM does, after a set latency, each on an address of its own (127.0.x.y). "The bound" is what
latency and the limits allow at best: all requests one after another through the places there are, or the longest run.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpcore2

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
from assessor.probes import engine, plan
from assessor.probes.collect.http import USER_AGENT, Door
from assessor.probes.collect.places import IN_ALL
from assessor.probes.many import run_many
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import LAPTOP, Target

ENDPOINTS, LATENCY_S = 200, 0.05
PROBES = 2000
ROUNDS = 60
TIMEOUTS = {"timeout": {"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0}}
MODELS = {
    "object": "list",
    "data": [{"id": "tiny", "object": "model", "owned_by": "vllm", "root": "/models/tiny", "max_model_len": 2048}],
}
REPLIES = {
    b"GET /v1/models ": (200, json.dumps(MODELS).encode()),
    b"GET /version ": (200, b'{"version":"0.33.0"}'),
    b"GET /v1/chat/completions ": (405, b'{"detail":"Method Not Allowed"}'),
}
MISSING = (404, b'{"detail":"Not Found"}')


def answer(request: bytes) -> bytes:
    """Return what vLLM would say."""
    status, body = next((reply for start, reply in REPLIES.items() if request.startswith(start)), MISSING)
    head = (
        f"HTTP/1.1 {status} X\r\nServer: uvicorn\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"Connection: close\r\n\r\n" + body


class Answering(asyncio.Protocol):
    """One connection: the head of a request comes, the answer leaves after the latency."""

    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection; asyncio sets TCP_NODELAY itself."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.heard = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer when the head is complete."""
        self.heard += data
        if b"\r\n\r\n" in self.heard:
            asyncio.get_running_loop().call_later(self.latency, self.end)

    def end(self) -> None:
        """Send the answer and close."""
        self.transport.write(answer(self.heard))
        self.transport.close()


async def serve(number: int, latency: float) -> None:
    """Listen on this many addresses, say which, and answer until told to end."""
    Answering.latency = latency
    loop = asyncio.get_running_loop()
    urls = []
    for place in range(number):
        sock = socket.create_server((f"127.0.{1 + place // 250}.{1 + place % 250}", 0), backlog=256)
        urls.append("http://{}:{}".format(*sock.getsockname()))
        await loop.create_server(Answering, sock=sock)
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def servers(number: int, latency: float) -> Iterator[list[str]]:
    """Run servers in a process of their own for the time of the block; yields their URLs."""
    command = [sys.executable, __file__, "serve", str(number), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def crowd() -> dict[str, float]:
    """Return how long 200 endpoints take, whole plan each, as times of the bound."""
    with servers(ENDPOINTS, LATENCY_S) as urls:
        begun = time.perf_counter()
        results = [result for _place, result in run_many([Target(url) for url in urls], LAPTOP)]
        seconds = time.perf_counter() - begun
    assert {result.outcome for result in results} == {"completed"}, {result.error for result in results}
    assert {result.identity.product for result in results} == {"vllm"}
    counts = [len(result.requests) for result in results]
    bound = max(sum(counts) * LATENCY_S / IN_ALL, max(counts) * LATENCY_S)
    return {"probe_crowd": seconds / bound, "probe_crowd_s": seconds, "probe_requests": float(sum(counts))}


def bare(pool: httpcore2.ConnectionPool, url: str, request: PlannedRequest) -> None:
    """Send a planned request with the same client and nothing around it but its own time-outs."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    headers |= {"Host": url.removeprefix("http://"), "Connection": "close"} | dict(request.headers)
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    with pool.stream(request.method, f"{url}{request.path}", headers=given, extensions=TIMEOUTS) as response:
        assert len(response.read()) > 10


def guarded_plan(target: Target, requests: tuple[PlannedRequest, ...]) -> float:
    """Return the seconds that a plan takes through the door, opening it included."""
    begun = time.perf_counter()
    with Door(target, LAPTOP) as door:
        for request in requests:
            assert door.fetch(request).outcome == "answered"
    return time.perf_counter() - begun


def bare_plan(target: Target, requests: tuple[PlannedRequest, ...]) -> float:
    """Return the seconds that the same requests take without the door."""
    begun = time.perf_counter()
    with httpcore2.ConnectionPool() as pool:
        for request in requests:
            bare(pool, target.url, request)
    return time.perf_counter() - begun


def cost(url: str) -> dict[str, float]:
    """Return what a guarded plan takes, as times of the same requests through the bare client.

    Both by turns and in changing order; of each the lowest tenth, which other work on the machine disturbs least.
    """
    target = Target(url)
    requests = plan.common_plan(target)
    times: dict[str, list[float]] = {"guarded": [], "bare": []}
    ways = [("guarded", guarded_plan), ("bare", bare_plan)]
    for turn in range(2 * ROUNDS + 5):
        for name, way in ways:
            seconds = way(target, requests)
            if turn >= 5:
                times[name].append(seconds)
        ways.reverse()
    guarded_s, bare_s = (statistics.quantiles(times[name], n=10)[0] for name in ("guarded", "bare"))
    return {"guard_cost": guarded_s / bare_s, "bare_ms": bare_s / len(requests) * 1000}


def single(url: str) -> dict[str, float]:
    """Return the median time of one whole probe of a server that answers at once."""
    times = []
    for turn in range(ROUNDS // 2 + 5):
        begun = time.perf_counter()
        assert engine.run(Target(url), LAPTOP).outcome == "completed"
        if turn >= 5:
            times.append((time.perf_counter() - begun) * 1000)
    return {"probe_ms": statistics.median(times)}


def resident_kib() -> float:
    """Return what this process holds in memory, in KiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def memory(url: str) -> dict[str, float]:
    """Return by how much the process grows over 2,000 probes, after the first tenth."""
    target = Target(f"{url}/v1")
    before = 0.0
    for turn in range(PROBES):
        if turn == PROBES // 10:
            before = resident_kib()
        assert engine.run(target, LAPTOP).outcome == "completed"
    return {"probe_growth_mib": (resident_kib() - before) / 1024}


def main() -> None:
    """Print the figures, or be the servers."""
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2]), float(sys.argv[3])))
        return
    with servers(1, 0.0) as (url,):
        figures = cost(url) | single(url) | memory(url)
    print(json.dumps(figures | crowd()))


if __name__ == "__main__":
    main()
