"""Facts of photos outlive the process, and go with the last score of their photo."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.store import facts as module
from lychee_rerank.store.store import Store
from lychee_rerank.store.uploads import Uploads
from tests.store.test_store import drop_photos, keep_run

FACTS = PhotoFacts(40, 30, datetime(2026, 5, 3, tzinfo=timezone(timedelta(hours=2))), "Canon", bytes(range(256)))


def test_facts_are_found_again_by_another_process_and_the_last_ones_count(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.facts.keep("a", FACTS)
    store.facts.keep("a", replace(FACTS, camera="Nikon"))
    store.facts.keep("b", replace(FACTS, taken=None))
    assert store.facts.of(["a"]) == {"a": replace(FACTS, camera="Nikon")}
    other = Store(tmp_path)
    assert other.facts.of(["b", "a", "c", "a"]) == {
        "a": replace(FACTS, camera="Nikon"),
        "b": replace(FACTS, taken=None),
    }
    assert other.facts.of(["c"]) == {}


def test_facts_of_many_photos_are_found_at_once(tmp_path: Path) -> None:
    store, hashes = Store(tmp_path), [f"photo {n}" for n in range(1234)]
    for photo_hash in hashes:
        store.facts.keep(photo_hash, FACTS)
    assert Store(tmp_path).facts.of(hashes).keys() == set(hashes)


def test_facts_of_another_version_are_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).facts.keep("a", FACTS)
    monkeypatch.setattr(module, "FINGERPRINT_VERSION", 99)
    assert Store(tmp_path).facts.of(["a"]) == {}


def test_facts_go_with_the_last_run_of_their_photo(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep_run(store, drop_photos(Uploads(tmp_path, decode=decode_photo), 2))
    (kept,) = store.database.rows("SELECT DISTINCT photo FROM run_photos WHERE photo IS NOT NULL LIMIT 1")
    store.facts.keep(kept["photo"], FACTS)
    store.upkeep.clear_run("another")
    assert Store(tmp_path).facts.of([kept["photo"]]) == {kept["photo"]: FACTS}
    store.upkeep.clear_run("one")
    assert Store(tmp_path).facts.of([kept["photo"]]) == {}
