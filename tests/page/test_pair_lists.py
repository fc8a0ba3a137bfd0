"""A list of photos and texts dropped on the page, driven without a browser: its pairs, the flagged first, the table."""

import re
import unicodedata
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from lychee_rerank.problems import PairsProblem, RowProblem
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH, Words
from tests.fakes import FakeJudge
from tests.page.pages import (
    LANGUAGES,
    REDS,
    Open,
    addresses,
    fetch,
    finish,
    large,
    rerank,
    rows_of,
    texts,
    upload,
    warnings,
)
from tests.pictures import encode, make_plain, write_reds

TABLE = ENGLISH.lists.table
PHOTOS = [(name, encode(make_plain((red, 0, 0)), "PNG")) for name, red in REDS.items()]
ROWS = ["a.png,a sofa,0", "b.png,ein Hund,1", "c.png,a **cat**,1", "d.png,一只鸟,"]


def write_list(*rows: str, name: str = "posts.csv", head: str = "file,text,label") -> tuple[str, bytes]:
    return name, "\n".join([head, *rows]).encode()


def button(page: AppTest, kind: str, name: str = "posts.csv") -> Button:
    """The one button of this kind on the line of the list of that name."""
    (found,) = (button for button in page.button if str(button.key).startswith(f"{kind}-{name} "))
    return found


def moderate(page: AppTest) -> AppTest:
    """Clicks the button of the list, and draws the page again once every pair is scored."""
    return finish(button(page, "moderate").click().run())


def lines(page: AppTest) -> list[str]:
    """What the line of each list begins with, from the top."""
    return [text.value for text in page.text if re.match(r"(⚠ )?[^ “]+\.csv ", text.value, re.IGNORECASE)]


def kept_files() -> list[bytes]:
    """The bytes of every upload that lies in the data folder."""
    return sorted(path.read_bytes() for path in (open_service().data.path / "uploads").iterdir())


def drop(page: AppTest, *rows: str) -> AppTest:
    """The four photos and a list of these rows."""
    return upload(page, *PHOTOS, write_list(*(rows or ROWS)))


def shown(page: AppTest) -> list[tuple[str, str]]:
    """Name and text of each card, in order."""
    values = [text.value for text in page.text]
    return [(value, values[n + 1]) for n, value in enumerate(values) if value in REDS]


def lines_between(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if 'class="cliff"' in element.proto.body]


def shows_sum(page: AppTest, start: str) -> bool:
    return any(text.startswith(start) for text in texts(page))


@LANGUAGES
def test_a_list_is_no_photo_and_shows_its_pairs_and_what_it_passes_over(
    open_page: Open, locale: str, words: Words
) -> None:
    page = drop(open_page(locale), *ROWS, "gone.png,no photo,", "a.png,,1")
    assert words.photos(4) in texts(page)
    assert f"posts.csv · {words.pairs(4)}" in texts(page)
    assert button(page, "moderate").label == words.lists.moderate
    row, problem = words.lists.row_line, words.lists.row_problem
    gone = row.format(line=6, problem=f"gone.png · {problem[RowProblem.NOT_THERE]}")
    assert f"{gone}\n{row.format(line=7, problem=f'a.png · {problem[RowProblem.NO_TEXT]}')}" in texts(page)


@LANGUAGES
def test_each_pair_is_scored_against_its_own_text_and_the_flagged_come_first(
    open_page: Open, judge: FakeJudge, locale: str, words: Words
) -> None:
    page = moderate(drop(open_page(locale)))
    assert judge.queries == ["a sofa", "ein hund", "a **cat**", "一只鸟"]
    counts = {"flagged": 2, "passed": 2, "refused": 0}
    assert f"##### {words.lists.moderated.format(all=words.pairs(4), threshold=5, **counts)}" in texts(page)
    assert shown(page) == [("c.png", "a **cat**"), ("a.png", "a sofa"), ("d.png", "一只鸟"), ("b.png", "ein Hund")]
    assert [line for line in lines_between(page) if words.lists.line.format(n=2, threshold=5) in line]
    assert [code.value for code in page.code] == ["0.0", "2.0", "6.0", "10.0"]
    assert shows_sum(page, words.done.format(all=words.pairs(4), scored=4, refused=0, time=""))
    figures = words.lists.figures.format(n=3, accuracy="66.7%", precision="50.0%", recall="100.0%")
    assert f"{words.lists.work_saved.format(share='50.0%')} · {figures}" in texts(page)
    assert words.lists.does_not_fit in texts(page)
    assert not page.checkbox


