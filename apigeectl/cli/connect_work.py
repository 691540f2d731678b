"""The work of `connect setup`: what there is to do, how it is shown, and doing it step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from apigeectl.actions import connect as chain
from apigeectl.actions import connect_file
from apigeectl.actions import connect_setup as story
from apigeectl.actions.connect_setup import Part, Step, Told, Unseen
from apigeectl.actions.connect_waiting import Patience
from apigeectl.actions.preparation import Prepared
from apigeectl.apply.plan import Plan
from apigeectl.checks.cluster_side import mart_is_ready
from apigeectl.checks.model import Check, Outcome
from apigeectl.checks.repairs import first_broken
from apigeectl.checks.site import Site
from apigeectl.cli.connect_show import show_verdict, status_document
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.connection import connect_site, endpoints
from apigeectl.cli.console import Console
from apigeectl.cli.events import ref_document, show_events
from apigeectl.cli.options import Output
from apigeectl.cli.organization_scope import applied, planned, prepared_file
from apigeectl.cli.outcomes import show_outcome
from apigeectl.cli.plans import show_notes, show_plan
from apigeectl.cli.tables import counted
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import ExitCode, WaitTimeout
from apigeectl.overrides.edit import Edit
from apigeectl.overrides.save import write

Answers = Sequence[tuple[Check[Site], Outcome]]


@dataclass(frozen=True)
class Work:
    """What there is to do, and where. The prepared file has the stanza as it will be."""

    console: Console
    output: Output
    prepared: Prepared
    site: Site
    cluster: Cluster
    edit: Edit | None

    @classmethod
    def of(cls, console: Console, where: SiteFlags, release: str | None, output: Output) -> Work:
        """Read and judge the file; nothing is asked of Google yet."""
        connect = where.cluster.lazily(console)
        prepared = prepared_file(console, where, release, connect)
        edit = None
        if connect_file.needs_stanza(prepared.overrides):
            edit = connect_file.switched_on(prepared.overrides)
            prepared = replace(prepared, overrides=edit.overrides()) if edit.changed else prepared
        site = connect_site(prepared.overrides, connect, where.account.named(), where.cluster.request_timeout)
        return cls(console, output, prepared, site, connect(), edit)

    @cached_property
    def plan(self) -> Plan:
        """What an apply of the organization's scope would change."""
        return planned(self.prepared, self.cluster)

    @property
    def file_title(self) -> str | None:
        """What is to be done to the file; None when nothing is."""
        changed = self.edit is not None and self.edit.changed
        return f"write connectAgent into {self.prepared.overrides.file}" if changed else None

    @property
    def apply_title(self) -> str | None:
        """What is to be applied; None when the cluster has it all."""
        number = sum(change.action.writes for change in self.plan.changes)
        return f"apply the organization's scope: {counted(number, 'object')} to write" if number else None

    def blocked(self, answers: Answers) -> int:
        """Links that nobody can repair from here."""
        self._show_chain(answers, healthy=False)
        self.console.say("this has to be settled first; nothing was changed")
        return ExitCode.FAILED

    def show_plan(self, steps: Sequence[Step], unseen: Sequence[Unseen]) -> None:
        """What is missing, in the order in which it will be done, and what could not be looked at."""
        show_notes(self.console, self.plan, output=self.output)
        if self.output is Output.JSON:
            self.console.json_line(self._plan_document(steps, unseen))
            return
        for one in unseen:
            self.console.warn("\n  ".join([one.message, *one.details]))
        if not steps:
            seen = ", as far as it can be seen," if unseen else ","
            self.console.say(f"nothing is missing{seen} and nothing was changed", "good")
            return
        self.console.say("missing, and done in this order:")
        for number, step in enumerate(steps, 1):
            self.console.say(f"  {number}. {step.title}")
        if self.edit and self.edit.changed:
            self.console.say(self.edit.diff())
        show_plan(self.console, self.plan)

    def _plan_document(self, steps: Sequence[Step], unseen: Sequence[Unseen]) -> dict[str, Any]:
        return {
            **_DOCUMENT,
            "kind": "ConnectSetup",
            "steps": [{"step": step.part.value, "title": step.title} for step in steps],
            "fileDiff": self.edit.diff() if self.edit and self.edit.changed else None,
            "changes": [
                {
                    "object": ref_document(change.ref),
                    "action": change.action.value,
                    "fields": [*change.fields],
                }
                for change in self.plan.changes
                if change.action.writes
            ],
            "unseen": [
                {"step": one.part.value, "message": one.message, "details": [*one.details]} for one in unseen
            ],
        }

    def show_requests(self, steps: Sequence[Step]) -> None:
        """The requests to Google, bodies included; no token and no Secret is in them."""
        found = endpoints(self.prepared.overrides)
        for step in steps:
            for asked in step.requests:
                address = f"{asked.method} {found.named(asked.service)}{asked.path}"
                if self.output is Output.JSON:
                    self.console.json_line(
                        {**_DOCUMENT, "kind": "Request", "request": address, "body": asked.body}
                    )
                else:
                    self.console.data(f"{address}\n{json.dumps(asked.body, indent=2, ensure_ascii=False)}")
        if self.output is Output.TEXT:
            self.console.say("nothing was changed (dry run)")

    def carry_out(self, step: Step, patience: Patience) -> None:
        """One step, to its end."""
        if step.part is Part.FILE and self.edit:
            write(self.edit.file, self.edit.text, before=self.edit.before)
            self._tell(Told(Part.FILE, f"{self.edit.file} written"))
        elif step.part is Part.APPLY:
            total = len(self.plan.changes)
            events = applied(self.prepared, self.plan, self.cluster)
            show_events(self.console, events, title="applying", total=total, output=self.output)
        else:
            try:
                for told in self._done(step.part, patience):
                    self._tell(told)
            except WaitTimeout:
                self.proved()  # what does not hold is better than that it took long
                raise

    def proved(self) -> int:
        """The whole chain once more, as `connect status` shows it."""
        site = self.site.fresh()
        ready = mart_is_ready(site)
        answers = list(chain.status(site, probe=ready))
        healthy = chain.verdict(answers)
        self._show_chain(answers, healthy=healthy)
        if healthy and not ready:
            self.console.hint(
                f"MART is not ready yet: apigeectl check-ready -f {site.overrides.file} says why"
            )
        return ExitCode.OK if healthy else ExitCode.FAILED

    def _show_chain(self, answers: Answers, *, healthy: bool) -> None:
        broken = first_broken(self.site, answers)
        if self.output is Output.JSON:
            self.console.json_line(status_document(answers, broken, healthy=healthy))
            return
        for check, outcome in answers:
            show_outcome(self.console, check.title, outcome)
        show_verdict(self.console, broken, healthy=healthy)

    def _done(self, part: Part, patience: Patience) -> Iterator[Told]:
        if part is Part.API:
            return story.switch_api_on(self.site, patience)
        if part is Part.ROLE:
            return story.grant_role(self.site, patience)
        if part is Part.STREAMS:
            return story.wait_for_streams(self.site, patience)
        return story.switch_property_on(self.site)

    def _tell(self, told: Told) -> None:
        if self.output is Output.JSON:
            step = {"step": told.part.value, "message": told.message, "waiting": told.waiting}
            self.console.json_line({**_DOCUMENT, "kind": "Step", **step})
        elif told.waiting:
            self.console.say(f"waiting {told.message}", "dim")
        else:
            self.console.say(told.message, "good")


_DOCUMENT: dict[str, Any] = {"apiVersion": "apigeectl/v1"}
