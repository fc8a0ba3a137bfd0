"""What the tables make of an error, a refusal, a spread, copies, a length of time: exact, in both languages."""

import pytest

from lychee_rerank.errors import (
    DeviceLost,
    ExampleRefused,
    ExportFailed,
    LycheeError,
    ModelUnusable,
    PairsInvalid,
    QueryRefused,
    ScoringElsewhere,
    StorageFailed,
)
from lychee_rerank.problems import (
    CopyProblem,
    FolderProblem,
    ModelProblem,
    PairsProblem,
    PassedOver,
    QueryProblem,
    RefusalReason,
    RowProblem,
)
from lychee_rerank.query import parse_query
from lychee_rerank.records import Refusal, Rule
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.ranking import Copied
from lychee_rerank.results.spread import Spread, SpreadVerdict
from lychee_rerank.words import CHINESE, ENGLISH
from tests.finished import finish

SOFA = parse_query("Sofa")
FLAT = "The scores are close together: the query may be too broad, or the photos too alike."
FLAT_CHINESE = "分数都很接近：搜索条件可能太宽泛，或者照片太相似。"


def refusal(reason: RefusalReason, kind: str = "") -> Refusal:
    return Refusal(0, "a.jpg", reason, kind)


def test_a_refusal_names_what_the_file_is() -> None:
    gif = Refusal(0, "a.jpg", RefusalReason.NOT_A_PICTURE, detail="GIF")
    assert ENGLISH.refusal(gif) == "this is GIF, not a JPEG, HEIC, PNG, WebP or AVIF picture"
    assert CHINESE.refusal(gif) == "这是 GIF，不是 JPEG、HEIC、PNG、WebP 或 AVIF 照片"
    assert CHINESE.refusal(Refusal(0, "a", RefusalReason.NOT_A_PICTURE)) == "不是 JPEG、HEIC、PNG、WebP 或 AVIF 照片"
    assert "提前结束" in CHINESE.refusal(Refusal(0, "a", RefusalReason.TRUNCATED))
    assert ENGLISH.refusal(Refusal(0, "a", RefusalReason.NOT_A_PICTURE, detail="text")).startswith(
        "this is a text file"
    )


@pytest.mark.parametrize(
    ("reason", "detail", "english", "chinese"),
    [
        (RefusalReason.TOO_MANY_PIXELS, "182 MP > 160 MP", "fewer pixels", "请缩小尺寸"),
        (RefusalReason.TOO_MANY_BYTES, "212 MB > 200 MB", "save the picture smaller", "请缩小尺寸"),
    ],
)
def test_a_refusal_of_what_is_too_large_names_both_numbers_and_the_remedy(
    reason: RefusalReason, detail: str, english: str, chinese: str
) -> None:
    for words, remedy in ((ENGLISH, english), (CHINESE, chinese)):
        sentence = words.refusal(Refusal(0, "a.png", reason, detail))
        assert detail in sentence
        assert remedy in sentence
        kept_before_there_were_numbers = words.refusal(Refusal(0, "a.png", reason))
        assert remedy in kept_before_there_were_numbers
        assert "{" not in kept_before_there_were_numbers


def test_a_problem_of_a_copy_or_a_row_is_told_in_one_sentence() -> None:
    assert ENGLISH.describe(refusal(RefusalReason.EMPTY)) == "the file is empty"
    assert ENGLISH.describe(CopyProblem.GONE) == "not copied: the photo is gone, or can no longer be read"
    assert CHINESE.describe(RowProblem.NO_TEXT) == "没有写文字"


def test_one_photo_is_counted_as_one() -> None:
    assert (ENGLISH.photos(1), ENGLISH.photos(2), CHINESE.photos(1)) == ("1 photo", "2 photos", "1 张")
    assert (ENGLISH.pairs(1), ENGLISH.pairs(2), CHINESE.pairs(2)) == ("1 pair", "2 pairs", "2 对")


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (
            QueryRefused(QueryProblem.TOO_LONG, characters=2500),
            "The query has 2500 characters; at most 2,000 can be scored.",
            "搜索条件有 2500 个字符，最多 2000 个。",
        ),
        (
            ExampleRefused(RefusalReason.NOT_A_PICTURE, detail="GIF"),
            "The example photo cannot be used: this is GIF, not a JPEG, HEIC, PNG, WebP or AVIF picture.",
            "示例照片无法使用：这是 GIF，不是 JPEG、HEIC、PNG、WebP 或 AVIF 照片。",
        ),
        (
            ExampleRefused(RefusalReason.EMPTY),
            "The example photo cannot be used: the file is empty.",
            "示例照片无法使用：文件是空的。",
        ),
        (
            ModelUnusable(ModelProblem.PICKLED, file="pytorch_model.bin", remedy="-"),
            "The weights in pytorch_model.bin are pickled, and only safetensors are loaded. "
            "Convert them to safetensors, or take another copy.",
            "pytorch_model.bin 是 pickle 格式的权重，这里只加载 safetensors。请转换成 safetensors，或换一份权重。",
        ),
        (
            StorageFailed("/data", detail="-"),
            "/data could not be read or written: is the disk full?",
            "/data 无法读写：磁盘满了吗？",
        ),
        (
            ExportFailed(FolderProblem.NOT_ALLOWED, folder="/out", user=1000),
            "This app (user 1000) may not write to /out: `chown 1000` that folder on the machine where it lies, "
            "or name another.",
            "本应用（用户 1000）不能写入 /out：请在该文件夹所在的机器上用 `chown 1000` 授权，或换一个文件夹。",
        ),
        (
            ExportFailed(FolderProblem.OTHER, folder="/out", user=1000, detail="Input/output error"),
            "/out cannot be written (Input/output error).",
            "/out 无法写入（Input/output error）。",
        ),
        (
            PairsInvalid(PairsProblem.UNREADABLE, file="pairs.csv", detail="No such file or directory"),
            "pairs.csv cannot be read (No such file or directory).",
            "pairs.csv 无法读取（No such file or directory）。",
        ),
        (
            ScoringElsewhere(),
            "Another app scores photos for this data folder: finished runs open here, new ones have to start there.",
            "另一个应用正在为这个数据文件夹评分：这里可以打开已完成的排序，新的排序请在那里开始。",
        ),
        (
            DeviceLost("-"),
            "The GPU failed: the app has to start again, and the run will go on by itself.",
            "GPU 出现故障：应用需要重新启动，排序会自动继续。",
        ),
        (
            LycheeError("-"),
            "Something went wrong inside; the console names the error.",
            "内部出错了，控制台里有错误名称。",
        ),
    ],
)
def test_every_error_becomes_one_sentence_with_its_facts(error: LycheeError, english: str, chinese: str) -> None:
    assert (ENGLISH.failure(error), CHINESE.failure(error)) == (english, chinese)


