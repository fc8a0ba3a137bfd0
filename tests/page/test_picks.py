"""Picks: ticked one by one or by the line, kept with the run, the same in every tab."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.errors import StorageFailed
from lychee_rerank.service import open_service
from tests.page.pages import RESULTS, Open, addresses, export, export_part, names_in, ranks


def test_picks_are_ticked_one_by_one_and_by_the_line(page: AppTest) -> None:
    box = next(box for box in page.checkbox if box.label == RESULTS.pick)
    box.check().run()
    assert len(names_in(export(page, "picks"))) == 2  # the photo and the table
    page.number_input(key="min").set_value(6.5).run()
    page.button(key="pick-above").click().run()
    assert [name[:3] for name in names_in(export(page, "picks"))] == ["001", "002", "003", "004", "ran"]
    page.button(key="pick-below").click().run()
    assert [name[:3] for name in names_in(export(page, "picks"))] == ["005", "006", "007", "ran"]
    page.button(key="pick-none").click().run()
    export_part(page).set_value("picks").run()
    assert RESULTS.as_zip not in addresses(page)


def test_picks_are_there_again_when_the_page_is_opened_anew(open_page: Open, page: AppTest) -> None:
    run = page.query_params["run"]
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    other = open_page(run=run)
    assert [box.value for box in other.checkbox if box.label == RESULTS.pick] == [True] + [False] * 6
    other.number_input(key="min").set_value(6.5).run()
    other.button(key="pick-above").click().run()
    page.button(key="pick-none").click().run()  # this page shows one tick, and takes that one off
    assert open_service().store.picks.of(run) == {1, 2, 3}


def ticks(page: AppTest) -> list[bool]:
    return [box.value for box in page.checkbox if box.label == RESULTS.pick]


def test_ticks_that_another_tab_took_off_are_gone_here_too(open_page: Open, page: AppTest) -> None:
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    other = open_page(run=page.query_params["run"])
    other.button(key="pick-none").click().run()
    assert ticks(page.run()) == [False] * 7


def test_a_checkbox_speaks_for_a_tick_only_until_something_else_has_changed_it(page: AppTest) -> None:
    box = next(box for box in page.checkbox if box.label == RESULTS.pick)
    box.check()  # on its way while the tick is given in the large view and taken off again
    run = page.query_params["run"]
    state = page.session_state[f"boxes-of-{run}"]
    state[0] = replace(state[0], key="a newer one")
    assert ticks(page.run()) == [False] * 7
    assert open_service().store.picks.of(run) == frozenset()


def test_picks_that_cannot_be_read_are_none_and_the_results_stand(
    open_page: Open, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run_id: str) -> frozenset[int]:
        raise StorageFailed("the data folder", detail="disk I/O error")

    monkeypatch.setattr(open_service().store.picks, "of", fail)
    other = open_page(run=page.query_params["run"])
    assert not any(box.value for box in other.checkbox if box.label == RESULTS.pick)
    assert ranks(other) == [1, 2, 3, 4, 5, 6, 7]
