"""Tables for people, and for the programs that people put behind a pipe."""

from collections.abc import Iterable, Sequence

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "") -> None:
    """Print rows under headings; `right` names the columns of numbers, separated by spaces.

    On a terminal long cells are folded; elsewhere each row is one whole line.
    """
    rows = list(rows)
    numbers = right.split()
    console = Console(highlight=False)
    if not console.is_terminal:
        for line in _lines([columns, *rows], [column in numbers for column in columns]):
            typer.echo(line)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _lines(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterable[str]:
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = (
            _padded(cell, width, right=numbers)
            for cell, width, numbers in zip(row, widths, right, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _padded(cell: str, width: int, *, right: bool) -> str:
    # Chinese characters are two columns wide.
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space
