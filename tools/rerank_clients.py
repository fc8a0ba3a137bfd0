"""Drives other people's rerank clients against the app, each in an environment of its own, as they want other packages.

    python tools/rerank_clients.py [CLIENT ...]      all of them unless some are named; 1.5 GB under build/clients

Each client is told the address and nothing else. It has to give every index of five documents (three samples, a broken
picture, a text) in the order of the app itself, whatever it does in between; asked in words, and with a picture.
"""

import argparse
import base64
import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.served import ROOT, answers, find_port, running_app

ENVIRONMENTS = ROOT / "build" / "clients"
SAMPLES = ("IMG_7489.jpg", "IMG_4867.jpg", "IMG_8531.jpg")
QUERY, KEY = "sofa and coffee", "a-key"
RUN_S, INSTALL_S = 120, 900

# Each finds `address`, `key`, `query` and `documents`, a list of texts, and leaves (index, score) in `results`.
COHERE = """
import cohere
client = cohere.ClientV2(api_key=key, base_url=address)
found = client.rerank(model="rerank-v3.5", query=query, documents=documents, top_n=len(documents))
results = [(one.index, one.relevance_score) for one in found.results]
"""
LITELLM = """
import os
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it asks GitHub otherwise
import litellm
results = None
for model, api_base in MODELS:
    found = litellm.rerank(model=model, query=query, documents=documents, api_base=address + api_base, api_key=key,
                           top_n=len(documents))
    now = [(one["index"], one["relevance_score"]) for one in found.results]
    assert results in (None, now), (model, now, results)
    results = now
""".replace(
    "MODELS",
    repr([("cohere/rerank-v3.5", "/v2/rerank"), ("jina_ai/jina-reranker-m0", "/v1/rerank"), ("hosted_vllm/any", "")]),
)
LANGCHAIN = """
import cohere
from langchain_cohere import CohereRerank
ranker = CohereRerank(client=cohere.ClientV2(api_key=key, base_url=address), model="rerank-v3.5")
found = ranker.rerank(documents, query, top_n=len(documents))
results = [(one["index"], one["relevance_score"]) for one in found]
"""
LLAMA_INDEX = """
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.postprocessor.jinaai_rerank import JinaRerank
ranker = JinaRerank(api_key=key, base_url=address + "/v1", model="jina-reranker-m0", top_n=len(documents))
nodes = [NodeWithScore(node=TextNode(text=text, id_=str(n))) for n, text in enumerate(documents)]
found = ranker.postprocess_nodes(nodes, QueryBundle(query))
results = [(int(one.node.node_id), one.score) for one in found]
"""
HAYSTACK = """
from haystack import Document
from haystack.utils import Secret
RANKER
given = [Document(id=str(n), content=text) for n, text in enumerate(documents)]
ranker.warm_up() if hasattr(ranker, "warm_up") else None
found = ranker.run(query=query, documents=given, top_k=len(documents))["documents"]
results = [(int(one.id), one.score) for one in found]
"""
HAYSTACK_COHERE = HAYSTACK.replace(
    "RANKER",
    "from haystack_integrations.components.rankers.cohere import CohereRanker\n"
    "ranker = CohereRanker(model='rerank-v3.5', api_key=Secret.from_token(key), api_base_url=address)",
)
HAYSTACK_JINA = HAYSTACK.replace(
    "RANKER",
    "from haystack_integrations.components.rankers.jina import JinaRanker\n"
    "ranker = JinaRanker(model='jina-reranker-m0', api_key=Secret.from_token(key), base_url=address + '/v1/rerank')",
)


@dataclass(frozen=True, slots=True)
class RerankClient:
    """What is installed, and a script that asks."""

    package: str
    script: str


CLIENTS = {
    "cohere": RerankClient("cohere==7.3.1", COHERE),
    "cohere-6": RerankClient("cohere<7", COHERE),
    "litellm": RerankClient("litellm==1.110.2", LITELLM),
    "langchain-cohere": RerankClient("langchain-cohere==0.6.0", LANGCHAIN),
    "llama-index-jina": RerankClient("llama-index-postprocessor-jinaai-rerank==0.6.0", LLAMA_INDEX),
    "haystack-cohere": RerankClient("cohere-haystack==11.0.0", HAYSTACK_COHERE),
    "haystack-jina": RerankClient("jina-haystack==2.0.1", HAYSTACK_JINA),
}
Found = list[tuple[int, float]]


def write_documents() -> list[str]:
    """Three samples, a picture that is broken, and a text."""
    pictures = [(ROOT / "images" / name).read_bytes() for name in SAMPLES]
    pictures.append(pictures[0][:200])
    return [*("data:image/jpeg;base64," + base64.b64encode(one).decode() for one in pictures), "a red sofa"]


def ask_plainly(address: str, query: str, documents: list[str]) -> Found:
    """What the app answers to a request without any client."""
    body = json.dumps({"query": query, "documents": documents}).encode()
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/v1/rerank", body, headers), timeout=RUN_S) as reply:
        results: list[dict[str, Any]] = json.load(reply)["results"]
    return [(one["index"], one["relevance_score"]) for one in results]


def install(name: str, package: str) -> Path:
    """The interpreter of an environment with that package."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENTS / name], check=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    subprocess.run(command, check=True, timeout=INSTALL_S)
    return python


def ask(client: RerankClient, python: Path, *, address: str, query: str, documents: list[str]) -> Found:
    """What the client makes of the answer."""
    script = "import json, sys\naddress, key, query, documents = json.load(sys.stdin)\n"
    script += f"{client.script}\nprint('RESULTS', json.dumps(results))\n"
    asked = json.dumps([address, KEY, query, documents])
    done = subprocess.run(
        [python, "-c", script], input=asked, capture_output=True, text=True, timeout=RUN_S, env=_environment()
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULTS "))
    return [(index, score) for index, score in json.loads(line.removeprefix("RESULTS "))]


def _environment() -> dict[str, str]:
    """Ours without what leads to other packages, or tells anybody of this run."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return own | {"HAYSTACK_TELEMETRY_ENABLED": "False", "NO_PROXY": "localhost"}


@contextmanager
def open_app() -> Iterator[str]:
    """The address of an app whose model answers."""
    port = find_port()
    with tempfile.TemporaryDirectory() as folder, running_app(port, Path(folder), LYCHEE_API_KEY=KEY):
        if not answers(port, "/readyz"):
            raise RuntimeError("the model did not load")
        yield f"http://localhost:{port}"


def main() -> int:
    """A line per client; 1 where one of them fails."""
    parser = argparse.ArgumentParser(description="Drives other people's rerank clients against the app.")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=", ".join(CLIENTS))
    names = parser.parse_args().clients or list(CLIENTS)
    documents, failed = write_documents(), 0
    queries = {"words": QUERY, "a picture": documents[0]}  # as a data URI: these clients send texts alone
    with open_app() as address:
        expected = {kind: ask_plainly(address, query, documents) for kind, query in queries.items()}
        print("the app itself:", expected, flush=True)
        for name, kind in itertools.product(names, queries):
            python = install(name, CLIENTS[name].package)
            found = ask(CLIENTS[name], python, address=address, query=queries[kind], documents=documents)
            same = found == expected[kind]
            failed += not same
            print(f"{name}, {kind}: {'the same' if same else found}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
