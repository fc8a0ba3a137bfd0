"""lychee-rerank-mm: rank photos by how well they match a sentence, on this machine alone.

from lychee_rerank import Reranker
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lychee_rerank.reranker import Report, Reranker, Result

__version__ = "0.1.0"
__all__ = ["Report", "Reranker", "Result"]


def __getattr__(name: str) -> object:
    """The public names, imported once they are used: the processes that decode photos need none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lychee_rerank import reranker

    return getattr(reranker, name)
