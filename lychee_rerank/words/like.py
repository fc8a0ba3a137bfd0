"""The sentences on a question with an example photo as one frozen table, and what such a question is called."""

from dataclasses import dataclass

from lychee_rerank.query import Query


@dataclass(frozen=True, slots=True)
class LikeWords:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    placeholder: str
    quoted: str
    like: str
    like_but: str
    more: str
    mark: str
    remove: str
    refused: str
    one: str
    gone: str
    language: str  # of explanations, as the model is told it

    def asked(self, query: Query) -> str:
        """What a query asks for: its words as they are, or in one line "like IMG_1206.jpg: but in blue"."""
        if query.example is None:
            return query.text
        text = " ".join(query.text.split())
        return (self.like_but if text else self.like).format(name=query.example.name, text=text)

    def quote(self, query: Query) -> str:
        """The same inside a sentence."""
        return self.quoted.format(text=query.text) if query.example is None else self.asked(query)
