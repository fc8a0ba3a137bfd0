"""The sentences on a question with an example photo, in English."""

from lychee_rerank.words.like import LikeWords

ENGLISH_LIKE = LikeWords(
    placeholder="for example: but in blue\n\nMay be left empty",
    quoted="“{text}”",
    like="like {name}",
    like_but="like {name}: {text}",
    more="More like this",
    mark="Example",
    remove="Take the example away",
    refused="{name} cannot be the example: {reason}.",
    one="Only one photo can be the example; photos for the gallery go into the upload area.",
    gone="The example is no longer kept; please choose it again.",
    language="English",
)
