"""Every sentence that the user reads, in Chinese and English; for the page, the web and the commands alone."""

from lychee_rerank.words.chinese import CHINESE
from lychee_rerank.words.english import ENGLISH
from lychee_rerank.words.like import LikeWords
from lychee_rerank.words.lists import ListWords
from lychee_rerank.words.results import ResultWords
from lychee_rerank.words.table import Words

__all__ = ["CHINESE", "ENGLISH", "LikeWords", "ListWords", "ResultWords", "Words", "words_for"]


def words_for(locale: str | None) -> Words:
    """The table for a locale such as "zh-CN" or "zh_CN.UTF-8": Chinese for Chinese, English for every other."""
    return CHINESE if (locale or "").lower().startswith("zh") else ENGLISH
