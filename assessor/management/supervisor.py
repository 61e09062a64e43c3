"""Keeps the web server and the worker alive as children that share the loaded code."""

import ctypes
import gc
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from django.db import connections

logger = logging.getLogger("assessor.serve")
GRACE_SECONDS = 10.0
# A child that lives shorter than this is failing at start; so many in a row end the whole.
SHORT_LIFE_SECONDS = 5.0
SHORT_LIVES = 3
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def settle_memory() -> None:
    """Keep what is loaded out of the garbage collector's sight, and let it look less often.

    A page makes tens of thousands of short-lived objects; at the default threshold the collector walks all live
    ones several times a second for nothing. Frozen pages also stay shared between forked children.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _end_with_parent() -> None:
    """Have the kernel end this process when its supervisor is gone, even by SIGKILL; Linux only, elsewhere nothing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One supervised process: `work` runs in it until the process is told to end."""

    name: str
    work: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    short_lives: int = field(default=0)


class Supervisor:
    """Forks children, starts again those that die, ends all of them when it is ended.

    Forking after Django is loaded lets the children share its memory; nothing else runs in this process.
    """

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self.stopping = False

    def run(self) -> int:
        """Supervise until ended by a signal or by a child that cannot start; returns an exit code."""
        connections.close_all()
        settle_memory()
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            # The terminal was closed; under nohup that is ignored on purpose.
            signal.signal(signal.SIGHUP, self._stop)
        # Children end without the clean-up of an interpreter, or are killed: what they put aside goes with this folder.
        with tempfile.TemporaryDirectory(prefix="assessor-", ignore_cleanup_errors=True) as folder:
            os.environ["TMPDIR"] = tempfile.tempdir = folder
            for child in self.children:
                self._start(child)
            try:
                return self._watch()
            finally:
                self._end_all()

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        sys.stdout.flush()
        child.pid = os.fork()
        if child.pid:
            return
        code = 1
        try:
            _end_with_parent()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            child.work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            logger.exception("The %s stopped with an error", child.name)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self) -> int:
        while not self.stopping:
            pid, _status = os.waitpid(-1, os.WNOHANG)
            child = next((one for one in self.children if one.pid == pid), None)
            if child is None:
                time.sleep(0.2)
                continue
            if self.stopping:
                break
            lived = time.monotonic() - child.started
            child.short_lives = child.short_lives + 1 if lived < SHORT_LIFE_SECONDS else 0
            child.pid = 0
            if child.short_lives >= SHORT_LIVES:
                logger.error("The %s ended %d times right after its start; see the messages above.", child.name, 3)
                return 1
            logger.warning("The %s ended; starting it again.", child.name)
            self._start(child)
        return 0

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _end_all(self) -> None:
        alive = {child.pid for child in self.children if child.pid}
        for pid in alive:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while alive and time.monotonic() < deadline:
            try:
                pid, _status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            alive.discard(pid)
            if not pid:
                time.sleep(0.1)
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