def test_another_threshold_flags_others_at_once_and_stands_in_the_address(open_page: Open, judge: FakeJudge) -> None:
    page = moderate(drop(open_page()))
    page.number_input(key="below").set_value(1.5).run()
    assert any("4 pairs = 1 below 1.5 + 3 not below it" in text for text in texts(page))
    page.number_input(key="below").set_value(0.0).run()
    assert lines_between(page) == []
    page = open_page(run=page.query_params["run"], below="7.5")
    assert any("4 pairs = 3 below 7.5 + 1 not below it" in text for text in texts(page))
    assert judge.answers == 4


def test_the_table_has_every_row_and_is_gone_with_the_run(open_page: Open) -> None:
    page = moderate(upload(open_page(), *PHOTOS, ("e.png", b"no picture"), write_list(*ROWS, "e.png,a bird,", "x,y,")))
    read = rows_of(fetch(page, TABLE))
    assert [(row["file"], row["text"], row["score"], row["flagged"], row["answer"]) for row in read] == [
        ("c.png", "a **cat**", "0.0", "yes", "0.0"),
        ("a.png", "a sofa", "2.0", "yes", "2.0"),
        ("d.png", "一只鸟", "6.0", "no", "6.0"),
        ("b.png", "ein Hund", "10.0", "no", "10.0"),
        ("e.png", "a bird", "", "", ""),
        ("x", "y", "", "", ""),
    ]
    service, path = open_service(), addresses(page)[TABLE]
    assert service.downloads.find(path.rsplit("/", 1)[1], owner="").name == "posts-below-5.csv"  # type: ignore[union-attr]
    run_id = page.query_params["run"]
    service.worker.book.forget(run_id)
    service.retention.clear_run(run_id)
    download = service.downloads.find(path.rsplit("/", 1)[1], owner="")
    assert download is not None
    assert download.open() is None


@LANGUAGES
def test_the_table_is_in_the_pages_language_and_a_list_again(open_page: Open, locale: str, words: Words) -> None:
    page = moderate(drop(open_page(locale), *ROWS, "d.png,@you: 一只鸟,1"))
    table = fetch(page, words.lists.table)
    assert [row[words.term("flagged")] for row in rows_of(table)] == [
        words.term(flagged) for flagged in ("yes", "yes", *["no"] * 3)
    ]
    page = upload(page, ("again.csv", table))
    assert lines(page) == [f"again.csv · {words.pairs(5)}", f"posts.csv · {words.pairs(5)}"]


def test_refused_photos_and_rows_passed_over_are_listed_below_the_others(open_page: Open) -> None:
    page = moderate(upload(open_page(), *PHOTOS, ("e.png", b"no picture"), write_list(*ROWS, "e.png,a bird,", "x,y,")))
    assert ENGLISH.refused_title.format(n=1) in texts(page)
    (below,) = (expander for expander in page.expander if expander.label == ENGLISH.lists.passed_over.format(n=1))
    assert [text.value for text in below.text] == ["line 7: x · there is no such file"]
    assert [len(table.value) for table in page.dataframe] == [1]
    assert texts(page).count("line 7: x · there is no such file") == 2  # beside the list too


def test_one_pair_is_enough(open_page: Open) -> None:
    page = moderate(upload(open_page(), PHOTOS[0], write_list(ROWS[0])))
    assert shown(page) == [("a.png", "a sofa")]
    assert any(text.startswith("##### 1 pair = 1 below 5") for text in texts(page))


