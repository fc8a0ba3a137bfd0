"""The compose files: one for every machine; laid over it, one that asks for a GPU, and one that has vLLM answer."""

from typing import Any

import yaml

from tests.served import ROOT


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return content


def test_the_first_file_starts_on_any_machine_without_a_privilege() -> None:
    service = load("compose.yaml")["services"]["lychee"]
    assert "deploy" not in service
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert service["ports"] == ["127.0.0.1:8501:8501"]


def test_the_third_file_has_the_page_ask_a_server_that_nobody_else_reaches() -> None:
    services = load("compose.vllm.yaml")["services"]
    assert services["lychee"] == {"environment": {"LYCHEE_SERVERS": "http://vllm:8000"}}
    assert "ports" not in services["vllm"]
    assert services["vllm"]["deploy"] == load("compose.gpu.yaml")["services"]["lychee"]["deploy"]


def test_the_second_file_asks_for_the_gpus_of_the_same_service_and_for_nothing_else() -> None:
    overlay = load("compose.gpu.yaml")
    (device,) = overlay["services"]["lychee"].pop("deploy")["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert overlay == {"services": {"lychee": {}}}
