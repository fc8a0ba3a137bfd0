"""What a browser is sent and how long it waits on a line of 50 KB/s: the first visit and the second, in Chromium.

    python -m benchmarks.slow_line [--rounds N]

Browsers that accept compression and browsers that do not take turns; each is new, and comes twice.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.served import find_port, running_app

SPEED, LATENCY_MS = 50 * 1024, 40  # bytes per second
LINE = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": SPEED, "uploadThroughput": SPEED}
ROUNDS, LIMIT_MS = 3, 300_000
KINDS = {"/js/": "scripts", "/css/": "styles", "/static/media/": "fonts", "/thumbnails/": "thumbnails"}
PAINTED_S = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
NOW_S = "performance.now() / 1000"
DRAWN = """[...document.querySelectorAll('.st-key-preview img')].filter(image => image.getBoundingClientRect().top <
  innerHeight).every(image => image.complete && image.naturalWidth)"""


@dataclass(frozen=True, slots=True)
class Visit:
    """Seconds until something is painted, the button is there, the photos in view are drawn; bytes sent by kind."""

    painted_s: float
    usable_s: float
    drawn_s: float
    sent: Mapping[str, int]


class Line:
    """Counts what comes over the line."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}

    def ask(self, event: Mapping[str, Any]) -> None:
        """A request goes out."""
        path = urlsplit(event["request"]["url"]).path
        self._kinds[event["requestId"]] = next((KINDS[part] for part in KINDS if part in path), "others")

    def finish(self, event: Mapping[str, Any]) -> None:
        """Its answer has come, from the cache with 0 bytes."""
        self.sent[self._kinds.get(event["requestId"], "others")] += int(event["encodedDataLength"])

    def take(self, event: Mapping[str, Any]) -> None:
        """A message has come over the websocket; binary ones are given in base64."""
        self.sent["websocket"] += len(event["response"]["payloadData"]) * 3 // 4


def visit(context: BrowserContext, address: str, *, compressed: bool) -> Visit:
    """Opens the page and waits until its photos are drawn."""
    page, line = context.new_page(), Line()
    page.set_default_timeout(LIMIT_MS)
    devtools = context.new_cdp_session(page)
    devtools.on("Network.requestWillBeSent", line.ask)
    devtools.on("Network.loadingFinished", line.finish)
    devtools.on("Network.webSocketFrameReceived", line.take)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", LINE)
    if not compressed:
        devtools.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": "identity"}})
    page.goto(address, wait_until="commit")
    page.locator(".st-key-rerank button").wait_for()
    usable_s = float(page.evaluate(NOW_S))
    page.locator(".st-key-preview img").first.wait_for()
    page.wait_for_function(DRAWN)
    drawn_s = float(page.evaluate(NOW_S))
    page.wait_for_load_state("networkidle")  # what is sent though it is not in view
    painted_s = float(page.evaluate(PAINTED_S))
    page.close()
    return Visit(painted_s, usable_s, drawn_s, dict(line.sent))


def print_row(name: str, visits: Sequence[Visit]) -> None:
    """The medians."""
    kinds = ("scripts", "styles", "fonts", "websocket", "thumbnails", "others")
    sent = [round(median(each.sent.get(kind, 0) for each in visits) / 1000) for kind in kinds]
    waits_s = [median(s) for s in zip(*((each.painted_s, each.usable_s, each.drawn_s) for each in visits), strict=True)]
    cells = [*(f"{wait_s:.1f}" for wait_s in waits_s), sum(sent), *sent]
    print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)


def main() -> None:
    """Prints the table: seconds, and thousands of bytes."""
    parser = argparse.ArgumentParser(description="What a browser is sent, and how long it waits on a slow line.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    print("| visit | painted | usable | drawn | kB | scripts | styles | fonts | websocket | thumbnails | others |")
    print("|---" * 11 + "|")
    seen: dict[str, list[Visit]] = {}
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        port = find_port()
        with running_app(port, Path(data)):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for compressed in (True, False) * options.rounds:
                context = browser.new_context(viewport={"width": 1440, "height": 1000})
                for order in ("first", "second"):
                    name = f"{order}, {'compressed' if compressed else 'as it is'}"
                    found = visit(context, f"http://localhost:{port}", compressed=compressed)
                    seen.setdefault(name, []).append(found)
                context.close()
            browser.close()
    for name, visits in sorted(seen.items()):
        print_row(name, visits)


if __name__ == "__main__":
    main()
