"""What is said of finished results: one frozen table, filled once per language."""

from dataclasses import dataclass

from lychee_rerank.export.ratings import XmpForm
from lychee_rerank.results.selection import Part, Sort


@dataclass(frozen=True, slots=True)
class ResultWords:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    threshold: str
    threshold_help: str
    top_k: str
    top_k_help: str
    sort_label: str
    sort: dict[Sort, str]
    bands_label: str
    bands: tuple[str, ...]
    cliff_line: str
    shown: str
    none_shown: str
    none_in_range: str
    show_all: str
    histogram_title: str
    heat_title: str
    scores_axis: str
    photos_axis: str
    name_axis: str
    rank_axis: str
    pick: str
    picks: str
    pick_above: str
    pick_below: str
    pick_shown: str
    pick_none: str
    open_large: str
    previous: str
    next: str
    download: str
    criteria: str
    column_photo: str
    column_name: str
    column_whole: str
    criteria_help: str
    criteria_progress: str
    one_part: str
    offer_parts: str
    why: str
    why_help: str
    why_waiting: str
    best: str
    best_all: str
    export: str
    part_label: str
    part: dict[Part, str]
    xmp_label: str
    xmp: dict[XmpForm, str]
    stars_label: str
    stars_help: str
    stars_wrong: str
    write_query: str
    as_zip: str
    as_csv: str
    as_json: str
    copy_to: str
    copy: str
    copying: str


CHINESE_RESULTS = ResultWords(
    threshold="分数线",
    threshold_help="只显示不低于这个分数的照片",
    top_k="最多几张",
    top_k_help="0 表示全部",
    sort_label="排序",
    sort={
        Sort.SCORE: "分数高的在前",
        Sort.NAME: "按名称",
        Sort.UPLOAD: "按上传顺序",
        Sort.LEAST: "最不符合的在前",
    },
    bands_label="分档",
    bands=("很可能是你要的", "有点像", "可以放一边"),
    cliff_line="前 {n} 张脱颖而出 · {upper:.1f} → {lower:.1f}",
    shown="显示 {n} / {total} 张",
    none_shown="没有照片在这条分数线以上。把分数线调低，就会再出现。",
    none_in_range="线上没有分数在 {low:.1f} 到 {high:.1f} 之间的照片。",
    show_all="显示全部",
    histogram_title="分数分布",
    heat_title="按上传顺序的分数",
    scores_axis="分数",
    photos_axis="张数",
    name_axis="名称",
    rank_axis="名次",
    pick="选中",
    picks="已选 {n}",
    pick_above="线上的全选",
    pick_below="线下的全选",
    pick_shown="显示的全选",
    pick_none="全不选",
    open_large="放大",
    previous="上一张",
    next="下一张",
    download="下载",
    criteria="逐项打分",
    column_photo="照片",
    column_name="文件名",
    column_whole="整句",
    criteria_help="把查询的每一项单独打分，列成一张表",
    criteria_progress="正在逐项打分：{done}/{n}",
    offer_parts="用 `--criteria` 可以把每一项单独打分。",
    one_part="这个查询只有一项，用 + 或逗号隔开几项就能逐项打分。",
    why="为什么？",
    why_help="让模型用自己的话说明这个分数，会保存在这次结果里",
    why_waiting="模型正在看这张照片",
    best="最好的 {n} 张 · ZIP",
    best_all="全部 {n} 张 · ZIP",
    export="导出",
    part_label="导出哪些",
    part={Part.SHOWN: "显示的", Part.ABOVE: "线上的", Part.BELOW: "线下的", Part.PICKS: "选中的"},
    xmp_label="评级（星）",
    xmp={
        XmpForm.NONE: "不写",
        XmpForm.EMBEDDED: "写进副本",
        XmpForm.SIDECAR: "旁边的 photo.jpg.xmp",
        XmpForm.SIDECAR_SHORT: "旁边的 photo.xmp",
    },
    stars_label="一到五星的最低分",
    stars_help="五个从 0 到 10 递增的分数，用逗号隔开",
    stars_wrong="要五个从 0 到 10 递增的分数，例如 `2,4,6,8,9`。",
    write_query="同时写入搜索条件和分数（作为关键词）",
    as_zip="照片 · ZIP",
    as_csv="表格 · CSV",
    as_json="JSON",
    copy_to="复制到 {folder} 下的文件夹",
    copy="复制",
    copying="正在复制 {n} 张…",
)

ENGLISH_RESULTS = ResultWords(
    threshold="Score from",
    threshold_help="show what is scored this or more",
    top_k="At most",
    top_k_help="so many of the best; 0 shows all",
    sort_label="Order",
    sort={
        Sort.SCORE: "Best first",
        Sort.NAME: "By name",
        Sort.UPLOAD: "As uploaded",
        Sort.LEAST: "Least fitting first",
    },
    bands_label="Bands",
    bands=("Likely what you want", "Somewhat like it", "Can be put aside"),
    cliff_line="The first {n} stand out · {upper:.1f} → {lower:.1f}",
    shown="{n} of {total} shown",
    none_shown="No photo lies above this line. Lower the score, and they come back.",
    none_in_range="No photo above the line is scored from {low:.1f} to {high:.1f}.",
    show_all="Show all",
    histogram_title="How many photos got which score",
    heat_title="Scores in upload order",
    scores_axis="score",
    photos_axis="photos",
    name_axis="name",
    rank_axis="rank",
    pick="Pick",
    picks="{n} picked",
    pick_above="All above the line",
    pick_below="All below the line",
    pick_shown="All that are shown",
    pick_none="None",
    open_large="Large",
    previous="Previous",
    next="Next",
    download="Download",
    criteria="Part by part",
    column_photo="Photo",
    column_name="Name",
    column_whole="Whole query",
    criteria_help="scores each part of the query by itself, in a table",
    criteria_progress="Scoring part by part: {done} of {n}",
    offer_parts="Its parts can be scored one by one: --criteria",
    one_part="This query has only one part; write + or a comma between its parts to have each scored.",
    why="Why?",
    why_help="has the model explain its score in its own words; kept with these results",
    why_waiting="The model looks at the photo",
    best="The {n} best · ZIP",
    best_all="All {n} · ZIP",
    export="Export",
    part_label="Which photos",
    part={Part.SHOWN: "Shown", Part.ABOVE: "Above the line", Part.BELOW: "Below the line", Part.PICKS: "Picked"},
    xmp_label="Ratings (stars)",
    xmp={
        XmpForm.NONE: "none",
        XmpForm.EMBEDDED: "inside the copies",
        XmpForm.SIDECAR: "beside them, photo.jpg.xmp",
        XmpForm.SIDECAR_SHORT: "beside them, photo.xmp",
    },
    stars_label="Least scores of one to five stars",
    stars_help="five rising scores from 0 to 10, with commas between them",
    stars_wrong="Five rising scores from 0 to 10 are needed, such as `2,4,6,8,9`.",
    write_query="Write the query and the score too, as keywords",
    as_zip="Photos · ZIP",
    as_csv="Table · CSV",
    as_json="JSON",
    copy_to="Copy to a folder under {folder}",
    copy="Copy",
    copying="Copying {n}…",
)
