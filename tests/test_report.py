"""The page and the pictures: in a browser, without a network, in either colour scheme."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import children_here
from playwright.sync_api import Browser

from summarize.evaluation.bench import Plan, bench
from summarize.evaluation.data import read_data
from summarize.evaluation.journal import Journal
from summarize.evaluation.result import (
    QUANTITIES,
    MultiplyAdds,
    Phase,
    Result,
    ScalingCell,
    ScalingResult,
    Spread,
)
from summarize.evaluation.scaling import crossings, curve, fit
from summarize.views.report import to_html, write_pngs


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    """A result of each kind; that of scaling made up, that of bench measured."""
    path = tmp_path_factory.mktemp("report") / "<b>data.jsonl"
    rows = [
        {
            "document": f"Number {i} of the boats left. " + "The sea was calm. " * i,
            "summary": "A boat left",
        }
        for i in range(1, 9)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = Plan(["lead", "oracle"], read_data(str(path)))
    with children_here():
        measured, _ = bench(plan, Journal(None), lambda model, done: None)
    return [replace(measured, command="summarize bench <script>alert(1)</script>"), made_up()]


def made_up() -> ScalingResult:
    lengths = [64, 128, 256, 512, 1024, 2048]
    models = {
        name: [cell(n, n**power, n > 1000 and name == "transformer") for n in lengths]
        for name, power in (("attention", 1.0), ("transformer", 1.6))
    }
    curves = {m: {q: curve(cells, q) for q in QUANTITIES} for m, cells in models.items()}
    return ScalingResult(
        lengths=lengths,
        summary_tokens=16,
        training_batch=4,
        environment={"cpu": "a CPU", "threads": 2, "versions": {}},
        models=models,
        exponents={
            m: {q: found for q, p in c.items() if (found := fit(p))} for m, c in curves.items()
        },
        crossings=crossings(curves),
    )


def cell(length: int, work: float, is_too_long: bool) -> ScalingCell:
    inference = Phase(
        engine="NumPy",
        parameters=10**7,
        past_training=length > 256,
        seconds={
            "encoder": Spread(1e-4 * work),
            "whole": Spread(0.1 + 1e-4 * work),
            "decoder_step": Spread(0.006),
        },
        peak_memory_bytes=10**8 + length * 10_000,
    )
    training = Phase(
        seconds={"training_step": Spread(1e-3 * work)},
        peak_memory_bytes=5 * 10**8 + length * 10_000,
    )
    return ScalingCell(
        length=length,
        inference=inference,
        training=Phase(out_of_memory=True) if is_too_long else training,
        multiply_adds=MultiplyAdds(1, 1, length * 1000),
    )


def test_the_page_shows_its_pictures_and_fetches_nothing(
    results: list[Result], browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(to_html(results), encoding="utf-8")
    for width, scheme in ((1200, "light"), (390, "dark")):
        page = browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
        )
        asked: list[str] = []
        troubles: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, troubles=troubles: troubles.append(message.text))
        page.on("dialog", lambda dialog, troubles=troubles: troubles.append(dialog.message))
        page.goto(path.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert troubles == []
        assert page.locator("figure svg").count() == 4
        for picture in page.locator("figure svg").all():
            box = picture.bounding_box()
            assert box and box["width"] > 300 and box["height"] > 150
        # Wide things scroll inside themselves; the page does not.
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ink = page.locator("figure svg text").first.evaluate("e => getComputedStyle(e).fill")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", ink)[:3])) > 380
        assert light == (scheme == "dark"), (ink, ground)
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        page.close()


def test_what_came_from_files_is_text_on_the_page(results: list[Result]) -> None:
    page = to_html(results)
    assert "<script" not in page and "<b>data" not in page and "&lt;b&gt;data" in page


def test_two_runs_draw_the_same_page(results: list[Result]) -> None:
    assert to_html(results) == to_html(results)


def test_pictures_are_pngs(results: list[Result], tmp_path: Path) -> None:
    written = write_pngs(results, tmp_path / "new" / "folder")
    assert {path.stem for path in written} == {
        *("rouge-by-length", "quality-speed", "time-by-length", "memory-by-length")
    }
    for path in written:
        assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 10_000
