"""The page of an inventory."""

from pathlib import Path

from report.markup import parsed
from report.pages_of_parts import write_application

from greenshift.report.html import render_page
from greenshift.report.page import Grid, Outcome, Page, Plot
from greenshift.shift.scan.inventory import scan
from greenshift.shift.scan.page import page_of


def page_at(folder: Path) -> Page:
    return page_of(scan(write_application(folder)))


def test_every_place_is_on_it(tmp_path: Path) -> None:
    inventory = scan(write_application(tmp_path / "shop"))
    page = page_of(inventory)
    grids = [block for section in page.sections for block in section.blocks if isinstance(block, Grid)]
    shown = {row for grid in grids for row in grid.rows if len(row) == 4}
    assert shown == {(str(item.place), item.kind, item.text, item.action) for item in inventory.items}
    assert ("app/service.py:10", "query", "session.query(Order).filter(Order.total > least).all()") in {
        row[:3] for row in shown
    }
    assert page.title == "shop"
    assert page.data == inventory.as_dict()
    cells = {cell.text for cell in parsed(render_page(page)).all("td")}
    assert {"app/database.py:4", "becomes create_async_engine"} <= cells


def test_its_figures_and_plots_count_the_places(tmp_path: Path) -> None:
    inventory = scan(write_application(tmp_path / "shop"))
    page = page_of(inventory)
    boundaries, left = page.verdicts
    assert boundaries.answer == f"{len(inventory.boundaries)} sync session boundaries"
    assert boundaries.outcome is Outcome.NEUTRAL
    assert left.outcome is (Outcome.UNSURE if inventory.left else Outcome.GOOD)
    plots = [block for block in page.sections[0].blocks if isinstance(block, Plot)]
    assert [plot.title.split()[0] for plot in plots] == ["Places", "Places", "The"]
    for plot in plots:
        assert sum(plot.series[0].y) == len(inventory.items)


def test_what_could_not_be_read_is_bad(tmp_path: Path) -> None:
    (tmp_path / "shop" / "app").mkdir(parents=True)
    (tmp_path / "shop" / "app" / "broken.py").write_text("def (:\n")
    page = page_at(tmp_path / "shop")
    assert page.verdicts[-1].outcome is Outcome.BAD
    (section,) = [section for section in page.sections if section.title == "Not read"]
    assert section.blocks[0].rows[0][0] == "app/broken.py"  # type: ignore[union-attr]


def test_an_application_without_a_sync_session_is_good(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print(1)\n")
    page = page_of(scan(tmp_path))
    assert [verdict.outcome for verdict in page.verdicts] == [Outcome.GOOD, Outcome.GOOD]
    assert page.verdicts[0].answer == "none is left"
    parsed(render_page(page))
