"""``framing report``: one page of many scored articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from framing.records import ArticleScore

__all__ = ["report"]


@click.command()
@click.argument("results", type=click.Path(path_type=Path, readable=False))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The page to write.")
@click.option("--by", metavar="COLUMN", help="Group by a column of the articles, by group (framing batch --group-column), or by folder.")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model that scored them.  [default: the shipped model]")
@click.option("--lang", type=click.Choice(("zh", "zh-hant", "en")), help="Language of the report.  [default: from the locale]")
def report(results: Path, output: Path, by: str | None, model_path: Path | None, lang: str | None) -> None:
    """Make one page of many scored articles.

    RESULTS is what framing batch wrote, a JSON Lines file of framing score --format jsonl, or a folder
    of such files named articles*.jsonl.
    """
    from framing.aggregate import IntervalModel
    from framing.analysis import load_model
    from framing.compare import pool
    from framing.errors import InputError
    from framing.output import refuse_overwriting_inputs, write_atomically
    from framing.report import html
    from framing.report.wording import language_of_locale, wording

    if results.is_file():
        refuse_overwriting_inputs(output, [str(results)])
    members: dict[str, list[ArticleScore]] = {}
    words = wording(lang or language_of_locale())  # type: ignore[arg-type]
    for score, row in _rows(results):
        members.setdefault(_group(score, row, by) if by else words["page.all_articles"], []).append(score)
    if not members:
        raise InputError(f"{results}: holds no article")
    intervals = IntervalModel.from_data(load_model(model_path).interval)
    groups = [pool(name, articles, intervals) for name, articles in sorted(members.items())]
    page = html.render_groups(groups, words, by or words["page.group"])
    write_atomically(output, page.encode("utf-8", "backslashreplace"))
    click.echo(f"{output}: articles {sum(map(len, members.values()))}, groups {len(groups)}", err=True)


def _rows(results: Path) -> Iterator[tuple[ArticleScore, Mapping[str, Any]]]:
    from framing.report.reading import read_article, read_results

    if not (results / "manifest.json").is_file():
        yield from read_results(results)
        return
    from framing.batch.store import read_entries

    for entry in read_entries(results):
        if entry.article is not None:
            row = {**entry.article, "source": entry.source, "sentences": entry.sentences, "id": entry.id, "group": entry.group}
            yield read_article(row), row


def _group(score: ArticleScore, row: Mapping[str, Any], by: str) -> str:
    from framing.errors import InputError

    if by in row and isinstance(row[by], str | int | float):
        return str(row[by])
    if by == "folder":
        return str(PurePath(score.source).parent)
    plain = ", ".join(k for k, v in row.items() if isinstance(v, str | int | float))
    raise InputError(f"{score.source}: has no column {by}; it has {plain}")
