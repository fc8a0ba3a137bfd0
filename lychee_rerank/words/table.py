"""The sentences of a language as one frozen table: the type checker finds the language that lacks one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lychee_rerank.errors import (
    CalibrationRefused,
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
from lychee_rerank.model_card import ChoiceReason
from lychee_rerank.problems import (
    CopyProblem,
    DataProblem,
    FolderProblem,
    ModelProblem,
    PassedOver,
    QueryProblem,
    RefusalReason,
    RowProblem,
)
from lychee_rerank.records import Refusal, Rule
from lychee_rerank.results.conditions import LEAST, MOST, Condition
from lychee_rerank.results.ranking import Copied
from lychee_rerank.results.spread import Spread, SpreadVerdict
from lychee_rerank.words.like import LikeWords
from lychee_rerank.words.lists import ListWords
from lychee_rerank.words.results import ResultWords


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    code: str
    query_label: str
    query_placeholder: str
    rerank: str
    query_key: str
    drop_label: str
    upload: str
    upload_hint: str
    server_away: str
    skip: str
    skip_main: str
    drop_more: str
    drop_hint: str
    large_drop: str
    use_uploads: str
    use_folder: str
    new_gallery: str
    gallery: str
    gallery_one: str
    gallery_gone: str
    keeping: str
    folder_unreadable: str
    passed_over: str
    passed_over_kind: dict[PassedOver, str]
    between_kinds: str
    listing: str
    rescan: str
    rescanning: str
    listing_first: str
    subfolder: str
    all_subfolders: str
    unreadable: str
    unreadable_more: str
    gallery_empty: str
    one_photo: str
    loading: str
    loading_any: str
    loading_demo: str
    waiting: str
    analysing: str
    looking_quickly: str
    time_left: str
    cancel: str
    cancelling: str
    done: str
    cancelled: str
    failed: str
    not_looked_at: str
    quickly_looked_at: str
    run_failed: str
    results_of: str
    other_run: str
    show: str
    run_gone: str
    model_line: str
    remote_model_line: str
    servers_line: str
    servers_away: str
    memory_gpu: str
    memory_cpu: str
    caption: str
    cliff: str
    cliff_one: str
    verdict: dict[SpreadVerdict, str]
    tied: str
    score_of: str
    past_runs: str
    open_run: str
    clear_run: str
    run_cleared: str
    undo: str
    kept_where: str
    kept_days: str
    kept_not: str
    raw_answer: str
    raw_answer_empty: str
    reading: str
    no_number: str
    refused_title: str
    refused_columns: tuple[str, str]
    no_photos: str
    demo_line: str
    demo_short: str
    demo_because: dict[ChoiceReason, str]
    demo_unknown: str
    demo_outside: str
    demo_outside_count: str
    demo_try: str
    examples: tuple[str, ...]
    driver_too_old: str
    off_gpu: str
    model_failed: str
    model_problem: dict[ModelProblem, str]
    model_remedy: dict[ModelProblem, str]
    data_problem: dict[DataProblem, str]
    set_aside: str
    not_saving: str
    elsewhere: str
    storage_failed: str
    device_lost: str
    unexpected: str
    not_installed: str
    bulk_progress: str
    bulk_done: str
    query_problem: dict[QueryProblem, str]
    example_refused: str
    reason: dict[RefusalReason, str]
    reason_detail: dict[RefusalReason, str]
    kind: dict[str, str]
    rule: dict[Rule, str]
    copy_problem: dict[CopyProblem, str]
    folder_problem: dict[FolderProblem, str]
    exported: str
    exported_before: str
    exported_some_before: str
    login_label: str
    login_button: str
    login_wrong: str
    login_wait: str
    hours: str
    minutes: str
    seconds: str
    results: ResultWords
    lists: ListWords
    like: LikeWords

    def refusal(self, refusal: Refusal | ExampleRefused) -> str:
        """One plain sentence: why a photo, or an example, was refused."""
        if not refusal.detail:
            return self.reason[refusal.reason]
        return self.reason_detail[refusal.reason].format(detail=self.kind.get(refusal.detail, refusal.detail))

    def describe(self, problem: Refusal | CopyProblem | RowProblem) -> str:
        """One plain sentence: why a photo was refused or not copied whole, or why a row was passed over."""
        if isinstance(problem, Refusal):
            return self.refusal(problem)
        return self.copy_problem[problem] if isinstance(problem, CopyProblem) else self.lists.row_problem[problem]

    def term(self, name: str) -> str:
        """The name of a column or value of a moderated table, or of the rule that a score was read by."""
        return self.rule[name] if isinstance(name, Rule) else self.lists.terms[name]

    def failure(self, error: LycheeError) -> str:
        """One plain sentence for an error that ends a run or keeps the model from loading."""
        if isinstance(error, QueryRefused):
            return self.query_problem[error.problem].format(characters=error.characters)
        if isinstance(error, ExampleRefused):
            return self.example_refused.format(reason=self.refusal(error))
        if isinstance(error, ModelUnusable):
            problem, remedy = self.model_problem[error.problem], self.model_remedy[error.problem]
            return self.model_failed.format(problem=problem.format(file=error.file), remedy=remedy)
        if isinstance(error, StorageFailed):
            return self.storage_failed.format(folder=error.folder)
        if isinstance(error, ExportFailed):
            sentence = self.folder_problem[error.problem]
            return sentence.format(folder=error.folder, user=error.user, detail=error.detail)
        if isinstance(error, PairsInvalid):
            return self.lists.problem[error.problem].format(file=error.file, detail=error.detail)
        if isinstance(error, CalibrationRefused):
            return self.results.calibration_problem[error.problem].format(file=error.file, made_for=error.made_for)
        if isinstance(error, ScoringElsewhere):
            return self.elsewhere
        if isinstance(error, DeviceLost):
            return self.device_lost
        return self.unexpected

    def spread(self, spread: Spread) -> tuple[str, ...]:
        """The spread of the scores in up to two sentences."""
        sentences = (self.stand_out(spread.cliff) if spread.cliff else "", self.verdict[spread.verdict])
        return tuple(filter(None, sentences))

    def stand_out(self, count: int) -> str:
        """How many photos stand out."""
        return self.cliff_one if count == 1 else self.cliff.format(n=count)

    def condition(self, condition: Condition) -> str:
        """What is asked of a part of the query: "coffee from 6"."""
        line = self.results.condition_both
        if condition.least == LEAST:
            line = self.results.condition_most
        elif condition.most == MOST:
            line = self.results.condition_least
        return line.format(part=condition.part.text, least=f"{condition.least:g}", most=f"{condition.most:g}")

    def duration(self, seconds: float) -> str:
        """A length of time: seconds up to one and a half minutes, minutes up to one and a half hours, then hours."""
        if seconds < 90:
            return self.seconds.format(n=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
        if seconds < 90 * 60:
            return self.minutes.format(n=round(seconds / 60))
        return self.hours.format(n=f"{seconds / 3600:.1f}")

    def photos(self, count: int) -> str:
        """How many photos there are."""
        return self.gallery_one if count == 1 else self.gallery.format(n=count)

    def other_files(self, reasons: Mapping[PassedOver, int]) -> str:
        """How many files were passed over, and of which kinds they are."""
        kinds = [f"{self.passed_over_kind[reason]} {reasons[reason]}" for reason in PassedOver if reasons.get(reason)]
        return self.passed_over.format(n=sum(reasons.values()), kinds=self.between_kinds.join(kinds))

    def copied(self, copies: Sequence[Copied], *, folder: str, table: str) -> str:
        """How many copies lie in the folder now, and how many of them lay there before."""
        new = sum(bool(copy.file) and not copy.existed for copy in copies)
        existed = sum(copy.existed for copy in copies)
        if existed and not new:
            return self.exported_before.format(n=self.photos(existed), folder=folder, table=table)
        sentence = self.exported.format(n=self.photos(new), folder=folder, table=table)
        return sentence + self.exported_some_before.format(n=self.photos(existed)) if existed else sentence

    def pairs(self, count: int) -> str:
        """How many pairs of a photo and a text there are."""
        return self.lists.pairs_one if count == 1 else self.lists.pairs.format(n=count)

    def shares(self, **shares: float | None) -> dict[str, str]:
        """Each share, from 0 to 1, as a percentage; None where there is nothing to share out."""
        return {name: self.lists.undefined if share is None else f"{share:.1%}" for name, share in shares.items()}
