"""One explanation, as the thread that fills it and those that read it find it."""

from pathlib import Path

from lychee_rerank.errors import LycheeError
from lychee_rerank.jobs.explanations import Explanation, ExplanationProgress
from lychee_rerank.jobs.job import Job
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Refusal, Rule, Run, Score, ScoredPhoto

SCORED = ScoredPhoto(1, "b", Score(7.5, 7.0, 0.9, "7.5", Rule.WHOLE_ANSWER), "hash")


def make_explanation(index: int = 1) -> Explanation:
    """That of a run in which the second of two photos has a score, and the first was refused."""
    photos = (Photo("a", Path("a")), Photo("b", Path("b")))
    job = Job(Run("id", "ann", None, parse_query("red"), photos, begun_s=0.0))
    job.add(Refusal(0, "a", RefusalReason.BROKEN))
    job.add(SCORED)
    return Explanation(job, index)


def test_it_belongs_to_the_owner_and_to_the_score_that_the_photo_has() -> None:
    assert (make_explanation().owner, make_explanation().scored) == ("ann", SCORED)
    assert [make_explanation(index).scored for index in (0, 2)] == [None, None]


def test_it_grows_until_it_is_over_and_stays_as_it_is_then() -> None:
    explanation = make_explanation()
    assert (explanation.progress(), explanation.urgent) == (ExplanationProgress(), True)
    for text in ("A", "A red"):
        explanation.update(text)
        assert explanation.progress() == ExplanationProgress(text)
    assert not explanation.wait(0)
    explanation.end("A red sofa.")
    explanation.update("later")
    explanation.fail(LycheeError("later"))
    explanation.cancel()
    assert explanation.wait(0)
    assert explanation.progress() == ExplanationProgress("A red sofa.", over=True)


def test_what_kept_the_model_from_it_stands_beside_the_text_so_far() -> None:
    refused, broken, cancelled = (make_explanation() for _ in range(3))
    refusal, error = Refusal(1, "b", RefusalReason.NOT_FINITE), LycheeError("broken")
    for explanation in (refused, broken, cancelled):
        explanation.update("A red")
    refused.fail(refusal)
    broken.fail(error)
    cancelled.cancel()
    assert refused.progress() == ExplanationProgress("A red", over=True, refusal=refusal)
    assert broken.progress() == ExplanationProgress("A red", over=True, error=error)
    assert cancelled.progress() == ExplanationProgress("A red", over=True, cancelled=True)
    assert [one.progress().failed for one in (refused, broken, cancelled)] == [True, True, False]