def test_a_list_beside_the_mounted_folder_is_about_its_photos(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = upload(open_page(), write_list("a.png,a sofa,", "sub/b.png,a dog,"))
    assert "posts.csv · 2 pairs" in texts(page)
    assert shown(moderate(page)) == [("a.png", "a sofa"), ("b.png", "a dog")]


def test_a_list_whose_photos_are_not_there_names_them_and_cannot_be_scored(open_page: Open) -> None:
    page = upload(open_page(), write_list(*ROWS))
    assert "posts.csv · 0 pairs" in texts(page)
    assert button(page, "moderate").disabled
    (problems,) = (text for text in texts(page) if text.startswith("line 2: a.png · there is no such file\n"))
    assert len(problems.splitlines()) == 4


@LANGUAGES
def test_a_csv_that_is_no_list_is_named_and_the_photos_are_ranked(open_page: Open, locale: str, words: Words) -> None:
    page = upload(open_page(locale), *PHOTOS, write_list("1,2", name="notes.CSV", head="x,y"))
    assert lines(page) == ["⚠ " + words.lists.problem[PairsProblem.NO_COLUMNS].format(file="notes.CSV")]
    assert warnings(page) == []
    page = rerank(page, "red")
    assert shows_sum(page, words.done.format(all=words.photos(4), scored=4, refused=0, time=""))


@LANGUAGES
def test_a_list_is_removed_for_good_whatever_is_wrong_with_it(open_page: Open, locale: str, words: Words) -> None:
    page = upload(open_page(locale), *PHOTOS, write_list(*ROWS), write_list("1,2", name="notes.csv", head="x,y"))
    assert button(page, "remove").label == words.lists.remove
    assert len(kept_files()) == 6
    button(page, "remove", "notes.csv").click().run()
    assert lines(page) == [f"posts.csv · {words.pairs(4)}"]
    button(page, "remove").click().run()
    assert lines(open_page(locale, gallery=page.query_params["gallery"])) == lines(page) == []
    assert kept_files() == sorted(content for _, content in PHOTOS)
    assert words.photos(4) in texts(page)


def test_results_outlive_their_list(open_page: Open) -> None:
    page = moderate(drop(open_page()))
    button(page, "remove").click().run()
    assert (lines(page), shown(page)[0]) == ([], ("c.png", "a **cat**"))
    assert "“posts.csv” · 4 pairs" in texts(page)
    assert len(rows_of(fetch(page, TABLE))) == 4


def test_a_list_that_lies_in_another_gallery_too_stays_there(open_page: Open) -> None:
    first, second = drop(open_page()), drop(open_page())
    button(second, "remove").click().run()
    assert (lines(first.run()), lines(second)) == (["posts.csv · 4 pairs"], [])
    assert write_list(*ROWS)[1] in kept_files()
    button(first, "remove").click().run()
    assert write_list(*ROWS)[1] not in kept_files()


@LANGUAGES
def test_a_corrected_list_takes_the_place_of_the_one_before(open_page: Open, locale: str, words: Words) -> None:
    wrong, right = write_list("1,2", head="x,y"), write_list(*ROWS[:3])
    page = upload(open_page(locale), *PHOTOS, wrong)
    assert [line[0] for line in lines(page)] == ["⚠"]
    upload(page, right)
    assert lines(page) == [f"posts.csv · {words.pairs(3)}"]
    assert (wrong[1] in kept_files(), right[1] in kept_files()) == (False, True)
    upload(page, right)
    assert lines(page) == [f"posts.csv · {words.pairs(3)}"]
    upload(page, write_list("1,2", name="notes.csv", head="x,y"), ("posts.csv.png", PHOTOS[0][1]))
    assert f"posts.csv · {words.pairs(3)}" in lines(page)


def test_lists_that_came_together_stay_both_even_under_one_name(open_page: Open) -> None:
    page = upload(open_page(), *PHOTOS, write_list(*ROWS[:1]), write_list(*ROWS[:2]))
    assert lines(page) == ["posts.csv · 2 pairs", "posts.csv · 1 pair"]
    upload(page, write_list(*ROWS))
    assert lines(page) == ["posts.csv · 4 pairs"]


@LANGUAGES
def test_the_list_that_was_added_last_is_the_first_and_marked(open_page: Open, locale: str, words: Words) -> None:
    page = drop(open_page(locale))
    assert words.lists.newest not in texts(page)
    upload(page, write_list(ROWS[0], name="more.csv"))
    upload(page, write_list(*ROWS[:2], name="last.csv"))
    assert lines(page) == [
        f"last.csv · {words.pairs(2)}",
        f"more.csv · {words.pairs(1)}",
        f"posts.csv · {words.pairs(4)}",
    ]
    assert texts(page).count(words.lists.newest) == 1
    upload(page, write_list(*ROWS[:3]))
    assert lines(page)[0] == f"posts.csv · {words.pairs(3)}"
    page = finish(button(page, "moderate", "more.csv").click().run())
    assert f"“more.csv” · {words.pairs(1)}" in texts(page)
    for name in ("more.csv", "last.csv"):
        button(page, "remove", name).click().run()
    assert words.lists.newest not in texts(page)


@LANGUAGES
def test_of_many_rows_passed_over_the_first_hundred_are_shown(open_page: Open, locale: str, words: Words) -> None:
    page = drop(open_page(locale), *ROWS, *(f"gone-{n}.png,no photo," for n in range(205)))
    (problems,) = (text for text in texts(page) if "gone-0.png" in text)
    assert problems.splitlines()[-1].startswith(words.lists.row_line.format(line=105, problem="gone-99.png"))
    assert words.unreadable_more.format(n=105) in texts(page)
    assert lines(page) == [f"posts.csv · {words.pairs(4)}"]


def test_names_in_a_list_are_text_on_a_line_of_their_own(open_page: Open) -> None:
    image, lines_in_it, long = "![x](http://example.org/x.png)", "a\nline 9: b", "x" * 3000
    page = drop(open_page(), *ROWS, f"{image},y,", f'"{lines_in_it}",y,', f"{long},y,")
    problems = next(text.value for text in page.text if image in text.value).splitlines()
    assert [line.split(" · ")[0] for line in problems] == [
        f"line 6: {image}", "line 7: a line 9: b", f"line 9: {'x' * 200}…",
    ]  # fmt: skip
    assert image not in str([element.value for element in (*page.markdown, *page.caption)])


def test_the_name_of_a_list_is_text(open_page: Open) -> None:
    name = "![x](http://example.org/x.png).csv"
    page = upload(open_page(), *PHOTOS, write_list("1,2", name=name, head="x,y"))
    assert len([text for text in page.text if name in text.value]) == 1
    assert warnings(page) == []
    assert name not in str([element.value for element in (*page.markdown, *page.caption)])


def test_a_name_that_leads_out_is_shown_as_such(open_page: Open) -> None:
    page = drop(open_page(), *ROWS, "../../etc/passwd,y,", "C:\\photos\\A.png,y,", "./a.png,y,", "x/../b.png,y,")
    assert f"line 6: ../../etc/passwd · {ENGLISH.lists.row_problem[RowProblem.OUTSIDE]}" in texts(page)
    assert lines(page) == ["posts.csv · 7 pairs"]


def test_a_run_of_pairs_opens_again_and_leaves_the_query_alone(open_page: Open, judge: FakeJudge) -> None:
    page = moderate(drop(open_page()))
    run_id, cards = page.query_params["run"], shown(page)
    open_service().worker.book.forget(run_id)
    page = open_page(run=run_id)
    assert shown(page) == cards
    assert not page.text_area(key="query").value
    assert "“posts.csv” · 4 pairs" in texts(page)
    page = open_page()
    page.text_area(key="query").set_value("red").run()
    page.button(key=f"open-{run_id}").click().run()
    assert shown(page) == cards
    assert page.text_area(key="query").value == "red"
    assert judge.answers == 4


def test_the_large_view_has_the_photos_own_text(open_page: Open) -> None:
    page = moderate(drop(open_page()))
    large(page, 0).click().run()
    assert [text.value for text in page.text][-2:] == ["a.png", "a sofa"]
    assert not [button.key for button in page.button if (button.key or "").startswith(("pick-large", "stars-"))]
    (keys,) = (text for text in texts(page) if "`Esc`" in text)
    assert "`→`" in keys
    assert "`X`" not in keys
    assert page.button(key="why")


def test_names_are_found_whatever_system_wrote_them(open_page: Open) -> None:
    photo = (unicodedata.normalize("NFD", "Café.PNG"), PHOTOS[0][1])
    page = upload(open_page(), photo, write_list("posts\\café.png,a sofa,"))
    assert "posts.csv · 1 pair" in texts(page)


@LANGUAGES
def test_damaged_lines_of_a_list_are_named_by_number(open_page: Open, locale: str, words: Words) -> None:
    page = drop(open_page(locale), ROWS[0], 'b.png,"ein Hund,1', "c.png,a cat, or two,1", ROWS[3])
    assert lines(page) == [f"posts.csv · {words.pairs(2)}"]
    row, problem = words.lists.row_line, words.lists.row_problem
    quotes = row.format(line=3, problem=problem[RowProblem.UNREADABLE])
    assert f"{quotes}\n{row.format(line=4, problem=problem[RowProblem.TOO_MANY_CELLS])}" in texts(page)


@LANGUAGES
def test_what_a_list_was_read_as_is_told_and_one_that_is_not_certain_refused(
    open_page: Open, locale: str, words: Words
) -> None:
    rows = "file,text\r\na.png,客厅里的红色沙发\r\n"
    page = upload(open_page(locale), *PHOTOS, ("posts.csv", rows.encode("gbk")))
    assert lines(page) == [f"posts.csv · {words.pairs(1)} · {words.lists.read_as.format(encoding='GB18030')}"]
    upload(page, ("posts.csv", "file,text\na.png,猫\n".encode("gbk")))
    assert lines(page) == ["⚠ " + words.lists.problem[PairsProblem.UNKNOWN_ENCODING].format(file="posts.csv")]
