"""Measure what scoring costs, as ratios to two yardsticks on the same machine in the same run.

    python benchmarks/speed.py
    python benchmarks/speed.py --write docs/performance.md --picture docs/pictures/growth.png

* Other tools and this one side by side (``peers.py``): throughput, cold start and peak memory.
* The whole pipeline (decode, clean, sentences, segment, features, probabilities; one process, no
  evidence) against ``jieba.lcut`` alone over the same sentences, with jieba and with rjieba.
* A cold ``framing score`` of an article of about 10 KB, and ``framing --help``, each a fresh process,
  against ``python -c "import sklearn.linear_model, sklearn.feature_extraction.text"``.
* Peak memory of the cold processes, and the size of the model folder.
* Time and memory by the number of sentences (``growth.py``).

Rounds are interleaved: each measures everything once, a ratio is taken within a round, and the median
over rounds is shown with its quartiles. On a busy machine trust the ratios of CPU time.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import statistics
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from growth import growth
from measuring import Cost, cost_of, cost_of_process, interleaved, median, ratio_cells
from peers import peers
from sections import markdown_table, write_section

from framing.analysis import score_decoded_many
from framing.artifact import default_model_path, load
from framing.clean import clean
from framing.decode import decode
from framing.errors import FramingError
from framing.labelling.files import read_folder
from framing.model import BATCH, FramingModel
from framing.sentences import split

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = (ROOT / "examples" / "success.txt", ROOT / "examples" / "hype.txt")
CALL_SIZES = (1, 10, 30, 100, 300, 1000, 2000)
IMPORT = "import sklearn.linear_model, sklearn.feature_extraction.text"
# A module that is None in sys.modules cannot be found, as if the package were not installed.
WITHOUT_RJIEBA = "import sys; sys.modules['rjieba'] = None; from framing.cli.main import main; main(sys.argv[1:])"

STEPS = """
import sys, time
clock = [time.process_time()]
import framing.cli.score, framing.analysis
clock.append(time.process_time())
model = framing.analysis.load_model(sys.argv[1])
clock.append(time.process_time())
for _ in range(2):
    framing.analysis.score_file(sys.argv[2], model)
    clock.append(time.process_time())
print(*(b - a for a, b in zip(clock, clock[1:])))
"""


def articles(labels: Path, sentences: int) -> list[bytes]:
    """Return whole articles of the label files as UTF-8, a sentence per line, up to a number of sentences."""
    texts: dict[str, list[str]] = {}
    for example in read_folder([labels]):
        if example.source == "article":
            texts.setdefault(example.article, []).append(example.text)
    chosen: list[bytes] = []
    count = 0
    for rows in texts.values():
        if count >= sentences:
            break
        chosen.append("\n".join(rows).encode())
        count += len(rows)
    return chosen


def sentences_of(data: bytes) -> list[str]:
    """Return the sentences of one article: the rooms decode, clean and sentences."""
    return [s.text for s in split(clean(decode(data).text))]


def score_together(documents: Sequence[bytes], model: FramingModel) -> None:
    """Bring all articles to probabilities, their sentences in common batches."""
    found = [sentences_of(data) for data in documents]
    model.scores([s for rows in found for s in rows], [str(i) for i, rows in enumerate(found) for _ in rows])


def score_many_articles(documents: Sequence[bytes], model: FramingModel) -> None:
    """Bring articles to whole scores with evidence, as a batch makes them."""
    for _ in score_decoded_many(((decode(data), "article") for data in documents), model):
        pass


def score_each(documents: Sequence[bytes], model: FramingModel) -> None:
    """Bring articles to probabilities one after the other."""
    for data in documents:
        rows = sentences_of(data)
        model.scores(rows, ["article"] * len(rows))


def engines() -> list[Literal["jieba", "rjieba"]]:
    """Return the segmenters that are installed."""
    return ["jieba", "rjieba"] if importlib.util.find_spec("rjieba") else ["jieba"]


def pipeline(documents: Sequence[bytes], folder: Path, repeats: int) -> str:
    """Return the table of the pipeline against ``jieba.lcut``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    texts = [s for data in documents for s in sentences_of(data)]
    tasks: dict[str, Callable[[], Cost]] = {"`jieba.lcut` alone": lambda: cost_of(lambda: [jieba.lcut(s) for s in texts])}
    yardstick = next(iter(tasks))
    for engine in engines():
        model = load(folder, engine=engine)
        ways = (
            ("all articles at once", score_together),
            ("article by article", score_each),
            ("whole scores with evidence", score_many_articles),
        )
        for name, task in ways:
            tasks[f"pipeline with {engine}, {name}"] = partial(cost_of, partial(task, documents, model))
    rounds = interleaved(tasks, repeats, "pipeline")
    rows = [
        [
            name,
            f"{median(rounds, name, 'cpu') / len(texts) * 1e6:.0f}",
            f"{median(rounds, name, 'wall') / len(texts) * 1e6:.0f}",
            *ratio_cells(rounds, name, yardstick),
        ]
        for name in tasks
    ]
    header = ("", "CPU µs/sentence", "wall µs/sentence", "ratio of CPU (quartiles)", "ratio of wall (quartiles)")
    facts = f"{len(texts):,} sentences of {len(documents)} articles, {repeats} rounds.\n\n"
    return facts + markdown_table(header, rows)


