"""The model on the page: what it is, what it does not know, and that it loads or cannot be used."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.model.servers import Servers
from lychee_rerank.model_card import ChoiceReason, GpuState, ModelChoice
from lychee_rerank.problems import ModelProblem
from lychee_rerank.records import Readout, Rule
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.scoring.prompts import template_for
from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.fakes import FakeJudge
from tests.limits import WAIT_S
from tests.page.pages import LANGUAGES, REDS, Open, captions, click, finish, rerank, texts, warnings
from tests.pictures import write_reds


@LANGUAGES
@pytest.mark.parametrize(
    ("demo", "label_mass", "outside"), [(True, 0.79, 4), (True, 0.8, 0), (False, 0.1, 0)], ids=["low", "high", "7B"]
)
def test_photos_that_the_demo_model_does_not_know_are_marked_and_counted(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words, demo: bool, label_mass: float,
    outside: int
) -> None:  # fmt: skip
    write_reds(photo_folder, REDS)
    judge.card, judge.label_mass = replace(judge.card, demo=demo), label_mass
    shown = texts(rerank(open_page(locale), "red"))
    assert shown.count(words.demo_outside) == outside
    assert (words.demo_outside_count.format(n=4) in shown) == bool(outside)


@pytest.mark.parametrize(("readout", "rule"), [("expected", Rule.EXPECTED), ("yes_no", Rule.YES_NO)])
def test_the_page_scores_by_the_readout_of_the_settings(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, readout: str, rule: Rule
) -> None:
    monkeypatch.setenv("LYCHEE_READOUT", readout)
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), "red")
    assert sum(caption.value.startswith(ENGLISH.rule[rule]) for caption in page.caption) == 4
    assert judge.templates == [template_for(Readout(readout))]


@LANGUAGES
def test_a_model_that_cannot_be_used_is_shown_with_file_and_remedy(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    def load(self: ModelLoader) -> Judge:
        raise ModelUnusable(ModelProblem.CUT_SHORT, file="model-00002-of-00004.safetensors", remedy="fetch it again")

    monkeypatch.setattr(ModelLoader, "load", load)
    write_reds(photo_folder, REDS)
    page = open_page(locale)
    (error,) = [error.value for error in page.error]
    assert "model-00002-of-00004.safetensors" in error
    assert words.model_remedy[ModelProblem.CUT_SHORT] in error


def test_the_demo_model_is_named_with_example_queries_and_with_what_it_cannot_know(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, judge: FakeJudge
) -> None:
    def load(self: ModelLoader) -> Judge:
        self.choice = ModelChoice(DEMO_FOLDER, "demo", demo=True, reason=ChoiceReason.NO_WEIGHTS)
        return judge

    monkeypatch.setattr(ModelLoader, "load", load)
    write_reds(photo_folder, REDS)
    page = open_page("zh-CN")
    assert any("内置演示模型" in text and "lychee-rerank fetch" in text for text in texts(page))
    page.button(key="example-0").click().run()
    assert page.text_area(key="query").value == CHINESE.examples[0]
    assert not any(text.startswith(CHINESE.demo_unknown[:7]) for text in texts(page))
    page.text_area(key="query").set_value("沙发 + 藏族姑娘").run()
    assert CHINESE.demo_unknown.format(parts="藏族姑娘") in texts(page)


@LANGUAGES
def test_an_old_driver_and_layers_off_the_gpu_are_shown(
    open_page: Open, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    judge.card = replace(judge.card, off_gpu_layers=12)

    def load(self: ModelLoader) -> Judge:
        self.gpu = GpuState(name=None, free_bytes=0, total_bytes=0, driver_too_old=True)
        return judge

    monkeypatch.setattr(ModelLoader, "load", load)
    assert warnings(open_page(locale)) == [words.driver_too_old, words.off_gpu.format(layers=12)]


def test_a_run_started_while_the_model_loads_waits_for_it(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(ModelLoader, "load", lambda self: gate.wait(WAIT_S) and judge)
    write_reds(photo_folder, REDS)
    page = open_page(wait=False)
    assert ENGLISH.loading_any in texts(page)
    click(page, "red")
    assert ENGLISH.waiting.format(n=0) not in texts(page)
    gate.set()
    finish(page)
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"


@LANGUAGES
def test_where_servers_score_the_page_names_them_and_those_that_are_away(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    servers = Servers(["http://a:8000", "http://b:8000/"])

    def load(loader: ModelLoader) -> Judge:
        loader.servers = servers
        return judge

    monkeypatch.setattr(ModelLoader, "load", load)
    write_reds(photo_folder, REDS)
    judge.card = replace(judge.card, name="a-model", parameters=0)
    page = open_page(locale)
    assert [one.value for one in page.info] == [words.servers_line.format(servers="http://a:8000 · http://b:8000")]
    assert warnings(page) == []
    assert page.caption[-1].value.endswith(" · a-model")
    servers._leave(servers._servers[1], pause_s=1.0)
    assert warnings(page.run()) == [words.servers_away.format(servers="http://b:8000")]
