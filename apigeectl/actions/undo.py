"""A copy of an organization as it was before a change, for the day on which somebody wants it back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apigeectl.actions.private_files import write_new
from apigeectl.checks.undo_copies import state_folder
from apigeectl.errors import Refused


def undo_file(
    overrides_file: Path, org: str, *, now: Callable[[], float] = time.time
) -> Callable[[Mapping[str, Any]], Path]:
    """Writes a body, byte for byte as JSON has it, to a new file that only its owner can read.

    Beside the overrides file, because there it is found; where nobody may write there, under $XDG_STATE_HOME. The
    write to Google does not happen without it.
    """

    def keep(body: Mapping[str, Any]) -> Path:
        folder = overrides_file.absolute().parent
        if not os.access(folder, os.W_OK):
            folder = state_folder(os.environ)
        name = f"{org}.undo-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now()))}"
        content = (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        for number in range(1, 100):
            file = f"{name}.json" if number == 1 else f"{name}-{number}.json"
            if not os.path.lexists(folder / file):
                write_new(folder, {file: content})
                return folder / file
        raise Refused(f"{folder} holds a hundred copies of this second already; nothing was written")

    return keep
