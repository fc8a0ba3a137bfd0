"""Every sentence the user reads, in Chinese and English; known by the doors alone.

One frozen table per language: the type checker sees to it that neither lacks a sentence.
"""

from dataclasses import dataclass

from lychee_rerank.errors import LycheeError, ModelUnusable, QueryRefused, StorageFailed
from lychee_rerank.records import ModelProblem, QueryProblem, Reason, Refusal, Rule, Why


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    code: str
    query_label: str
    query_placeholder: str
    rerank: str
    drop_label: str
    drop_more: str
    drop_hint: str
    use_uploads: str
    use_folder: str
    clear: str
    gallery: str
    passed_over: str
    gallery_empty: str
    one_photo: str
    loading: str
    loading_any: str
    loading_demo: str
    waiting: str
    analysing: str
    time_left: str
    cancel: str
    cancelling: str
    done: str
    cancelled: str
    run_failed: str
    run_gone: str
    memory_gpu: str
    memory_cpu: str
    caption: str
    raw_answer: str
    raw_answer_empty: str
    no_number: str
    refused_title: str
    demo_line: str
    demo_because: dict[Why, str]
    demo_unknown: str
    demo_try: str
    examples: tuple[str, ...]
    driver_too_old: str
    off_gpu: str
    model_failed: str
    model_problem: dict[ModelProblem, str]
    model_remedy: dict[ModelProblem, str]
    temporary_data: str
    storage_failed: str
    unexpected: str
    query_problem: dict[QueryProblem, str]
    reason: dict[Reason, str]
    not_a_picture_kind: str
    heic_remedy: str
    rule: dict[Rule, str]
    minutes: str
    seconds: str

    def refusal(self, refusal: Refusal) -> str:
        """One plain sentence that says why a photo was refused."""
        if refusal.reason is not Reason.NOT_A_PICTURE or not refusal.kind:
            return self.reason[refusal.reason]
        sentence = self.not_a_picture_kind.format(kind=refusal.kind)
        return sentence + self.heic_remedy if refusal.kind == "HEIC" else sentence

    def failure(self, error: LycheeError) -> str:
        """One plain sentence for an error that ends a run or keeps the model from loading."""
        if isinstance(error, QueryRefused):
            return self.query_problem[error.problem].format(characters=error.characters)
        if isinstance(error, ModelUnusable):
            problem, remedy = self.model_problem[error.problem], self.model_remedy[error.problem]
            return self.model_failed.format(problem=problem.format(file=error.file), remedy=remedy)
        if isinstance(error, StorageFailed):
            return self.storage_failed.format(folder=error.folder)
        return self.unexpected

    def duration(self, seconds: float) -> str:
        """A length of time, to the second below a minute and a half, to the minute above."""
        if seconds < 90:
            return self.seconds.format(n=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
        return self.minutes.format(n=round(seconds / 60))


ENGLISH = Words(
    code="en",
    query_label="Search for",
    query_placeholder="subject + scene + features\n\nfor example: sofa + light bulb + coffee",
    rerank="Rerank",
    drop_label="Upload photos (your gallery)",
    drop_more="Upload photos (your gallery): these are added",
    drop_hint="Drop photos or a folder: JPEG, PNG or WebP. For more than 900 at once, use the mounted folder.",
    use_uploads="Uploads",
    use_folder="Folder {name}/",
    clear="Clear uploads",
    gallery="{n} photos",
    passed_over="{n} other files passed over",
    gallery_empty="There is no photo in {folder} yet: drop some here, or put them there.",
    one_photo="Please upload at least 2 photos to see a ranking.",
    loading="Loading Qwen2.5-VL & Lychee-rerank-mm…",
    loading_any="Loading the model…",
    loading_demo="Loading the demo model…",
    waiting="Waiting for the run before this one…",
    analysing="Looking at photo {i} of {n}…",
    time_left="about {time} left",
    cancel="Cancel",
    cancelling="Stopping after this photo…",
    done="{n} photos = {scored} scored + {refused} refused · {time}",
    cancelled="Cancelled: {scored} scored + {refused} refused of {n} · {time}",
    run_failed="The run stopped: {problem}",
    run_gone="That run is no longer known here; click Rerank to start it again.",
    memory_gpu="GPU Memory: {used:.1f} / {total:.1f} GB",
    memory_cpu="Memory: {used:.1f} / {total:.1f} GB (CPU)",
    caption="Rank {rank} | Score: {score:.1f}",
    raw_answer="Model output",
    raw_answer_empty="(the model said nothing)",
    no_number="⚠ no number in the answer",
    refused_title="{n} photos refused",
    demo_line=(
        "The bundled demo model answers: it only knows {icons} icons on plain backgrounds. {why} "
        "For real photos: `python -m lychee_rerank fetch`"
    ),
    demo_because={
        Why.REQUESTED: "",
        Why.WEIGHTS_FOUND: "",
        Why.NO_WEIGHTS: "",
        Why.NO_GPU: "The real weights want an NVIDIA GPU with 18 GB free; none was found.",
        Why.GPU_TOO_SMALL: "The real weights want 18 GB of free GPU memory; there is less.",
    },
    demo_unknown="The demo model doesn't know: {parts}",
    demo_try="Try:",
    examples=("sofa + light bulb + coffee", "a dog and a cat", "cake, green background"),
    driver_too_old="The NVIDIA driver is too old for this PyTorch (CUDA 13.0 needs driver 580 or newer).",
    off_gpu=(
        "{layers} layers run on the CPU: expect minutes per photo. "
        "Free some GPU memory (17.2 GiB are needed) and start again."
    ),
    model_failed="{problem} {remedy}",
    model_problem={
        ModelProblem.MISSING: "There is no model at {file}.",
        ModelProblem.INCOMPLETE: "The model folder lacks {file}.",
        ModelProblem.CUT_SHORT: "The model file {file} is cut short or damaged.",
        ModelProblem.WRONG_TENSORS: "The weights in {file} do not fit the model: tensors are missing or misshapen.",
        ModelProblem.PICKLED: "The weights in {file} are pickled, and only safetensors are loaded.",
        ModelProblem.NOT_QWEN2_5_VL: "{file} does not describe a Qwen2.5-VL model.",
        ModelProblem.BAD_TOKENIZER: "The tokenizer or processor in {file} cannot be read.",
    },
    model_remedy={
        ModelProblem.MISSING: "Name a folder with LYCHEE_MODEL, or run `python -m lychee_rerank fetch`.",
        ModelProblem.INCOMPLETE: "Run `python -m lychee_rerank fetch` again: it goes on where it stopped.",
        ModelProblem.CUT_SHORT: "Delete that file and run `python -m lychee_rerank fetch` again.",
        ModelProblem.WRONG_TENSORS: "Take another copy of the weights.",
        ModelProblem.PICKLED: "Convert them to safetensors, or take another copy.",
        ModelProblem.NOT_QWEN2_5_VL: "Name a Qwen2.5-VL folder with LYCHEE_MODEL.",
        ModelProblem.BAD_TOKENIZER: "Take another copy of the folder.",
    },
    temporary_data="{folder} cannot be written: uploads are kept in a temporary folder, gone when the app stops.",
    storage_failed="Photos could not be kept in {folder}: is the disk full?",
    unexpected="Something went wrong inside; the console says what.",
    query_problem={
        QueryProblem.EMPTY: "Please write what you are looking for first.",
        QueryProblem.TOO_LONG: "The query has {characters} characters; at most 2,000 can be scored.",
    },
    reason={
        Reason.EMPTY: "the file is empty",
        Reason.NOT_A_PICTURE: "not a JPEG, PNG or WebP picture",
        Reason.TRUNCATED: "the file ends too early",
        Reason.BROKEN: "the picture is damaged",
        Reason.TOO_MANY_PIXELS: "the picture has too many pixels",
        Reason.TOO_MANY_BYTES: "the file is larger than 200 MB",
        Reason.UNREADABLE: "the file cannot be read",
        Reason.OUT_OF_MEMORY: "there was not enough memory for it",
        Reason.SUSPECT: "the app failed on it twice",
    },
    not_a_picture_kind="this is {kind}, not a JPEG, PNG or WebP picture",
    heic_remedy="; set the phone's camera to “most compatible”, or convert it to JPEG",
    rule={
        Rule.PERCENT: "read as x / 100",
        Rule.LABELLED: "read as a labelled score",
        Rule.OUT_OF_TEN: "read as x / 10",
        Rule.POINTS: "read as x 分",
        Rule.WHOLE_ANSWER: "the whole answer is the number",
        Rule.FIRST_NUMBER: "read as the first number",
        Rule.NONE: "no number in the answer: counted as 0.0",
    },
    minutes="{n} min",
    seconds="{n} s",
)

CHINESE = Words(
    code="zh",
    query_label="搜索条件",
    query_placeholder="主体 + 场景 + 特征\n\n例如:沙发 + 灯泡 + 咖啡",
    rerank="开始重排序 (Rerank)",
    drop_label="上传多张图片 (模拟图库)",
    drop_more="上传多张图片 (模拟图库):继续添加",
    drop_hint="拖入照片或文件夹:JPEG、PNG 或 WebP。一次超过 900 张时,请改用挂载的文件夹。",
    use_uploads="已上传",
    use_folder="文件夹 {name}/",
    clear="清空上传",
    gallery="{n} 张",
    passed_over="另略过 {n} 个其他文件",
    gallery_empty="{folder} 里还没有照片:把照片拖到这里,或放进该文件夹。",
    one_photo="请至少上传2张图片以体验重排序效果。",
    loading="Loading Qwen2.5-VL & Lychee-rerank-mm…",
    loading_any="正在加载模型…",
    loading_demo="正在加载内置演示模型…",
    waiting="排队中,前面还有一次排序…",
    analysing="正在分析第{i}/{n}张图…",
    time_left="剩余约 {time}",
    cancel="取消",
    cancelling="分析完这一张就停止…",
    done="共 {n} 张 = 已评分 {scored} + 拒收 {refused} · {time}",
    cancelled="已取消:共 {n} 张,已评分 {scored},拒收 {refused} · {time}",
    run_failed="排序中断:{problem}",
    run_gone="这次排序已经找不到了,请再点一次开始重排序。",
    memory_gpu="GPU Memory: {used:.1f} / {total:.1f} GB",
    memory_cpu="内存 {used:.1f} / {total:.1f} GB(CPU)",
    caption="Rank {rank} | Score: {score:.1f}",
    raw_answer="模型输出",
    raw_answer_empty="(模型没有输出)",
    no_number="⚠ 输出里没有数字",
    refused_title="拒收 {n} 张",
    demo_line=(
        "正在使用内置演示模型:只认识纯色背景上的 {icons} 种图标。{why}给真实照片打分:`python -m lychee_rerank fetch`"
    ),
    demo_because={
        Why.REQUESTED: "",
        Why.WEIGHTS_FOUND: "",
        Why.NO_WEIGHTS: "",
        Why.NO_GPU: "真实权重需要 18 GB 空闲显存的 NVIDIA GPU,本机没有找到。",
        Why.GPU_TOO_SMALL: "真实权重需要 18 GB 空闲显存,现在不够。",
    },
    demo_unknown="演示模型不认识:{parts}",
    demo_try="试试:",
    examples=("沙发 + 灯泡 + 咖啡", "狗和猫", "蛋糕,绿色背景"),
    driver_too_old="NVIDIA 驱动太旧,不能用于当前的 PyTorch(CUDA 13.0 需要 580 或更新的驱动)。",
    off_gpu="有 {layers} 层在 CPU 上运行:每张图可能要几分钟。请腾出显存(需要 17.2 GiB)后重新启动。",
    model_failed="{problem}{remedy}",
    model_problem={
        ModelProblem.MISSING: "{file} 处没有模型。",
        ModelProblem.INCOMPLETE: "模型文件夹缺少 {file}。",
        ModelProblem.CUT_SHORT: "模型文件 {file} 不完整或已损坏。",
        ModelProblem.WRONG_TENSORS: "{file} 里的权重与模型不符:有张量缺失或形状不对。",
        ModelProblem.PICKLED: "{file} 是 pickle 格式的权重,这里只加载 safetensors。",
        ModelProblem.NOT_QWEN2_5_VL: "{file} 描述的不是 Qwen2.5-VL 模型。",
        ModelProblem.BAD_TOKENIZER: "{file} 里的分词器或处理器无法读取。",
    },
    model_remedy={
        ModelProblem.MISSING: "请用 LYCHEE_MODEL 指定文件夹,或运行 `python -m lychee_rerank fetch`。",
        ModelProblem.INCOMPLETE: "请再运行一次 `python -m lychee_rerank fetch`,会从中断处继续。",
        ModelProblem.CUT_SHORT: "请删除该文件,再运行一次 `python -m lychee_rerank fetch`。",
        ModelProblem.WRONG_TENSORS: "请换一份权重。",
        ModelProblem.PICKLED: "请转换成 safetensors,或换一份权重。",
        ModelProblem.NOT_QWEN2_5_VL: "请用 LYCHEE_MODEL 指定一个 Qwen2.5-VL 文件夹。",
        ModelProblem.BAD_TOKENIZER: "请换一份模型文件夹。",
    },
    temporary_data="{folder} 不可写:上传的照片暂存在临时文件夹里,应用停止后即消失。",
    storage_failed="照片无法保存到 {folder}:磁盘满了吗?",
    unexpected="内部出错了,详情见控制台。",
    query_problem={
        QueryProblem.EMPTY: "请先写下搜索条件。",
        QueryProblem.TOO_LONG: "搜索条件有 {characters} 个字符,最多 2000 个。",
    },
    reason={
        Reason.EMPTY: "文件是空的",
        Reason.NOT_A_PICTURE: "不是 JPEG、PNG 或 WebP 图片",
        Reason.TRUNCATED: "文件不完整,提前结束了",
        Reason.BROKEN: "图片已损坏",
        Reason.TOO_MANY_PIXELS: "图片像素太多",
        Reason.TOO_MANY_BYTES: "文件超过 200 MB",
        Reason.UNREADABLE: "文件无法读取",
        Reason.OUT_OF_MEMORY: "内存不足,无法处理",
        Reason.SUSPECT: "应用两次在这张图上出错",
    },
    not_a_picture_kind="这是 {kind},不是 JPEG、PNG 或 WebP 图片",
    heic_remedy=";请在手机相机设置里选“兼容性最佳”,或转换成 JPEG",
    rule={
        Rule.PERCENT: "按 x / 100 读取",
        Rule.LABELLED: "按标明的分数读取",
        Rule.OUT_OF_TEN: "按 x / 10 读取",
        Rule.POINTS: "按 x 分读取",
        Rule.WHOLE_ANSWER: "整个输出就是分数",
        Rule.FIRST_NUMBER: "取第一个数字",
        Rule.NONE: "输出里没有数字,计 0.0 分",
    },
    minutes="{n} 分钟",
    seconds="{n} 秒",
)


def words_for(locale: str | None) -> Words:
    """The table for a locale such as "zh-CN" or "zh_CN.UTF-8": Chinese for Chinese, English for every other."""
    return CHINESE if (locale or "").lower().startswith("zh") else ENGLISH