@pytest.mark.parametrize(
    ("new", "existed", "english", "chinese"),
    [
        (1, 0, "1 photo copied to /out, with t.csv.", "已将 1 张 复制到 /out，另有 t.csv。"),
        (
            0,
            2,
            "2 photos: already in /out, and not copied again; the table is t.csv.",
            "这 2 张 已经在 /out 里了，没有再复制；表格是 t.csv。",
        ),
        (
            2,
            1,
            "2 photos copied to /out, with t.csv. Already there, and not copied again: 1 photo.",
            "已将 2 张 复制到 /out，另有 t.csv。另有 1 张 原来就在那里，没有再复制。",
        ),
    ],
)
def test_copies_are_counted_apart_from_those_that_were_there(
    new: int, existed: int, english: str, chinese: str
) -> None:
    ranked = finish([5.0] * 4).ranked
    copies = [Copied(ranked[n], "a.jpg", existed=n >= new) for n in range(new + existed)]
    copies.append(Copied(ranked[3], "", CopyProblem.GONE))
    told = [words.copied(copies, folder="/out", table="t.csv") for words in (ENGLISH, CHINESE)]
    assert told == [english, chinese]


def test_a_share_is_a_percentage_and_undefined_where_there_is_nothing_to_share_out() -> None:
    assert ENGLISH.shares(recall=0.4, precision=None) == {"recall": "40.0%", "precision": "undefined"}
    assert CHINESE.shares(share=None) == {"share": "无定义"}


def test_a_column_a_value_and_a_rule_have_their_terms() -> None:
    terms = ("flagged", "does not fit", Rule.WHOLE_ANSWER)
    assert [ENGLISH.term(term) for term in terms] == ["flagged", "does not fit", "the whole answer is the number"]
    assert [CHINESE.term(term) for term in terms] == ["需复核", "不符合", "整个输出就是分数"]


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        (Condition(SOFA, least=6.0), "Sofa from 6", "Sofa 至少 6"),
        (Condition(SOFA, most=2.5), "Sofa up to 2.5", "Sofa 最多 2.5"),
        (Condition(SOFA, 3.0, 4.0), "Sofa from 3 to 4", "Sofa 3 到 4"),
    ],
)
def test_a_condition_names_the_ends_that_it_has(condition: Condition, english: str, chinese: str) -> None:
    assert (ENGLISH.condition(condition), CHINESE.condition(condition)) == (english, chinese)


@pytest.mark.parametrize(
    ("cliff", "verdict", "english", "chinese"),
    [
        (0, SpreadVerdict.FINE, (), ()),
        (3, SpreadVerdict.FINE, ("The first 3 stand out.",), ("前 3 张脱颖而出。",)),
        (0, SpreadVerdict.NOTHING_FITS, ("Nothing here fits well.",), ("没有明显符合的照片。",)),
        (1, SpreadVerdict.FLAT, ("The first one stands out.", FLAT), ("第一张脱颖而出。", FLAT_CHINESE)),
    ],
)
def test_a_spread_is_up_to_two_sentences(
    cliff: int, verdict: SpreadVerdict, english: tuple[str, ...], chinese: tuple[str, ...]
) -> None:
    spread = Spread(cliff, bins=(), bands=(), verdict=verdict)
    assert (ENGLISH.spread(spread), CHINESE.spread(spread)) == (english, chinese)


def test_other_files_are_counted_by_kind_and_a_kind_that_there_is_none_of_is_not_named() -> None:
    reasons = {PassedOver.LINKED_FOLDER: 1, PassedOver.OTHER_TYPE: 12, PassedOver.HIDDEN: 0}
    assert ENGLISH.other_files(reasons) == "Other files passed over: 13 (of another type 12, linked folders 1)"
    assert CHINESE.other_files(reasons) == "另略过 13 个其他文件（其他类型 12，链接的文件夹 1）"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (1.23, "1.2 s", "1.2 秒"),
        (9.94, "9.9 s", "9.9 秒"),
        (42.4, "42 s", "42 秒"),
        (89.9, "90 s", "90 秒"),
        (91, "2 min", "2 分钟"),
        (600, "10 min", "10 分钟"),
        (9000, "2.5 h", "2.5 小时"),
    ],
)
def test_durations_have_the_unit_that_people_use(seconds: float, english: str, chinese: str) -> None:
    assert (ENGLISH.duration(seconds), CHINESE.duration(seconds)) == (english, chinese)
