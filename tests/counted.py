"""The app, with a count of what the model is asked: `python -m tests.counted FILE`, from the project's folder.

From the photo LYCHEE_TEST_HOLD_AT on, counted from 0, it scores only once the file LYCHEE_TEST_HOLD is gone.
"""

import os
import sys
import time

import serve
from lychee_rerank.scoring.scorer import PhotoScorer

_LOOK_S = 0.05

if __name__ == "__main__":
    count = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    hold, hold_at = os.environ.get("LYCHEE_TEST_HOLD", ""), int(os.environ.get("LYCHEE_TEST_HOLD_AT", "0"))
    read = PhotoScorer._read

    def read_counted(scorer, encoded, prompt):  # type: ignore[no-untyped-def]
        while os.fstat(count).st_size >= hold_at and os.path.exists(hold):
            time.sleep(_LOOK_S)
        os.write(count, b"." * len(encoded))
        return read(scorer, encoded, prompt)

    PhotoScorer._read = read_counted  # type: ignore[method-assign]
    serve.main()
