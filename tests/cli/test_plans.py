"""Plans as tables: short for people at a terminal, whole for programs."""

from __future__ import annotations

import io
import json

import pytest

from apigeectl.apply.changes import Action, Change
from apigeectl.apply.plan import Plan
from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.plans import show_dry_run, show_plan
from apigeectl.cli.tables import laid_out
from apigeectl.manifests import ObjectRef

LABELS = tuple(f'metadata.labels["{name}"]' for name in ("component", "managed-by", "organization"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def changed(*fields: str) -> Plan:
    ref = ObjectRef("apigee.cloud.google.com", "ApigeeOrganization", "apigee", "acme")
    return Plan((Change(ref, Action.CONFIGURE, fields=fields),))


def created(number: int) -> Plan:
    refs = [ObjectRef("", "Secret", "apigee", f"key-{one}") for one in range(number)]
    return Plan(tuple(Change(ref, Action.CREATE) for ref in refs))


def told(plan: Plan, err: io.StringIO) -> str:
    show_plan(Console(no_color=True, err=err), plan)
    return err.getvalue()


@pytest.mark.parametrize("err", [io.StringIO(), Terminal()])
def test_labels_do_not_hide_what_else_changes(err: io.StringIO):
    assert "spec.clusterName, 3 labels" in told(changed(*LABELS, "spec.clusterName"), err)


def test_a_terminal_is_spared_long_lists():
    fields = [f"spec.f{number}" for number in range(9)]

    assert "spec.f0, spec.f1, spec.f2 and 6 more\n" in told(changed(*fields), Terminal())
    assert "create  9 Secret  key-0, key-1, key-2 and 6 more\n" in told(created(9), Terminal())


def test_a_script_is_not():
    fields = [f"spec.f{number}" for number in range(9)]

    assert f"{', '.join(fields)}\n" in told(changed(*fields), io.StringIO())
    assert "create  Secret/apigee/key-8\n" in told(created(9), io.StringIO())


def test_json_has_every_field_of_a_dry_run_wherever_its_talk_goes():
    fields, out = [f"spec.f{number}" for number in range(9)], io.StringIO()

    show_dry_run(Console(out=out, err=Terminal()), changed(*fields), Output.JSON)

    assert json.loads(out.getvalue())["message"] == ", ".join(fields)


def test_columns_stay_aligned_where_the_last_one_goes_below():
    rows = [("  skip", "one", "a reason " * 9), ("  delete", "two", "")]

    assert [line for line in laid_out(rows, 60).splitlines() if not line.startswith("    ")] == [
        "  skip    one",
        "  delete  two",
    ]
