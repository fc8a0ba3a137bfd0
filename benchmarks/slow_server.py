"""A server that speaks OpenAI's chat protocol and takes as long as it is told, 16 at once; asks no model.

python -m benchmarks.slow_server PORT SECONDS
"""

import asyncio
import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

AT_ONCE = 16
ZERO = 48  # the token of "0"; those of the other digits follow

_answering = asyncio.Semaphore(AT_ONCE)


async def chat(request: Request) -> Response:
    """A "7", whatever is asked."""
    body = await request.json()
    async with _answering:
        await asyncio.sleep(float(sys.argv[2]))
    labels = [
        {"token": f"token_id:{label}", "logprob": -0.01 if label == ZERO + 7 else -9.9}
        for label in body["logprob_token_ids"]
    ]
    token = {"token": f"token_id:{ZERO + 7}", "bytes": [ZERO + 7], "top_logprobs": labels}
    choice = {"message" if not body.get("stream") else "delta": {"content": "7"}, "logprobs": {"content": [token]}}
    if not body.get("stream"):
        return JSONResponse({"choices": [choice]})
    return Response(f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n", media_type="text/event-stream")


async def tokenize(request: Request) -> Response:
    """A token for each byte."""
    return JSONResponse({"tokens": list((await request.json())["prompt"].encode())})


def models(_: Request) -> Response:
    """One model."""
    return JSONResponse({"data": [{"id": "slow"}]})


def main() -> None:
    """Serves until stopped."""
    routes = [
        Route("/v1/models", models),
        Route("/tokenize", tokenize, methods=["POST"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="critical")


if __name__ == "__main__":
    main()
