"""`skaz inspect`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("inspect")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(bundle: Path, as_json: bool) -> None:
    """Show what is in a BUNDLE: recipe, sizes of each part, parameters, corpus, measures."""
    from skaz.tasks.inspecting import inspect_bundle

    found = inspect_bundle(bundle)
    click.echo(json.dumps(found.as_object(), indent=2, ensure_ascii=False) if as_json else "\n".join(found.lines()))
