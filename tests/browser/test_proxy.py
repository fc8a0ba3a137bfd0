"""The page through a real nginx and a real Caddy, with the lines of docs/proxy.md, under a name of its own."""

import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS, ROOT
from tests.browser.test_walk import drop
from tests.served import answers, find_port, running_app

NAME, BASE_PATH = "photo-box.local", "/photos"
MAPPED = [*FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
BLOCKS = re.findall(r"```(caddy|nginx)\n(.*?)```", (ROOT / "docs" / "proxy.md").read_text(), re.DOTALL)
LOCATION = re.compile(r"^ *location .*?^    }$", re.DOTALL | re.MULTILINE)
NGINX = """
daemon off; {user} pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; server_name {name};
{location}
    }}
}}
"""
LOADED = "() => [...document.querySelectorAll('.st-key-results img')].every(image => image.naturalWidth > 0)"
CADDY = "{{\n    admin off\n    auto_https off\n}}\n{site}"

pytestmark = pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("caddy")) and not os.environ.get("LYCHEE_REQUIRE_BROWSER"),
    reason="no nginx or no caddy found: `apt-get install nginx-light caddy` brings them",
)


def documented(kind: str, *, below: str, app: int) -> str:
    """The lines of the docs for this proxy, at the root or below a path, with the port that the app has here."""
    blocks = [text for proxy, text in BLOCKS if proxy == kind]
    return blocks[bool(below)].replace("8501", str(app))


def nginx(folder: Path, port: int, app: int, below: str, *, change: Callable[[str], str]) -> list[str]:
    found = LOCATION.search(documented("nginx", below=below, app=app))
    assert found
    text = NGINX.format(
        folder=folder, user="" if os.getuid() else "user root;", port=port, name=NAME, location=change(found[0])
    )
    (folder / "nginx.conf").write_text(text)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def caddy(folder: Path, port: int, app: int, below: str, *, change: Callable[[str], str]) -> list[str]:
    site = documented("caddy", below=below, app=app).replace(f"{NAME} {{", f"http://{NAME}:{port} {{")
    (folder / "Caddyfile").write_text(CADDY.format(site=change(site)))
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def status(port: int, path: str, host: str = NAME, **headers: str) -> int:
    """That of the answer to a request under the name."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host} | headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def proxied(command: Callable[..., list[str]], folder: Path, app: int, below: str = "", **how: object) -> Iterator[int]:
    """The port of a proxy in front of the app, once it answers."""
    port = find_port()
    (folder / "proxy").mkdir(exist_ok=True)
    settings = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    arguments = command(folder / "proxy", port, app, below, **{"change": str} | how)
    with subprocess.Popen(arguments, env=os.environ | settings, stderr=subprocess.DEVNULL) as process:
        try:
            assert answers(port, f"{below}/_stcore/health", name=NAME)
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["", BASE_PATH], ids=["root", "path"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The app's port and its path; a packet that leaves the machine ends it."""
    port, below = find_port(), request.param
    settings = {"LYCHEE_ALLOWED_HOSTS": NAME, "LYCHEE_BASE_PATH": below}
    with running_app(port, tmp_path_factory.mktemp("data"), **settings) as process:
        assert answers(port, f"{below}/readyz")
        yield port, below
        assert process.poll() is None


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=MAPPED)
    page = browser.new_page(locale="en-US")
    page.set_default_timeout(60_000)
    yield page
    browser.close()


def without_host(location: str) -> str:
    """As where somebody leaves the line out: nginx then gives the address that it passes on to."""
    assert "proxy_set_header Host" in location
    return location.replace("proxy_set_header Host $host;", "")


@pytest.mark.parametrize(
    ("command", "how"),
    [(nginx, {}), (nginx, {"change": without_host}), (caddy, {})],
    ids=["nginx", "nginx's own Host", "caddy"],
)
def test_the_page_ranks_what_is_dropped_onto_it(
    app: tuple[int, str],
    page: Page,
    tmp_path: Path,
    command: Callable[..., list[str]],
    how: dict[str, object],
) -> None:
    behind, below = app
    photos = [tmp_path / f"{n}.png" for n in range(2)]
    for n, photo in enumerate(photos):
        noise = Image.effect_noise((1200, 1200), 90 + n)
        Image.merge("RGB", (noise, noise, noise)).save(photo)
        assert photo.stat().st_size > 1_500_000  # above what nginx takes by itself
    with proxied(command, tmp_path, behind, below, **how) as port:
        page.goto(f"http://{NAME}:{port}{below or '/'}")
        page.locator(".st-key-preview img").first.wait_for()
        drop(page, *photos)
        expect(page.locator(".st-key-preview img")).to_have_count(2)
        page.get_by_role("textbox").fill("sofa")
        page.locator(".st-key-rerank button").click()
        expect(page.get_by_text(re.compile(r"^2 photos = "))).to_be_visible(timeout=120_000)
        expect(page.locator(".st-key-results img")).to_have_count(2)
        page.wait_for_function(LOADED)
        with page.expect_download() as download:
            page.locator(".st-key-best a").click()
        assert download.value.path().stat().st_size > 3_000_000


def test_another_origin_and_another_name_are_refused_behind_a_proxy_too(app: tuple[int, str], tmp_path: Path) -> None:
    behind, below = app
    with proxied(caddy, tmp_path, behind, below) as port:
        assert status(port, f"{below}/") == 200
        assert status(port, f"{below}/", Origin="https://evil.example") == 403
    assert status(behind, f"{below}/", "evil.example") == 403
