"""The flags that belong together, and what they mean taken together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.cli.options import DryRun, Output
from apigeectl.errors import UsageError
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.plan import Plan


@dataclass(frozen=True)
class FileFlags:
    """Which file, or files in their order, and for which release."""

    overrides: options.OverridesFiles = None
    release: options.ReleaseOption = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Those named, or the one in the working directory."""
        return tuple(self.overrides or (options.DEFAULT_OVERRIDES,))


@dataclass(frozen=True)
class ScopeFlags:
    """The parts of an installation; they add up."""

    org: options.OrgScope = False
    env: options.EnvScope = None
    all_envs: options.AllEnvsScope = False
    datastore: options.DatastoreScope = False
    redis: options.RedisScope = False
    telemetry: options.TelemetryScope = False
    settings: options.SettingsScope = None
    components: options.Components = None

    def scope(self) -> Scope:
        """What they add up to."""
        if self.settings not in (None, "virtualhosts"):
            raise UsageError(f'--settings knows only "virtualhosts", not "{self.settings}"')
        named = Scope.from_components(self.components) if self.components else Scope()
        return Scope(
            org=self.org or named.org,
            envs=tuple(self.env or ()),
            all_envs=self.all_envs or named.all_envs,
            datastore=self.datastore or named.datastore,
            redis=self.redis or named.redis,
            telemetry=self.telemetry or named.telemetry,
            virtualhosts=bool(self.settings) or named.virtualhosts,
        )


@dataclass(frozen=True)
class TalkFlags:
    """How to talk."""

    output: options.OutputOption = Output.TEXT
    verbose: options.Verbose = False
    no_color: options.NoColor = False

    def console(self) -> Console:
        return Console(no_color=self.no_color)


@dataclass(frozen=True)
class ModeFlags:
    """Whether to write, and whether to print."""

    dry_run: options.DryRunOption = DryRun.NONE
    print_yaml: options.PrintYaml = False

    @property
    def offline(self) -> bool:
        return self.dry_run is DryRun.CLIENT

    @property
    def dry(self) -> bool:
        return self.dry_run is not DryRun.NONE

    def check(self, output: Output) -> None:
        """Raise UsageError when two kinds of data would meet on stdout."""
        if self.print_yaml and output is Output.JSON:
            raise UsageError("--print-yaml and -o json would both write to stdout", hint="leave one out")


@dataclass(frozen=True)
class DeleteModeFlags(ModeFlags):
    """The same for what is deleted."""

    print_yaml: options.PrintDeleted = False


@dataclass(frozen=True)
class ChoiceFlags:
    """What the user decides beside the file."""

    templates: options.Templates = None
    replace_secret: options.ReplaceSecret = None
    force_conflicts: options.ForceConflicts = False
    yes: options.Yes = False

    def choices(self) -> Choices:
        """Without `yes`, which is no choice about what to write."""
        from apigeectl.actions.rendering import Choices

        return Choices(self.templates, frozenset(self.replace_secret or ()), self.force_conflicts)

    def dangers(self, plan: Plan) -> list[str]:
        """The flags given that can destroy something by this plan, as they were written."""
        if not any(change.action.writes for change in plan.changes):
            return []
        replacing = [f"--replace-secret {name}" for name in sorted(self.replace_secret or ())]
        return [*replacing, *(["--force-conflicts"] if self.force_conflicts else [])]


@dataclass(frozen=True)
class ApplyChoiceFlags(ChoiceFlags):
    """The same for what may leave the file."""

    prune: options.Prune = False

    def choices(self) -> Choices:
        """With the pruning."""
        return replace(super().choices(), prune=self.prune)

    def dangers(self, plan: Plan) -> list[str]:
        """Pruning is one when the plan deletes something."""
        pruning = any(change.action.writes for change in plan.pruned)
        return [*super().dangers(plan), *(["--prune"] if pruning else [])]
