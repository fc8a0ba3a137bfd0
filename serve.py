"""Serves the page: finds a free port, says where to look, starts loading the model before anybody opens it."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lychee_rerank.api.description import build_openapi, draw_openapi
from lychee_rerank.api.metrics import send_metrics
from lychee_rerank.api.models import list_models
from lychee_rerank.api.rerank import RerankEndpoint
from lychee_rerank.errors import SettingInvalid, StorageFailed
from lychee_rerank.service import close_service, open_service
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.web import files
from lychee_rerank.web.addresses import Thing
from lychee_rerank.web.api_key import METRICS_PATH, MODELS_PATH, RERANK_PATHS, ApiKeyMiddleware
from lychee_rerank.web.dialogs import DialogMiddleware
from lychee_rerank.web.files import serve_download, serve_original, serve_thumbnail
from lychee_rerank.web.headers import HeaderMiddleware
from lychee_rerank.web.hosts import OWN_NAMES, HostMiddleware
from lychee_rerank.web.login import READINESS, LoginMiddleware
from lychee_rerank.web.owner import OwnerMiddleware, read_owner

log = logging.getLogger("lychee_rerank.serve")

PORTS_TRIED = 20
CLOSING = threading.Event()  # set once the app is asked to end
Handler = Callable[[int, FrameType | None], object] | int | None


def _closing(handler: Handler) -> Handler:
    """The server's own handler, which waits for all requests, and a word to those first."""

    def close(number: int, frame: FrameType | None) -> None:
        """Handles the signal."""
        CLOSING.set()
        if callable(handler):
            handler(number, frame)

    return close


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Ends with the process what `main` began, requests that wait for their turn first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _closing(signal.getsignal(number)))
    yield
    if not close_service():
        os._exit(0)


def guard(page: ASGIApp, *, settings: Settings) -> ASGIApp:
    """The page and its routes behind all that a request has to pass, the outermost last."""
    # Streamlit leaves its own scripts uncompressed
    guarded: ASGIApp = OwnerMiddleware(GZipMiddleware(DialogMiddleware(page, base_path=settings.base_path)))
    locked = settings.password is not None
    guarded = ApiKeyMiddleware(guarded, key=settings.api_key, locked=locked, base_path=settings.base_path)
    if settings.password is not None:
        guarded = LoginMiddleware(guarded, password=settings.password, base_path=settings.base_path)
    return HeaderMiddleware(HostMiddleware(guarded, added=settings.allowed_hosts))


def send_thumbnail(request: Request) -> Response:
    """The thumbnail behind the address."""
    find = partial(open_service().thumbnails.read, small=files.SMALL in request.query_params)
    return serve_thumbnail(find_for_visitor(request, find))


def send_original(request: Request) -> Response:
    """The photo itself, or a JPEG of what browsers cannot show."""
    service = open_service()
    photo = find_for_visitor(request, service.originals.find)
    return serve_original(photo, download="download" in request.query_params, uploads=service.uploads)


def send_export(request: Request) -> Response:
    """The export."""
    return serve_download(find_for_visitor(request, open_service().downloads.find))


def find_for_visitor(request: Request, find: Callable[..., Thing | None]) -> Thing | None:
    """What lies behind the address, for the visitor whom it was given to; None for anybody else."""
    return find(request.path_params["token"], owner=read_owner(request.scope))


def send_readiness(_: Request) -> Response:
    """200 once the model answers, 503 until then; tells nothing else, and asks for no password."""
    ready = open_service().worker.state().card is not None
    return PlainTextResponse("ready\n" if ready else "not ready\n", status_code=200 if ready else 503)


def api_routes(base_path: str) -> list[Route]:
    """What programs ask for, and what they may ask."""
    rerank = RerankEndpoint(open_service, CLOSING).answer
    return [
        *(Route(base_path + path, rerank, methods=["GET", "POST"]) for path in RERANK_PATHS),
        Route(base_path + MODELS_PATH, lambda _: JSONResponse(list_models(open_service()))),
        Route(f"{base_path}/openapi.json", lambda _: JSONResponse(build_openapi(base_path))),
        Route(f"{base_path}/api", lambda _: HTMLResponse(draw_openapi(base_path))),
    ]


def add_slash(request: Request) -> Response:
    """To the page below its path, relative to whatever name and port the browser knows."""
    query = request.url.query
    return RedirectResponse(f"{request.url.path}/?{query}" if query else f"{request.url.path}/")


def build_app(settings: Settings) -> st.App:
    """The page, and what it loads beside itself."""
    sends = {
        files.THUMBNAIL_ROUTE: send_thumbnail,
        files.PHOTO_ROUTE: send_original,
        files.EXPORT_ROUTE: send_export,
        READINESS: send_readiness,
    }
    routes = [Route(settings.base_path + path, send) for path, send in sends.items()]
    if settings.api:
        routes += api_routes(settings.base_path)
    if settings.metrics:
        routes.append(Route(settings.base_path + METRICS_PATH, lambda _: send_metrics(open_service())))
    return st.App(
        Path(__file__).with_name("app.py"),
        routes=[*routes, Route(settings.base_path, add_slash)] if settings.base_path else routes,
        lifespan=lifespan,
        middleware=[Middleware(guard, settings=settings)],
    )


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
        logging.root.setLevel((settings.log_level or "info").upper())
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each photo that a server is sent
        port = free_port(settings.port)
        open_service()
    except (SettingInvalid, StorageFailed, OSError) as error:
        sys.exit(str(error))
    if port != settings.port:
        log.info("Port %d is taken, perhaps by another Lychee Rerank: port %d is used.", settings.port, port)
    log.info("Gallery: %s", settings.images_dir)
    log.info("Open http://localhost:%d%s", port, settings.base_path)
    build_app(settings).run(
        config={
            "server.port": port,
            "server.address": settings.address,
            "server.baseUrlPath": settings.base_path,
            "server.allowedHosts": [*OWN_NAMES, *settings.allowed_hosts],
        }
    )


if __name__ == "__main__":
    main()
