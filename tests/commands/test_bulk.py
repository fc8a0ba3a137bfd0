"""bulk on the command line, with Ray and the demo model: the scores of `rank`, in parquet."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pyarrow import parquet

from tests.served import ROOT

QUERY = "沙发 + 灯泡 + 咖啡"
RUN_S = 300


def run(*arguments: str | Path, data: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LYCHEE_DATA_DIR": str(data), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "lychee_rerank", *map(str, arguments), "--model", "demo"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=RUN_S, check=False
    )


def test_the_rows_hold_the_scores_of_rank_and_a_second_run_scores_nothing(tmp_path: Path) -> None:
    queries, out = tmp_path / "queries.txt", tmp_path / "out"
    queries.write_text(f"{QUERY}\na dog\n", encoding="utf-8")
    done = run("bulk", queries, ROOT / "images", out, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "64 rows, 0 of them refused" in done.stderr
    scores = {(row["path"], row["query"]): row["score"] for row in parquet.read_table(out).to_pylist()}
    ranked = json.loads(run("rank", QUERY, ROOT / "images", "--json", "--no-store", data=tmp_path).stdout)["results"]
    assert len(scores) == 64
    for photo in ranked:
        assert scores[str(ROOT / "images" / photo["name"]), QUERY] == photo["score"]
    refused = run("bulk", queries, ROOT / "images", out, data=tmp_path)
    assert (refused.returncode, "--resume" in refused.stderr) == (1, True)
    again = run("bulk", queries, ROOT / "images", out, "--resume", data=tmp_path)
    assert again.stderr.splitlines()[-1] == done.stderr.splitlines()[-1]


def test_what_cannot_begin_has_a_sentence_and_makes_nothing(tmp_path: Path) -> None:
    queries, out = tmp_path / "queries.txt", tmp_path / "out"
    queries.write_text("x" * 5000, encoding="utf-8")
    refused = run("bulk", queries, ROOT / "images", out, data=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "line 1: the query is too long" in refused.stderr
    assert not out.exists()
