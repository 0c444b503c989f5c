"""Make the pictures of the documentation from the shipped examples.

Run from the project's folder: ``python docs/make_pictures.py``. Needs the extra ``dev``, a Chromium and
a font with Chinese characters.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
EXAMPLES = ("examples/success.txt", "examples/hype.txt")
COLUMNS, LINES = 132, 34

# Each shot: page, file, viewport width and height, colour scheme, and the element to scroll to.
SHOTS = (
    ("success", "page.png", 1100, 900, "light", "body"),
    ("hype", "page-text.png", 1100, 900, "light", ".text"),
    ("hype", "page-dark.png", 1100, 900, "dark", "body"),
    ("hype", "page-phone.png", 390, 844, "light", "body"),
    ("comparison", "comparison.png", 1100, 900, "light", "body"),
)


def framing(*arguments: str) -> None:
    """Run the command line in the project's folder."""
    subprocess.run([sys.executable, "-m", "framing", *arguments], cwd=ROOT, check=True)  # noqa: S603 - our own command


def terminal_output(*arguments: str) -> str:
    """Return what a command prints on a colour terminal."""
    child = pexpect.spawn(sys.executable, ["-m", "framing", *arguments], cwd=str(ROOT), dimensions=(LINES, COLUMNS), encoding="utf-8")
    child.expect(pexpect.EOF)
    return (child.before or "").replace("\r\n", "\n")


def terminal_page(command: str, output: str) -> str:
    """Draw terminal output as HTML, in a font whose Chinese characters are two columns wide."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi("\n".join(output.splitlines()[:LINES])), soft_wrap=True)
    return console.export_html(
        theme=MONOKAI,
        inline_styles=True,
        code_format=(
            "<meta charset=utf-8><body style='margin:0;padding:14px;background:{background};color:{foreground};display:inline-block'>"
            "<pre style='font:15px/1.4 \"Noto Sans Mono CJK SC\",monospace;margin:0'>{code}</pre>"
        ),
    )


def shoot(browser: Browser, page_file: Path, picture: Path, width: int, height: int, scheme: str, target: str) -> None:
    """Take one screenshot of a page."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(page_file.as_uri())
    page.evaluate("target => document.querySelector(target).scrollIntoView()", target)
    if target == ".text":
        page.evaluate("scrollBy(0, -90)")
        page.locator(".text .s[data-f='s']").nth(2).focus()
    page.screenshot(path=str(picture), full_page=False)
    page.close()


def main() -> None:
    """Write all pictures into docs/pictures."""
    PICTURES.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium was found; install one, for instance with: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for example in EXAMPLES:
            framing("score", example, "--format", "html", "-o", str(folder / f"{Path(example).stem}.html"), "--lang", "zh")
        framing("compare", *EXAMPLES, "--format", "html", "-o", str(folder / "comparison.html"), "--plots", str(folder), "--lang", "zh")
        shutil.copy(folder / "comparison-net.svg", PICTURES / "comparison-net.svg")
        command = ("score", EXAMPLES[1], "--lang", "zh")
        (folder / "terminal.html").write_text(terminal_page("framing " + " ".join(command), terminal_output(*command)), "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for page, picture, width, height, scheme, target in SHOTS:
            shoot(browser, folder / f"{page}.html", PICTURES / picture, width, height, scheme, target)
        shell = browser.new_page()
        shell.goto((folder / "terminal.html").as_uri())
        shell.locator("body").screenshot(path=str(PICTURES / "terminal.png"))
        browser.close()


if __name__ == "__main__":
    main()
