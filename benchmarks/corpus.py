"""Make a large table of articles from the sentences of `labels/`.

They are shuffled, ten to an article, with noise (numbers changed, a character doubled or dropped now and
then), so that no two articles are alike.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

__all__ = ["corpus"]

SENTENCES = 10
LABELS = Path(__file__).parents[1] / "labels"


def own_sentences() -> list[str]:
    """Return the texts of all label files."""
    files = sorted(LABELS.rglob("*.jsonl"))
    return [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def noisy(text: str, chooser: random.Random) -> str:
    """Change digits, and sometimes double or drop a character."""
    text = re.sub(r"\d", lambda _: str(chooser.randrange(10)), text)
    if chooser.random() < 0.1 and len(text) > 4:
        at = chooser.randrange(len(text) - 1)
        text = text[:at] + chooser.choice(("", text[at] * 2)) + text[at + 1 :]
    return text


def corpus(path: Path, articles: int) -> int:
    """Write a table of articles and return its size in bytes; a longer one begins like a shorter one."""
    chooser = random.Random(5)
    sentences = own_sentences()
    with path.open("w", encoding="utf-8") as file:
        for number in range(articles):
            body = "\n".join(noisy(chooser.choice(sentences), chooser) for _ in range(SENTENCES))
            file.write(json.dumps({"id": number, "text": body}, ensure_ascii=False) + "\n")
    return path.stat().st_size
