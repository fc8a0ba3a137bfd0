"""A server that speaks OpenAI's chat protocol as vLLM does, and answers from the demo model by plain forward passes.

Whatever it is asked it can fail at: with a status, half an answer, or by being gone.
"""

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import torch
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from lychee_rerank.model.vlm import VisionLanguageModel
from tests.limits import WAIT_S

Fault = Callable[[int], int | str | None]  # by the number of the request: a status, "half", "never", nothing


class _Server(uvicorn.Server):
    """Leaves no connection behind: a later test, whichever it is, would find it open."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


class OpenAIServer:
    """Runs in a thread until it is stopped; `asked` counts its chat requests."""

    def __init__(self, model: VisionLanguageModel, port: int, *, name: str = "demo", fault: Fault = lambda _: None):
        self.address, self.name, self.fault, self.asked = f"http://127.0.0.1:{port}", name, fault, 0
        self.headers: dict[str, str] = {}
        self.left_out: int | None = None  # a label without a log probability
        self.repetition_penalty = 1.0  # where a request names none, as the weights' own settings may have it
        self.bodies: list[dict[str, Any]] = []
        self.streamed = 0  # events
        self.models: Any = None  # what it answers instead
        self.tells_usage = False  # in an event of its own, unasked
        self.overflows = False  # no log probability is a number, which JSON has no word for
        self._model, self._lock = model, threading.Lock()
        routes = [
            Route("/v1/models", self._models),
            Route("/tokenize", self._tokenize, methods=["POST"]),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="critical")
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "OpenAIServer":
        self._thread.start()
        limit_s = time.monotonic() + WAIT_S
        while not self._server.started:
            assert time.monotonic() < limit_s
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Answers nothing any more, what is under way included."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(WAIT_S)

    def _models(self, _: Request) -> Response:
        return JSONResponse({"data": [{"id": self.name}]} if self.models is None else self.models)

    async def _tokenize(self, request: Request) -> Response:
        prompt = (await request.json())["prompt"]
        return JSONResponse({"tokens": self._model.processor.tokenizer.encode(prompt, add_special_tokens=False)})

    async def _chat(self, request: Request) -> Response:
        with self._lock:
            self.asked += 1
            fault = self.fault(self.asked)
        body = await request.json()
        if body["model"] != self.name:
            return JSONResponse({"error": "no such model"}, status_code=404)
        if isinstance(fault, int):
            return JSONResponse({"error": {"message": "a fault\nof many"}}, status_code=fault, headers=self.headers)
        while fault == "never" and not await request.is_disconnected():
            await asyncio.sleep(0.01)
        self.bodies.append(body)
        if body.get("stream"):
            return StreamingResponse(self._stream(body, broken=fault == "half"), media_type="text/event-stream")
        tokens = list(self._answer(body))
        text = self._decode(tokens)
        answer = {"choices": [{"message": {"content": text}, "logprobs": {"content": tokens}}]}
        content = json.dumps(answer).encode()
        if fault == "half":
            return StreamingResponse(
                iter([content[: len(content) // 2]]), headers={"content-length": str(len(content))}
            )
        return Response(content, media_type="application/json")

    def _decode(self, tokens: list[dict[str, Any]]) -> str:
        ids = [int(token["token"].removeprefix("token_id:")) for token in tokens]
        text: str = self._model.processor.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _stream(self, body: dict[str, Any], *, broken: bool) -> Iterator[str]:
        """An event per token, half of a character held back as vLLM does; where it is `broken` it ends after one."""
        sent, tokens = "", list[dict[str, Any]]()
        for token in self._answer(body):
            tokens.append(token)
            text = self._decode(tokens).rstrip("\ufffd")
            choice = {"delta": {"content": text.removeprefix(sent)}, "logprobs": {"content": [token]}}
            yield f"data: {json.dumps({'choices': [choice]})}\n\n"
            self.streamed, sent = self.streamed + 1, text
            if broken:
                return
        if self.tells_usage:
            yield f"data: {json.dumps({'choices': [], 'usage': {'completion_tokens': len(tokens)}})}\n\n"
        yield "data: [DONE]\n\n"

    @torch.inference_mode()
    def _answer(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The tokens of the answer, one plain pass over everything for each."""
        processor, network = self._model.processor, self._model.network
        inputs = processor.apply_chat_template(
            [{**message, "content": _read_content(message["content"])} for message in body["messages"]],
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            add_generation_prompt=body["add_generation_prompt"],
            continue_final_message=body["continue_final_message"],
        )
        for _ in range(body["max_tokens"]):
            logits = network(**inputs).logits[0, -1].float()
            shares = logits.log_softmax(-1)
            penalty = body.get("repetition_penalty", self.repetition_penalty)
            seen = inputs["input_ids"][0].unique()
            logits[seen] = torch.where(logits[seen] > 0, logits[seen] / penalty, logits[seen] * penalty)
            token = int(logits.argmax())
            yield {
                "token": f"token_id:{token}",
                "bytes": list(processor.tokenizer.decode([token], skip_special_tokens=True).encode()),
                "top_logprobs": [
                    {"token": f"token_id:{label}", "logprob": None if self.overflows else float(shares[label])}
                    for label in body["logprob_token_ids"]
                    if label != self.left_out
                ],
            }
            if token in network.generation_config.eos_token_id:
                break
            inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([[token]])], dim=1)
            for name in ("attention_mask", "mm_token_type_ids"):
                if name in inputs:
                    more = torch.ones_like(inputs[name][:, :1]) * (name == "attention_mask")
                    inputs[name] = torch.cat([inputs[name], more], dim=1)


def _read_content(content: Any) -> Any:
    """The parts of a message, with pictures in place of their addresses."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [_read_part(part) for part in content]


def _read_part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return part
    content = base64.b64decode(part["image_url"]["url"].partition(",")[2])
    return {"type": "image", "image": Image.open(BytesIO(content)).convert("RGB")}
