"""lychee-rerank-mm: rank photos by how well they match a sentence, on this machine alone."""

__version__ = "0.1.0"
