"""What is said of a list of photos and texts, and of what came of it: one frozen table, filled once per language."""

from dataclasses import dataclass

from lychee_rerank.problems import PairsProblem, RowProblem


@dataclass(frozen=True, slots=True)
class ListWords:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    problem: dict[PairsProblem, str]
    row_problem: dict[RowProblem, str]
    row_line: str
    pairs: str
    pairs_one: str
    passed_over: str
    moderate: str
    threshold: str
    threshold_help: str
    moderated: str
    figures: str
    undefined: str
    work_saved: str
    line: str
    caption: str
    fits: str
    does_not_fit: str
    table: str
    terms: dict[str, str]
    remove: str
    newest: str


CHINESE_LISTS = ListWords(
    problem={
        PairsProblem.UNREADABLE: "{file} 无法读取（{detail}）。",
        PairsProblem.TOO_LARGE: "{file} 超过 20 MB：请拆成几份。",
        PairsProblem.NOT_UTF8: "{file} 不是 UTF-8 文本：请在 Excel 里另存为“CSV UTF-8”。",
        PairsProblem.NO_COLUMNS: "{file} 的第一行必须写明“file”和“text”两列（或“文件”和“文字”）。",
    },
    row_problem={
        RowProblem.NO_FILE: "没有写文件名",
        RowProblem.NOT_THERE: "没有这个文件",
        RowProblem.SEVERAL: "有几张照片都叫这个名字",
        RowProblem.OUTSIDE: "文件名指向清单所在的文件夹之外",
        RowProblem.NO_TEXT: "没有写文字",
        RowProblem.TEXT_TOO_LONG: "文字超过 2000 个字符",
        RowProblem.BAD_LABEL: "标签不是 1、0、yes、no、fits、does not、是、否、符合、不符合之一",
        RowProblem.UNREADABLE: "这一行无法读取",
    },
    row_line="第 {line} 行：{problem}",
    pairs="{n} 对",
    pairs_one="1 对",
    passed_over="略过 {n} 行",
    moderate="逐对打分",
    threshold="低于几分要复核",
    threshold_help="低于这个分数的排在前面，等待人工复核；按未四舍五入的分数比较",
    moderated="共 {all} = 低于 {threshold:g} 的 {flagged} + 其余 {passed} + 拒收 {refused}",
    figures="对照 {n} 个标签：准确率 {accuracy}，精确率 {precision}，召回率 {recall}",
    undefined="无定义",
    work_saved="节省人工：{share}",
    line="↑ {n} 对低于 {threshold:g}",
    caption="Score: {score:.1f}",
    fits="标签：符合",
    does_not_fit="标签：不符合",
    table="全部结果 · CSV",
    terms={
        "line": "行",
        "file": "文件",
        "text": "文字",
        "score": "分数",
        "flagged": "需复核",
        "label": "标签",
        "expected": "期望分",
        "label_mass": "标签概率",
        "answer": "模型输出",
        "rule": "读取方式",
        "problem": "未评分的原因",
        "yes": "是",
        "no": "否",
        "fits": "符合",
        "does not fit": "不符合",
    },
    remove="移除",
    newest="最后添加",
)

ENGLISH_LISTS = ListWords(
    problem={
        PairsProblem.UNREADABLE: "{file} cannot be read ({detail}).",
        PairsProblem.TOO_LARGE: "{file} is larger than 20 MB: please split it.",
        PairsProblem.NOT_UTF8: "{file} is no UTF-8 text: in Excel, save it as “CSV UTF-8”.",
        PairsProblem.NO_COLUMNS: "{file} has to name the columns “file” and “text” in its first line.",
    },
    row_problem={
        RowProblem.NO_FILE: "the file is missing",
        RowProblem.NOT_THERE: "there is no such file",
        RowProblem.SEVERAL: "several photos have this name",
        RowProblem.OUTSIDE: "the name leads out of the folder of the list",
        RowProblem.NO_TEXT: "the text is missing",
        RowProblem.TEXT_TOO_LONG: "the text has more than 2,000 characters",
        RowProblem.BAD_LABEL: "the label is none of 1, 0, yes, no, fits, does not",
        RowProblem.UNREADABLE: "the row cannot be read",
    },
    row_line="line {line}: {problem}",
    pairs="{n} pairs",
    pairs_one="1 pair",
    passed_over="Rows passed over: {n}",
    moderate="Score each pair",
    threshold="Check below",
    threshold_help="what is scored below this comes first, to be checked by hand; scores count unrounded",
    moderated="{all} = {flagged} below {threshold:g} + {passed} not below it + {refused} refused",
    figures="Against {n} labels: accuracy {accuracy}, precision {precision}, recall {recall}",
    undefined="undefined",
    work_saved="Manual work saved: {share}",
    line="↑ {n} below {threshold:g}",
    caption="Score: {score:.1f}",
    fits="label: fits",
    does_not_fit="label: does not fit",
    table="All of it · CSV",
    terms={name: name for name in CHINESE_LISTS.terms},
    remove="Remove",
    newest="added last",
)
