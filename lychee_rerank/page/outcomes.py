"""What came of a run, with all that the page knows of its photos: facts, near-copies, and what the user gave them."""

from collections.abc import Sequence
from dataclasses import replace

from lychee_rerank.jobs.job import Job
from lychee_rerank.page.stars import stars_of
from lychee_rerank.records import Outcome
from lychee_rerank.results.ranking import Results, add_facts, collect_results
from lychee_rerank.service import Service

_MOST_WHILE_ACTIVE = 2000  # photos: beyond, comparing them every two seconds would slow down the run


def results_of(service: Service, job: Job, found: Sequence[Outcome]) -> Results:
    """The results of what was found so far of the job."""
    results = collect_results(job.photos, found)
    given = stars_of(service, job)
    results = replace(results, by_hand=given, passed_over=job.run.passed_over, example=job.query.example)
    known = service.store.facts.of(photo.scored.photo_hash for photo in results.ranked)
    return add_facts(results, known, compare=not job.active or len(results.ranked) <= _MOST_WHILE_ACTIVE)
