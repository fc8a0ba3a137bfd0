"""Which model answers, as OpenAI's servers say it; knows no request."""

from typing import Any

from lychee_rerank.model.demo_vocabulary import load_vocabulary
from lychee_rerank.model_card import ModelCard
from lychee_rerank.service import Service
from lychee_rerank.words import ENGLISH


def list_models(service: Service) -> dict[str, Any]:
    """One model, or none while it is being loaded (https://platform.openai.com/docs/api-reference/models/list)."""
    card = service.worker.state().card
    return {"object": "list", "data": [] if card is None else [_describe(service, card)]}


def demo_notice(service: Service, card: ModelCard) -> str:
    """What is to be known where the demo model answers; empty for any other."""
    choice = service.loader.choice
    if not card.demo or choice is None:
        return ""
    icons = len(load_vocabulary(choice.folder).icons)
    return ENGLISH.demo_line.format(icons=icons, why=ENGLISH.demo_because[choice.reason])


def _describe(service: Service, card: ModelCard) -> dict[str, Any]:
    notice = demo_notice(service, card)
    return {
        "id": card.name,
        "object": "model",
        "created": 0,
        "owned_by": "lychee-rerank-mm",
        **({"notice": notice} if notice else {}),
    }
