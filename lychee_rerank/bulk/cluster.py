"""Ray, started on this machine or found at an address; knows no run.

Ray reads what is set here as it is imported: nothing else may import it before.
"""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lychee_rerank.bulk.staff import Machine
from lychee_rerank.errors import BulkFailed

OBJECT_STORE_BYTES = 100_000_000  # nothing but numbers passes through it; Ray takes a third of the memory otherwise


@contextmanager
def cluster(address: str | None) -> Iterator[list[Machine]]:
    """The machines of the cluster at that address, or of one that is this machine's alone."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it tells its makers otherwise
    own: dict[str, Any] = {}
    if address is None:  # its processes listen on the network: they are to do what this process asks, and none besides
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        own = {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    import ray

    try:
        ray.init(address=address or "local", logging_level=logging.ERROR, **own)
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError) as error:
        raise BulkFailed(f"Ray does not start: {error}") from error
    try:
        has = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        yield [Machine(int(one.get("CPU", 0)), int(one.get("GPU", 0))) for one in has]
    finally:
        ray.shutdown()