def _each(function: Callable[..., object], *arguments: Iterable[object]) -> None:
    for values in zip(*arguments, strict=True):
        function(*values)


def stages(documents: Sequence[bytes], folder: Path, repeats: int) -> str:
    """Return the table of what each room costs, in CPU microseconds per sentence."""
    texts = [s for data in documents for s in sentences_of(data)]
    numbers = [str(i) for i, data in enumerate(documents) for _ in sentences_of(data)]
    decoded = [decode(data).text for data in documents]
    cleaned = [clean(text) for text in decoded]
    batches = [(texts[i : i + BATCH], numbers[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
    columns = {}
    for engine in engines():
        model = load(folder, engine=engine)
        tokens = [model.segmenter.segment(rows) for rows, _ in batches]
        tasks: dict[str, Callable[[], object]] = {
            "decode": partial(_each, decode, documents),
            "clean": partial(_each, clean, decoded),
            "sentences": partial(_each, split, cleaned),
            "segment": partial(_each, model.segmenter.segment, [rows for rows, _ in batches]),
            "features": partial(_each, model.extractor.find, tokens),
            "segment, features and model": partial(model.scores, texts, numbers),
        }
        timed = {name: partial(cost_of, task) for name, task in tasks.items()}
        rounds = interleaved(timed, repeats, f"stages with {engine}")
        column = {name: median(rounds, name, "cpu") / len(texts) * 1e6 for name in tasks}
        together = column.pop("segment, features and model")
        column["model"] = max(together - column["segment"] - column["features"], 0.0)
        columns[engine] = column
    header = ["stage"] + [f"{unit} with {engine}" for engine in columns for unit in ("µs/sentence", "share")]
    rows = [
        [stage, *(cell for column in columns.values() for cell in (f"{column[stage]:.1f}", f"{column[stage] / sum(column.values()):.0%}"))]
        for stage in next(iter(columns.values()))
    ]
    rows.append(["together", *(cell for column in columns.values() for cell in (f"{sum(column.values()):.1f}", "100%"))])
    return markdown_table(header, rows)


def calls(documents: Sequence[bytes], folder: Path, repeats: int) -> str:
    """Return the table of what one call of the model costs by the number of its sentences."""
    model = load(folder)
    texts = [s for data in documents for s in sentences_of(data)]
    sizes = [size for size in CALL_SIZES if size <= len(texts)]
    tasks = {str(size): partial(cost_of, partial(model.scores, texts[:size], ["article"] * size)) for size in sizes}
    rounds = interleaved(tasks, repeats, "calls")
    spent = {size: median(rounds, str(size), "cpu") for size in sizes}
    rows = [[str(size), f"{spent[size] * 1e3:.1f}", f"{spent[size] / size * 1e6:.0f}"] for size in sizes]
    return markdown_table(("sentences in one call", "CPU ms", "µs/sentence"), rows)


def starting(article: Path, folder: Path, repeats: int) -> str:
    """Return the table of the steps of a cold score, each measured in a fresh process."""
    data = article.read_bytes()
    steps = ("import framing.cli.score", "read the model", "score the first article", "score it again")
    found: dict[str, list[float]] = {step: [] for step in steps}
    for _ in range(repeats):
        code = [sys.executable, "-c", STEPS, str(folder), str(article)]
        done = subprocess.run(code, stdout=subprocess.PIPE, text=True, check=True)
        for step, seconds in zip(steps, map(float, done.stdout.split()), strict=True):
            found[step].append(seconds)
    rows = [[step, f"{statistics.median(found[step]) * 1e3:.0f}"] for step in steps]
    return f"The article has {len(sentences_of(data))} sentences.\n\n" + markdown_table(("step", "CPU ms"), rows)


def cold(article: Path, folder: Path, repeats: int) -> str:
    """Return the table of fresh processes."""
    score = ["score", str(article), "--model", str(folder), "--lang", "en"]
    commands = {
        "importing scikit-learn": [sys.executable, "-c", IMPORT],
        "`framing score`": [sys.executable, "-m", "framing", *score],
        "`framing score` without rjieba": [sys.executable, "-c", WITHOUT_RJIEBA, *score],
        "`framing --help`": [sys.executable, "-m", "framing", "--help"],
        "`python -c pass`": [sys.executable, "-c", "pass"],
    }
    if engines() == ["jieba"]:
        del commands["`framing score` without rjieba"]
    tasks = {name: partial(cost_of_process, command) for name, command in commands.items()}
    rounds = interleaved(tasks, repeats, "cold")
    rows = [
        [
            name,
            f"{median(rounds, name, 'cpu'):.2f}",
            f"{median(rounds, name, 'wall'):.2f}",
            *ratio_cells(rounds, name, "importing scikit-learn"),
            f"{median(rounds, name, 'megabytes'):.0f}",
        ]
        for name in commands
    ]
    size = article.stat().st_size
    facts = f"An article of {size / 1000:.1f} KB, {repeats} rounds of fresh processes.\n\n"
    header = ("", "CPU s", "wall s", "ratio of CPU (quartiles)", "ratio of wall (quartiles)", "peak memory, MB")
    return facts + markdown_table(header, rows)


def sizes(folder: Path) -> str:
    """Return the table of the model folder's files, as they are and as a wheel holds them."""
    contents = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}
    plain = {name: len(data) for name, data in contents.items()}
    packed = {name: len(zlib.compress(data)) for name, data in contents.items()}
    rows = [[f"`{name}`", f"{plain[name] / 1e3:,.1f}", f"{packed[name] / 1e3:,.1f}"] for name in sorted(plain, key=lambda n: -plain[n])]
    rows.append(["together", f"{sum(plain.values()) / 1e3:,.1f}", f"{sum(packed.values()) / 1e3:,.1f}"])
    return markdown_table(("file", "KB", "KB compressed"), rows)


def measure(arguments: argparse.Namespace) -> dict[str, str]:
    """Measure everything and return a text per section.

    Raises:
        FramingError: labels or the model cannot be read.
        RuntimeError: a command failed.
    """
    folder = arguments.model or default_model_path()
    documents = articles(arguments.labels, arguments.sentences)
    with tempfile.TemporaryDirectory() as name:
        article = arguments.article
        if article is None:
            article = Path(name) / "article.txt"
            article.write_bytes(b"\n".join(file.read_bytes() for file in EXAMPLES))
        return {
            "peers": peers(documents, folder, article, arguments.repeats, arguments.slow),
            "pipeline": pipeline(documents, folder, arguments.repeats),
            "stages": stages(documents, folder, arguments.repeats),
            "calls": calls(documents, folder, arguments.repeats),
            "cold": cold(article, folder, arguments.repeats),
            "starting": starting(article, folder, arguments.repeats),
            "sizes": sizes(folder),
            "growth": growth(documents, folder, arguments.growth, arguments.picture),
        }


def main() -> None:
    """Read the arguments, measure, print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=ROOT / "labels", help="label files whose articles are scored (default: labels)")
    parser.add_argument("--sentences", type=int, default=3000, help="about how many of their sentences (default: 3000)")
    parser.add_argument("--slow", type=int, default=200, help="about how many of them for tools slower than jieba (default: 200)")
    parser.add_argument(
        "--growth", type=int, default=1_000_000, help="largest number of sentences for growth, 1000 at least (default: a million)"
    )
    parser.add_argument("--picture", type=Path, help="where to draw the growth, as PNG or SVG (default: nowhere)")
    parser.add_argument("--article", type=Path, help="file for the cold score (default: both examples, one after the other)")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped model)")
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default: 7)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write each table into its section of a Markdown file")
    arguments = parser.parse_args()
    try:
        found = measure(arguments)
    except (FramingError, RuntimeError) as error:
        sys.exit(f"speed.py: {error}")
    for name, content in found.items():
        if arguments.write:
            write_section(arguments.write, name, content)
        else:
            print(f"## {name}\n\n{content}")


if __name__ == "__main__":
    main()
