"""What must hold inside the running container; run there as `python -m tests.container`, from the folder of app.py.

The image carries no tests: whoever checks it mounts this folder (see .ci/run).
"""

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path("app.py").absolute()
SAMPLES = Path(os.environ["LYCHEE_SAMPLES_DIR"])
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
QUERY = "沙发 + 灯泡 + 咖啡"
PAGE_TIMEOUT_S = 120  # the first run of the page imports everything, beside the server that loads the model


def sample_names() -> list[str]:
    """The pictures of the copy that no mount hides."""
    return sorted(path.name for path in SAMPLES.iterdir() if path.suffix in PICTURES)


def check_page() -> None:
    """With an empty folder mounted for the gallery, the page runs through and offers the samples."""
    with tempfile.TemporaryDirectory() as empty:
        os.environ["LYCHEE_IMAGES_DIR"] = empty
        page = AppTest.from_file(str(APP), default_timeout=PAGE_TIMEOUT_S)
        page.context["url"] = "http://localhost:8501"
        expected = f"{len(sample_names())} photos"
        deadline = time.monotonic() + PAGE_TIMEOUT_S
        shown: list[str] = []
        while expected not in shown and time.monotonic() < deadline:  # folders are listed beside the page
            page.run()
            assert not page.exception, page.exception
            shown = [text.value for text in page.markdown]
    assert expected in shown, shown


def check_ranking() -> None:
    """The command line ranks the samples: each is scored or refused, and ranks are 1 to n without repeats."""
    command = ["lychee-rerank", "rank", QUERY, str(SAMPLES), "--json"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    results, refused = report["results"], report["refused"]
    assert report["query"] == QUERY
    assert sorted(Path(photo["name"]).name for photo in results + refused) == sample_names()
    assert results, refused
    assert [photo["rank"] for photo in results] == list(range(1, len(results) + 1))
    scores = [photo["score"] for photo in results]
    assert all(0 <= score <= 10 for score in scores), scores
    assert all(0 <= photo["expected"] <= 10 for photo in results), results
    assert scores == sorted(scores, reverse=True), scores
    assert len(set(scores)) > 1, scores


def check_fetch() -> None:
    """The command that goes out begins, and tells that it does not get out of here."""
    nowhere = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(["lychee-rerank", "fetch"], env=nowhere, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "goes to /models/lychee-rerank-mm" in done.stdout, done
    assert "Traceback" not in done.stderr, done


def check_address() -> None:
    """The page listens on all addresses: on the first loopback alone no published port would reach it."""
    socket.create_connection(("127.0.0.2", 8501), timeout=5).close()


if __name__ == "__main__":
    assert sample_names(), SAMPLES
    check_address()
    check_page()
    check_ranking()
    check_fetch()
