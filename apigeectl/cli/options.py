"""Every option, declared once as a type."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class DryRun(str, Enum):
    """What a dry run asks: nothing, the templates only, or the API server without writing."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"


class Output(str, Enum):
    """How results are written to stdout."""

    TEXT = "text"
    JSON = "json"


class Format(str, Enum):
    """How problems of an overrides file are written to stdout."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


OverridesFile = Annotated[
    Path, typer.Option("-f", "--file-override-config", metavar="FILE", help="The overrides file.")
]
OverridesFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "-f",
        "--file-override-config",
        metavar="FILE",
        help="The overrides file, ./overrides.yaml unless told. Repeatable: later files win, key by key.",
    ),
]
DEFAULT_OVERRIDES = Path("overrides.yaml")

OrgScope = Annotated[
    bool,
    typer.Option("--org", help="The organization: Connect Agent, MART, Watcher, UDCA, ingress gateways."),
]
EnvScope = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="ENV", help="One environment: runtime, synchronizer, UDCA. Repeatable."),
]
AllEnvsScope = Annotated[bool, typer.Option("--all-envs", help="Every environment of the overrides file.")]
DatastoreScope = Annotated[bool, typer.Option("--datastore", help="Cassandra.")]
RedisScope = Annotated[bool, typer.Option("--redis", help="Redis.")]
TelemetryScope = Annotated[bool, typer.Option("--telemetry", help="Logger and metrics.")]
SettingsScope = Annotated[
    str | None, typer.Option("-s", "--settings", metavar="virtualhosts", help="Only `virtualhosts` is known.")
]
Components = Annotated[
    list[str] | None,
    typer.Option(
        "-c", "--components", metavar="A,B", help="Components as hybrid 1.2 named them.", hidden=True
    ),
]

DryRunOption = Annotated[
    DryRun,
    typer.Option("--dry-run", help="client (also when bare): render only; server: ask the API server."),
]
PrintYaml = Annotated[
    bool,
    typer.Option(
        "--print-yaml", help="Print the manifests, Secrets included, to stdout. Without --dry-run also apply."
    ),
]
PrintDeleted = Annotated[
    bool,
    typer.Option(
        "--print-yaml", help="Print the names of what is deleted as YAML. Without --dry-run also delete."
    ),
]
Verbose = Annotated[bool, typer.Option("-v", "--v", "--verbose", help="Say more.")]
Context = Annotated[str | None, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.")]
Kubeconfig = Annotated[str | None, typer.Option("--kubeconfig", metavar="FILE", help="Kubeconfig file.")]
RequestTimeout = Annotated[
    float, typer.Option("--request-timeout", metavar="SECONDS", help="Longest wait for one answer.", min=1)
]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", metavar="1.x", help="The hybrid release to render for.")
]
Templates = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Templates that replace ours, file by file."),
]
FormatOption = Annotated[
    Format,
    typer.Option("-o", "--output", help="For people, programs, SARIF 2.1.0 readers or GitHub Actions."),
]
OutputOption = Annotated[Output, typer.Option("-o", "--output", help="How results are written to stdout.")]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="[=SECONDS]", help="Wait until ready; 900 seconds unless told.", show_default=False
    ),
]
WaitGone = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[=SECONDS]",
        help="Longest wait until all is gone; 720 seconds unless told.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before what can destroy.")]
YesToSwitch = Annotated[bool, typer.Option("--yes", help="Also while no agent holds a stream.")]
ForceConflicts = Annotated[
    bool, typer.Option("--force-conflicts", help="Take over fields that other field managers hold.")
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete what apply brought and the overrides file no longer has.")
]
ReplaceSecret = Annotated[
    list[str] | None,
    typer.Option("--replace-secret", metavar="NAME", help="Replace what this Secret holds in the cluster."),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour; so does NO_COLOR.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--account", metavar="FILE", help="Google key file to act with."),
]
