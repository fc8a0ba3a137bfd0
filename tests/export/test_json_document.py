"""The JSON document: every fact of a run in one shape, null where it is not known any more."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from importlib.metadata import version

import pytest

from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode import DECODE_POLICY_VERSION
from lychee_rerank.problems import PassedOver, RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Readout, Refusal
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.scoring.cache_keys import PACKAGES, build_key
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.words import CHINESE
from tests.fakes import CARD
from tests.finished import finish

SCORER = replace(CARD, parameters=7, off_gpu_layers=2, fingerprint="f1")
QUERY = parse_query("Red  THINGS")
KEY = asdict(build_key(SCORER, QUERY, readout=Readout.NUMBER, template=NUMBER))
RESULTS = replace(
    finish([3.25, 9.0], refused=[Refusal(2, "c.jpg", RefusalReason.EMPTY)]),
    passed_over={PassedOver.LINKED_FOLDER: 2},
    facts={1: PhotoFacts(40, 30, datetime(2026, 5, 3, 12, 30), "Canon", b"")},
)
DOCUMENT = {
    "query": "Red  THINGS",
    "cleaned_query": "red things",
    "model": {
        "name": "fake",
        "demo": False,
        "parameters": 7,
        "fingerprint": "f1",
        "dtype": "float32",
        "attention": "none",
        "device": "CPU",
        "off_gpu_layers": 2,
        "pixel_budget_px": 784,
    },
    "readout": "number",
    "prompt": {"name": "number", "version": 1, "text_hash": NUMBER.text_hash},
    "calibration": None,
    "decode_policy": DECODE_POLICY_VERSION,
    "versions": {name: version(name) for name in PACKAGES},
    "reused": 1,
    "full_looks": 2,
    "spread": {
        "cliff": 0,
        "bins": [0] * 6 + [1] + [0] * 11 + [1, 0],
        "bands": [1, 0, 1],
        "verdict": "fine",
    },
    "results": [
        {
            "rank": 1,
            "score": 9.0,
            "raw": None,
            "expected": 9.0,
            "label_mass": 1.0,
            "tied": False,
            "look": "full",
            "index": 1,
            "name": "p1.jpg",
            "answer": "9.0",
            "rule": "whole_answer",
            "group": 1,
            "width_px": 40,
            "height_px": 30,
            "orientation": "landscape",
            "camera": "Canon",
            "taken": "2026-05-03T12:30:00",
        }
    ],
    "refused": [{"index": 2, "name": "c.jpg", "reason": "empty", "message": "文件是空的"}],
    "passed_over": {"linked_folder": 2},
}


def write(
    *,
    key: dict[str, object] = KEY,
    loaded: ModelCard | None = SCORER,
    criteria: Criteria | None = None,
    conditions: Sequence[Condition] = (),
) -> dict[str, object]:
    scored_by = ScoredBy(key, demo=False, loaded=loaded, reused=1)
    results = replace(RESULTS, criteria=criteria or Criteria())
    text = write_document(
        results,
        results.ranked[:1],
        query=QUERY.text,
        scored_by=scored_by,
        describe=CHINESE.describe,
        conditions=conditions,
    )
    document: dict[str, object] = json.loads(text)
    return document


def test_a_provisional_score_is_no_full_look() -> None:
    quick = replace(RESULTS.ranked[1].scored, look=Look.QUICK)
    results = replace(RESULTS, ranked=(RESULTS.ranked[0], replace(RESULTS.ranked[1], scored=quick)))
    scored_by = ScoredBy(KEY, demo=False, loaded=SCORER)
    document = json.loads(
        write_document(results, results.ranked, query="x", scored_by=scored_by, describe=CHINESE.describe)
    )
    assert [photo["look"] for photo in document["results"]] == ["full", "quick"]
    assert document["full_looks"] == 1


def test_the_chosen_photos_and_all_refused_stand_with_what_gave_the_scores() -> None:
    assert write() == DOCUMENT
    assert list(write()) == list(DOCUMENT)


def test_what_nobody_knows_of_a_photo_is_null() -> None:
    scored_by = ScoredBy(KEY, demo=False, loaded=SCORER)
    text = write_document(RESULTS, RESULTS.ranked, query="x", scored_by=scored_by, describe=CHINESE.describe)
    last = json.loads(text)["results"][-1]
    assert [last[name] for name in ("group", "width_px", "height_px", "orientation", "camera", "taken")] == [
        2,
        *[None] * 5,
    ]


def test_what_was_passed_over_is_null_where_nobody_counted() -> None:
    scored_by = ScoredBy(KEY, demo=False, loaded=SCORER)
    text = write_document(finish([1.0]), (), query="x", scored_by=scored_by, describe=CHINESE.describe)
    assert json.loads(text)["passed_over"] is None


def test_the_text_is_indented_and_says_chinese_as_it_is() -> None:
    scored_by = ScoredBy(KEY, demo=False, loaded=SCORER)
    text = write_document(RESULTS, (), query="沙发", scored_by=scored_by, describe=CHINESE.describe)
    assert text.startswith(
        '{\n  "query": "沙发",\n  "cleaned_query": "red things",\n  "model": {\n    "name": "fake",\n'
    )


def test_a_prompt_may_have_a_name_of_several_words() -> None:
    prompt = {"name": "my own prompt", "version": 0, "text_hash": "h"}
    assert write(key=KEY | {"prompt": "my own prompt 0 h"}) == DOCUMENT | {"prompt": prompt}


def test_the_parts_of_the_query_stand_with_their_scores() -> None:
    criteria = Criteria((parse_query("Red"), parse_query("things")), {1: (8.0, None)})
    document = write(criteria=criteria)
    assert document["criteria"] == ["Red", "things"]
    assert document["conditions"] == []
    assert document["results"] == [DOCUMENT["results"][0] | {"criteria": [8.0, None]}]  # type: ignore[index]


def test_the_conditions_that_exclude_anything_stand_beside_the_parts_that_they_ask_something_of() -> None:
    red, things = parse_query("Red"), parse_query("things")
    conditions = (Condition(red, least=6.5), Condition(things))
    document = write(criteria=Criteria((red, things), {}), conditions=conditions)
    assert document["conditions"] == [{"part": "Red", "least": 6.5, "most": 10.0}]
    assert "conditions" not in write(conditions=conditions)


@pytest.mark.parametrize(
    "loaded",
    [
        None,
        replace(SCORER, fingerprint="f2"),
        replace(SCORER, dtype="bfloat16"),
        replace(SCORER, device="GPU"),
        replace(SCORER, attention="sdpa"),
        replace(SCORER, pixel_budget_px=1),
    ],
)
def test_of_a_model_that_is_not_loaded_there_is_what_the_key_of_the_scores_says(loaded: ModelCard | None) -> None:
    unknown = dict.fromkeys(("name", "parameters", "off_gpu_layers"))
    assert write(loaded=loaded) == DOCUMENT | {"model": DOCUMENT["model"] | unknown}  # type: ignore[operator]


def test_a_model_whose_files_were_not_hashed_has_no_fingerprint() -> None:
    model = DOCUMENT["model"] | {"fingerprint": None}  # type: ignore[operator]
    assert write(key=KEY | {"model": ""}, loaded=replace(SCORER, fingerprint="")) == DOCUMENT | {"model": model}


def test_without_a_key_nothing_is_made_up() -> None:
    unknown = dict.fromkeys(("cleaned_query", "readout", "prompt", "decode_policy"))
    model = dict.fromkeys(DOCUMENT["model"]) | {"demo": False}  # type: ignore[call-overload]
    assert write(key={}) == DOCUMENT | unknown | {"model": model, "versions": {}}
