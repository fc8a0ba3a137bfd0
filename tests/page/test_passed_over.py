"""What lies beside the photos and is none of them: told on the page, and kept with each run for its JSON."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from lychee_rerank.service import open_service
from tests.page.pages import QUERY, REDS, RESULTS, Open, export, rerank
from tests.pictures import write_reds


def passed_over(page: AppTest) -> Any:
    """What the exported JSON document says of it."""
    return json.loads(export(page, "above", RESULTS.as_json))["passed_over"]


def test_the_document_of_a_run_counts_what_lay_beside_its_photos_when_it_was_begun(
    open_page: Open, photo_folder: Path
) -> None:
    write_reds(photo_folder, REDS)
    (photo_folder / "#recycle").mkdir()
    write_reds(photo_folder / "#recycle", {"old.png": 1})
    (photo_folder / "clip.MOV").write_bytes(b"")
    page = rerank(open_page(), QUERY)
    (photo_folder / "clip.MOV").unlink()
    assert passed_over(page) == {"other_type": 1, "deleted": 1}
    run_id = page.query_params["run"]
    open_service().worker.book.forget(run_id)
    assert passed_over(open_page(run=run_id)) == {"other_type": 1, "deleted": 1}
