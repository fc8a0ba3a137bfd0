"""Serves the page: finds a free port, says where to look, starts loading the model before anybody opens it."""

import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from lychee_rerank.errors import SettingInvalid, StorageFailed
from lychee_rerank.owner import OwnerMiddleware
from lychee_rerank.page.process import open_shared
from lychee_rerank.settings import load_settings

log = logging.getLogger("lychee_rerank.serve")

PORTS_TRIED = 20


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Ends with the process what `main` began; begins it where another server runs the app."""
    shared = open_shared()
    yield
    shared.close()


app = st.App(Path(__file__).with_name("app.py"), lifespan=lifespan, middleware=[Middleware(OwnerMiddleware)])


def free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody listens on; raises OSError when twenty are taken."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise OSError(f"ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken; set LYCHEE_PORT")


def main() -> None:
    """Serves until stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the server listens: process 1 would ignore it
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        settings = load_settings()
        port = free_port(settings.port)
        open_shared()
    except (SettingInvalid, StorageFailed, OSError) as error:
        sys.exit(str(error))
    if port != settings.port:
        log.info("Port %d is taken, perhaps by another Lychee Rerank: port %d is used.", settings.port, port)
    log.info("Gallery: %s", settings.images_dir)
    log.info("Open http://localhost:%d", port)
    app.run(
        config={
            "server.port": port,
            "server.address": settings.address,
            "server.allowedHosts": list(settings.allowed_hosts),
        }
    )


if __name__ == "__main__":
    main()
