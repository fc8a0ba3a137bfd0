"""The app, with a count of what the model is asked: `python -m tests.counted FILE`, from the project's folder."""

import os
import sys

import serve
from lychee_rerank import scorer

if __name__ == "__main__":
    count = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    score_sights = scorer._score_sights

    def score_counted(sights, question, readout):  # type: ignore[no-untyped-def]
        os.write(count, b"." * len(sights))
        return score_sights(sights, question, readout)

    scorer._score_sights = score_counted
    serve.main()
