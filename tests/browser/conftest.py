"""A headless Chromium and pages to look at with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from framing.compare import compare, pool
from framing.report import html
from framing.report.wording import wording
from framing.segment import Segmenter

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium; the tests need one (Debian: apt-get install chromium).

    Playwright keeps an event loop running in this thread, so it must end before tests of asynchronous code.
    """
    place = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert place, "no Chromium was found; install one, for instance with: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, praising: Any, doubting: Any, hostile: Any, make_score: Any, intervals: Any) -> Path:
    """Write one page of each kind and return their folder."""
    folder = tmp_path_factory.mktemp("pages")
    words = wording("zh")
    frames = ("praise", "skepticism", "neutral")
    rows = [
        (f"第{i}句：这家公司的技术领先，但营销方式存在争议。", frames[i % 3], ("marketing",) if i % 2 else (), "author", "body")
        for i in range(3000)
    ]
    comparison = compare({"甲": [praising], "乙": [doubting]}, Segmenter(), intervals)
    pages = {
        "article": html.render([praising], words),
        "english": html.render([praising, doubting], wording("en")),
        "hostile": html.render([hostile], words),
        "long": html.render([make_score(rows)], words),
        "comparison": html.render_comparison(comparison, words),
        "groups": html.render_groups([pool("甲", [praising], intervals), pool("乙", [doubting], intervals)], words, "outlet"),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, "utf-8")
    return folder


@pytest.fixture
def open_page(browser: Browser, files: Path) -> Iterator[OpenPage]:
    """Open a page from disk; a script error, a console message or a request fails the test."""
    contexts = []
    complaints: list[str] = []

    def open_(name: str, *, width: int = 1100, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        address = (files / f"{name}.html").as_uri()
        page.on("request", lambda request: None if request.url.split("#")[0] == address else complaints.append(request.url))
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
