"""Names, queries and answers that nobody thought of: what comes in is shown and kept as text, and breaks nothing."""

import io
import json
import os
import tempfile
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.proto.Text_pb2 import Text

from lychee_rerank.commands import rank as rank_command
from lychee_rerank.errors import QueryRefused
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import MAX_QUERY_CHARACTERS, Query, parse_query
from lychee_rerank.records import Answer, Refusal, Rule, Run, Score, ScoredPhoto
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.results.ranking import Results, rank_photos
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.scoring.readout import number_is_over, read_number
from lychee_rerank.store.store import Store
from lychee_rerank.text import decode_name, printable
from lychee_rerank.words import CHINESE

# With halves of characters: what a file name holds whose bytes are no UTF-8.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
NAMES = st.binary(min_size=1, max_size=200).filter(lambda name: not {0, 47} & set(name) and name not in (b".", b".."))
ROW = (0.1,) * 10
SCORE = Score(5.0, 5.0, 1.0, "5.0", Rule.WHOLE_ANSWER)


@given(ANYTHING)
def test_any_answer_gives_a_score_from_0_to_10_or_none(text: str) -> None:
    number_is_over(text)
    score = read_number(Answer(text, (ROW,) * (len(text) + 1), 0.0))
    assert 0 <= score.value <= 10
    assert score.answer == text.strip()
    assert (score.rule is Rule.NONE) <= (score.value == 0)


@given(st.from_regex(r"[^0-9]{0,9}-?[0-9]{1,30}(\.[0-9]{1,30})?( ?(/|out of) ?[0-9]{1,4}|%|分)?[^0-9]{0,9}"))
def test_any_number_in_an_answer_gives_a_score_from_0_to_10(text: str) -> None:
    assert 0 <= read_number(Answer(text, (ROW,) * (len(text) + 1), 0.0)).value <= 10


@given(ANYTHING)
def test_any_query_is_scored_as_text_or_refused(typed: str) -> None:
    try:
        query = parse_query(typed)
    except QueryRefused:
        return
    assert 0 < len(query.cleaned) <= MAX_QUERY_CHARACTERS
    assert query.cleaned == query.cleaned.strip()
    assert query.cleaned.encode().decode() in NUMBER.fill(query.cleaned)[1]


@given(ANYTHING.map(lambda text: text.encode("utf-8", "surrogatepass").replace(b"\0", b"")))
def test_any_argument_is_text(argument: bytes) -> None:
    text = decode_name(os.fsdecode(argument))
    assert text.encode().decode() == text


@settings(max_examples=50)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_a_file_of_any_name_is_found_kept_and_printed(names: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name in names:
            path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name[:200] + b".jpg")))
            path.write_bytes(b"")
            files.append(path)
        found = find_photos([*files])
        assert [photo.path for photo in found.photos] == files
        for photo in found.photos:
            Text(body=photo.name).SerializeToString()  # what the page sends
            assert len(f"a{printable(photo.name)}".splitlines()) == 1
        store = Store(Path(folder) / "data")
        store.runs.begin(Run("one", "ann", None, parse_query("query"), found.photos, begun_s=0.0), status="waiting")
        kept = store.runs.load("one")
        store.close()
        assert kept is not None
        assert kept.run.photos == found.photos


def _shown(text: str) -> str:
    """The text as folders and tokenizers give it: without halves of characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(st.lists(st.tuples(ANYTHING, ANYTHING, st.booleans()), max_size=5))
def test_a_report_of_any_names_and_answers_is_one_json_document_with_every_photo(
    rows: list[tuple[str, str, bool]],
) -> None:
    texts = [(_shown(name), _shown(answer), good) for name, answer, good in rows]
    outcomes = [
        ScoredPhoto(index, name, replace(SCORE, answer=answer), "hash")
        if good
        else Refusal(index, name, RefusalReason.BROKEN)
        for index, (name, answer, good) in enumerate(texts)
    ]
    ranked = rank_photos(outcome for outcome in outcomes if isinstance(outcome, ScoredPhoto))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    criteria = Criteria(tuple(Query(name, name) for name, _, _ in texts))
    results = Results((), ranked, tuple(refused), criteria)
    scored_by = ScoredBy({}, demo=False, loaded=None)
    document = write_document(results, ranked, query="query", scored_by=scored_by, describe=CHINESE.describe)
    read = json.loads(document.encode())
    assert sorted(row["index"] for row in read["results"] + read["refused"]) == list(range(len(rows)))
    assert {row["name"] for row in read["results"] + read["refused"]} == {name for name, _, _ in texts}
    with redirect_stdout(io.StringIO()) as printed:
        rank_command._print_table(ranked, results, CHINESE, distinct=False)
    assert len(printed.getvalue().splitlines()) == len(texts) + 1 + len(ranked)  # no part and no name breaks a line
