"""Answers of every age, change reports, revisions, ages and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.deployments.ages import age, span
from apigeectl.deployments.model import State, read_deployment, read_report
from apigeectl.deployments.near import suggestion
from apigeectl.deployments.revisions import chosen_revision, in_order, written_revision
from apigeectl.errors import InstallerError, UsageError
from tests.deployments.answers import NOW, body, deployment, instance


def test_a_service_account_is_the_bare_email_that_a_deploy_request_takes():
    found = deployment(serviceAccount="projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com")

    assert found.service_account == "robot@p.iam.gserviceaccount.com"


def test_base_paths_come_from_routes_and_the_slash_of_old_answers_says_nothing():
    assert deployment(instances=[instance(("2", 100))], basePath="/").base_paths == ("/hello",)
    assert deployment(basePath="/old").base_paths == ("/old",)


def test_an_unknown_state_is_none():
    assert deployment(state="RUNTIME_STATE_UNSPECIFIED").state is None
    assert deployment(state="READY").state is State.READY


def test_a_report_tells_violations_conflicts_changes_and_the_order():
    routed = {"apiProxy": "hello", "revision": "1", "environment": "test", "basepath": "/hello"}
    report = read_report(
        {
            "validationErrors": {"violations": [{"type": "CONFLICTING_DEPLOYMENT", "description": "taken"}]},
            "routingConflicts": [{"environmentGroup": "group", "conflictingDeployment": routed}],
            "routingChanges": [
                {"environmentGroup": "group", "toDeployment": routed, "shouldSequenceRollout": True},
                {"environmentGroup": "group", "fromDeployment": routed, "toDeployment": None},
            ],
        }
    )

    assert report.violations == ("CONFLICTING_DEPLOYMENT: taken",)
    assert str(report.conflicts[0]) == "/hello in group: hello revision 1 in test has it"
    assert report.changes == (
        "/hello in group goes from nothing to hello revision 1 in test",
        "/hello in group goes from hello revision 1 in test to nothing",
    )
    assert report.sequenced


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    "state errors pods instances routeConflicts deployStartTime serviceAccount basePath".split()
)


@given(st.dictionaries(_FIELDS, _JSON))
def test_no_answer_whatever_it_holds_breaks_the_reading(fields):
    from apigeectl.deployments.judgement import judge

    judge(read_deployment(body(**fields)), NOW)


@pytest.mark.parametrize("text", ["0", "-1", "2.0", "", " 2", "１", "two", "LATEST", "99999999999"])
def test_what_is_no_revision_is_a_usage_error(text):
    with pytest.raises(UsageError, match="is no revision"):
        written_revision(text)


def test_latest_is_the_numeric_maximum():
    assert chosen_revision("orders", "latest", ["1", "10", "2"]) == "10"
    assert in_order(["10", "9", "x"]) == ["x", "9", "10"]


def test_latest_without_revisions_names_the_way():
    with pytest.raises(InstallerError, match="orders has no revisions") as raised:
        chosen_revision("orders", "latest", [])

    assert "import a bundle" in str(raised.value.hint)


def test_a_revision_that_does_not_exist_names_those_that_do():
    with pytest.raises(InstallerError) as raised:
        chosen_revision("orders", "3", [str(number) for number in range(20, 40)])

    assert raised.value.hint == "it has 20, 21, 22 ... 37, 38, 39; latest is 39"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (90000, "25h"), (200000, "2d")],
)
def test_spans_are_short(seconds, words):
    assert span(seconds) == words


def test_ages_of_another_clock_say_so():
    assert age(int((NOW + 7200) * 1000), NOW) == "2h ahead of this clock"
    assert age(int((NOW + 30) * 1000), NOW) == "0s ago"
    assert age(None, NOW) == "unknown"


def test_the_nearest_name_is_found_whatever_the_case_and_else_some_are_listed():
    names = [f"proxy-{number}" for number in range(10)]

    assert suggestion("HELO", ["hello", "orders"], "API proxies") == 'did you mean "hello"?'
    assert suggestion("zzz", names, "API proxies").endswith("proxy-7 and 2 more")
    assert suggestion("zzz", [], "environments") == "there are no environments at all"
