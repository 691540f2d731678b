"""The quickstart file, prepared as a command would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apigeectl.actions.preparation import Prepared, prepare
from apigeectl.overrides.scope import Scope

QUICKSTART = Path(__file__).parents[2] / "overrides" / "quickstart.yaml"
ORG = "hybrid-demo"


def prepared(scope: Scope | None = None, *, file: Path = QUICKSTART, **options: Any) -> Prepared:
    """Key files are not looked for."""
    options = {"release": "1.10", "environ": {}, "cwd": Path.cwd(), "check_files": False, **options}
    return prepare(file, scope or Scope(), **options)


def with_environments(folder: Path, *names: str) -> Path:
    """A copy of the quickstart file with these environments."""
    head, _, rest = QUICKSTART.read_text(encoding="utf-8").partition("envs:\n")
    first, _, tail = rest.partition("\nnodeSelector")
    envs = "".join(first.replace("name: test", f"name: {name}") + "\n" for name in names)
    file = folder / "overrides.yaml"
    file.write_text(f"{head}envs:\n{envs}\nnodeSelector{tail}", encoding="utf-8")
    return file
