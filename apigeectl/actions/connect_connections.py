"""The connections that Apigee Connect lists, compared with the cluster that the overrides file names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.checks.site import Site
from apigeectl.checks.sources import Connection


@dataclass(frozen=True)
class Row:
    """One cluster's streams."""

    endpoint: str
    cluster: str
    region: str
    streams: int
    ours: bool
    note: str


@dataclass(frozen=True)
class Listed:
    """All of a project, ours first, and what is odd about them."""

    project: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]


def listed(site: Site) -> Listed:
    """All pages of the list; raises what Google says when it may not be seen."""
    site.who()
    rows = [_row(site, connection) for connection in site.connections()]
    rows.sort(key=lambda row: (not row.ours, row.cluster, row.region))
    return Listed(site.project(), tuple(rows), tuple(_remarks(site, rows)))


def _row(site: Site, connection: Connection) -> Row:
    ours = site.is_ours(connection)
    note = "this file's cluster" if ours else _foreign(site, connection)
    return Row(
        str(getattr(connection, "endpoint", "")),
        connection.cluster,
        connection.region,
        connection.streams,
        ours,
        note,
    )


def _foreign(site: Site, connection: Connection) -> str:
    if connection.cluster == site.overrides.cluster_name:
        return f"same name, and the file says region {site.overrides.cluster_region}"
    if connection.region == site.overrides.cluster_region:
        return "another name in the file's region"
    return "another cluster, as in several regions"


def _remarks(site: Site, rows: list[Row]) -> Iterator[str]:
    ours = f"{site.overrides.cluster_name}/{site.overrides.cluster_region}"
    if not rows:
        yield f"no agent of project {site.project()} holds a stream"
    elif not any(row.ours for row in rows):
        yield (
            f"none is {ours}, the cluster of the file: its agent holds no stream, or runs under another name; "
            "see apigeectl connect status"
        )
    elif not any(row.ours and row.streams for row in rows):
        yield f"{ours} is known and holds no stream"
