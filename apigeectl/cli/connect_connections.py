"""apigeectl connect connections."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from apigeectl.cli import options
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.tables import laid_out
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.connect_connections import Listed


def connections(
    *, where: SiteFlags, output: options.OutputOption = Output.TEXT, no_color: options.NoColor = False
) -> int:
    """List the streams that Apigee Connect sees, by cluster; that of the overrides file is marked.

    Takes the permission apigeeconnect.connections.list (roles/apigeeconnect.Admin), which the agent's own account lacks.
    """
    from apigeectl.actions.connect_connections import listed

    console = Console(no_color=no_color)
    site = where.site(console)
    found = listed(site)
    if output is Output.JSON:
        console.json_line(_document(found))
        return ExitCode.OK
    rows = [("CLUSTER", "REGION", "STREAMS", "NOTE")]
    rows += [(one.cluster, one.region, str(one.streams), one.note) for one in found.rows]
    console.data(laid_out(rows, shutil.get_terminal_size().columns if console.out.isatty() else None))
    for line in found.remarks:
        console.say(line)
    return ExitCode.OK


def _document(found: Listed) -> dict[str, object]:
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "ConnectionList",
        "project": found.project,
        "items": [
            {
                "endpoint": one.endpoint,
                "cluster": one.cluster,
                "region": one.region,
                "streams": one.streams,
                "ours": one.ours,
                "note": one.note,
            }
            for one in found.rows
        ],
    }
