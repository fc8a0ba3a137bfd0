"""Decodes photos in processes of their own: one that hangs, explodes or crashes costs such a process, never the model.

The limits of decode.py bound what Pillow computes, not what it walks through: 40 MB of empty JPEG segments took 12 s
and 700 MB before a pixel was decoded.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.photos.decode import Decoded, FitSize, build_picture
from lychee_rerank.photos.limits import check_bytes
from lychee_rerank.problems import RefusalReason

_TRIES = 2
_MOST_DECODERS = 4  # as many as threads of the page draw thumbnails


class DecodePool:
    """Up to four decoding processes, each started when it is first needed; safe to use from any thread."""

    def __init__(self) -> None:
        self._idle: list[_Decoder] = []
        self._closed = False
        self._lock = threading.Lock()
        self._free = threading.Semaphore(_MOST_DECODERS)

    def decode(self, content: bytes, *, fit: FitSize) -> Decoded:
        """What decode.decode_photo makes of the bytes, pixel by pixel; raises PhotoRefused.

        A photo that takes more than 15 s of processor time is refused as broken, one over which two processes ended as
        suspect. What `fit` raises passes through.
        """
        check_bytes(len(content))
        with self._free:
            for _ in range(_TRIES):
                decoder, alive = self._take(), False
                try:
                    decoded = decoder.decode(content, fit=fit)
                    alive = True
                    return decoded
                except PhotoRefused:
                    alive = True
                    raise
                except (EOFError, ConnectionError) as error:
                    if decoder.end() == -signal.SIGPROF:
                        raise PhotoRefused(RefusalReason.BROKEN) from error
                finally:
                    if alive:
                        self._put(decoder)
                    else:
                        decoder.end()
        raise PhotoRefused(RefusalReason.SUSPECT)

    def close(self) -> None:
        """Ends the processes; one that decodes ends with its photo."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _take(self) -> "_Decoder":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            return _Decoder()
        except OSError as error:  # no process more can be had
            raise PhotoRefused(RefusalReason.OUT_OF_MEMORY) from error

    def _put(self, decoder: "_Decoder") -> None:
        with self._lock:
            if self._closed:
                decoder.end()
            else:
                self._idle.append(decoder)


class _Decoder:
    """One decoding process, and the line to it."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lychee_rerank.photos.decode_child", str(there.fileno())],
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the app, which then closes the line
            )
        self._line = Connection(here.detach())

    def decode(self, content: bytes, *, fit: FitSize) -> Decoded:
        """Raises PhotoRefused; EOFError or ConnectionError where the process has ended."""
        self._line.send_bytes(content)
        target = fit(*self._receive())
        self._line.send_bytes(json.dumps(target).encode())
        width_px, height_px, taken, camera = self._receive()
        facts = PhotoFacts.read(width_px, height_px, taken, camera, self._line.recv_bytes())
        return Decoded(build_picture(self._line.recv_bytes(), size=target), facts)

    def end(self) -> int:
        """Ends the process, if it has not ended; its exit status, negative for the signal that ended it."""
        self._line.close()
        self._process.kill()
        return self._process.wait()

    def _receive(self) -> list[Any]:  # Any: what the other end wrote, as its header says
        """The next message in JSON; raises PhotoRefused where it is a refusal."""
        message = json.loads(self._line.recv_bytes())
        if isinstance(message, dict):
            raise PhotoRefused(RefusalReason(message["reason"]), detail=message["detail"])
        answer: list[Any] = message
        return answer
