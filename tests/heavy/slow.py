"""A replayed server that takes its time, so that a worker can be killed between two answers."""

import random
import time

from tests.probes.replay import ReplayServer, Reply


class SlowServer(ReplayServer):
    """Answers as recorded, each reply after up to `pause_s` seconds."""

    def __init__(self, recording: str, pause_s: float, seed: int) -> None:
        super().__init__(recording)
        dice, reply = random.Random(seed), self.recording.reply

        def slow(method: str, path: str, headers: dict[str, str], body: bytes | None) -> Reply:
            time.sleep(dice.random() * pause_s)
            return reply(method, path, headers, body)

        self.recording.reply = slow  # type: ignore[method-assign]
        # Clients that are killed hang up in the middle: no reason for a traceback.
        self._server.handle_error = lambda request, address: None  # type: ignore[method-assign]
