"""A server that speaks OpenAI's chat protocol as vLLM does, and answers from the demo model by plain forward passes.

Whatever it is asked it can fail at: with a status, half an answer, or by being gone.
"""

import base64
import json
import threading
import time
from collections.abc import Callable
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

Fault = Callable[[int], int | str | None]  # by the number of the request: a status, "half", or nothing


class OpenAIServer:
    """Runs in a thread until it is stopped; `asked` counts its chat requests."""

    def __init__(self, model: VisionLanguageModel, port: int, *, name: str = "demo", fault: Fault = lambda _: None):
        self.address, self.name, self.fault, self.asked = f"http://127.0.0.1:{port}", name, fault, 0
        self.headers: dict[str, str] = {}
        self.left_out: int | None = None  # a label without a log probability
        self.bodies: list[dict[str, Any]] = []
        self._model, self._lock = model, threading.Lock()
        routes = [
            Route("/v1/models", self._models),
            Route("/tokenize", self._tokenize, methods=["POST"]),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="critical")
        self._server = uvicorn.Server(config)
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
        return JSONResponse({"data": [{"id": self.name}]})

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
            return JSONResponse({"error": "a fault"}, status_code=fault, headers=self.headers)
        self.bodies.append(body)
        tokens = self._answer(body)
        ids = [int(token["token"].removeprefix("token_id:")) for token in tokens]
        text = self._model.processor.tokenizer.decode(ids, skip_special_tokens=True)
        answer = {"choices": [{"message": {"content": text}, "logprobs": {"content": tokens}}]}
        content = json.dumps(answer).encode()
        if fault == "half":
            return StreamingResponse(
                iter([content[: len(content) // 2]]), headers={"content-length": str(len(content))}
            )
        return Response(content, media_type="application/json")

    @torch.inference_mode()
    def _answer(self, body: dict[str, Any]) -> list[dict[str, Any]]:
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
        tokens: list[dict[str, Any]] = []
        for _ in range(body["max_tokens"]):
            shares = network(**inputs).logits[0, -1].float().log_softmax(-1)
            token = int(shares.argmax())
            tokens.append(
                {
                    "token": f"token_id:{token}",
                    "bytes": list(processor.tokenizer.decode([token], skip_special_tokens=True).encode()),
                    "top_logprobs": [
                        {"token": f"token_id:{label}", "logprob": float(shares[label])}
                        for label in body["logprob_token_ids"]
                        if label != self.left_out
                    ],
                }
            )
            if token in network.generation_config.eos_token_id:
                break
            inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([[token]])], dim=1)
            for name in ("attention_mask", "mm_token_type_ids"):
                if name in inputs:
                    more = torch.ones_like(inputs[name][:, :1]) * (name == "attention_mask")
                    inputs[name] = torch.cat([inputs[name], more], dim=1)
        return tokens


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
