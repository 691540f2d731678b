"""Marks, bars and counts as the hybrid UI shows them, from both kinds of answers."""

from __future__ import annotations

import pytest

from apigeectl.deployments.causes import Cause, grouped
from apigeectl.deployments.explanation import unfinished
from apigeectl.deployments.judgement import Count, Mark, Runtime, judge
from apigeectl.deployments.pods import ClusterPod
from tests.deployments.answers import NOW, deployment, instance, pod

FOUR = Runtime(tuple(ClusterPod(f"runtime-{number}", "Running", "1.10.3") for number in range(4)), "c-r")


@pytest.mark.parametrize(
    ("fields", "mark", "complete"),
    [
        ({"state": "READY", "instances": [instance(("2", 100))]}, Mark.FINE, True),
        ({"state": "READY"}, Mark.FINE, True),
        ({"instances": [instance(("2", 100))]}, Mark.FINE, True),
        ({"state": "READY", "instances": [instance(("2", 50), ("1", 50))]}, Mark.ATTENTION, False),
        ({"state": "PROGRESSING", "instances": [instance(("2", 100))]}, Mark.ATTENTION, False),
        ({"state": "READY", "instances": [instance(("2", 100)), instance(("2", 75))]}, Mark.ATTENTION, False),
        (
            {"state": "READY", "instances": [instance(("2", 100), routes=(("test", 50),))]},
            Mark.ATTENTION,
            False,
        ),
        (
            {"state": "READY", "instances": [instance(("2", 100), routes=(("prod", 100),))]},
            Mark.ATTENTION,
            False,
        ),
        ({"state": "READY", "instances": [instance(("2", 100), routes=(("", 100),))]}, Mark.ATTENTION, False),
        ({"state": "READY", "routeConflicts": [{"description": "taken"}]}, Mark.ATTENTION, True),
        ({"state": "ERROR", "instances": [instance(("2", 100))]}, Mark.ERROR, False),
        ({"state": "ERROR", "routeConflicts": [{"description": "taken"}]}, Mark.ERROR, False),
        ({"state": "SOMETHING_NEW"}, Mark.ATTENTION, False),
        ({}, Mark.ATTENTION, False),
        ({"pods": [pod("a"), pod("b")]}, Mark.FINE, True),
        ({"pods": [pod("a"), pod("b", "pending")]}, Mark.ATTENTION, False),
        ({"pods": [pod("a"), pod("b", "ERROR")]}, Mark.ERROR, False),
        ({"pods": [pod("a"), pod("b", "whatever")]}, Mark.ATTENTION, False),
        ({"pods": [pod("a", podStatus="stale", heard=900)]}, Mark.ATTENTION, False),
    ],
)
def test_the_worst_of_what_is_known_is_the_mark(fields, mark, complete):
    verdict = judge(deployment(**fields), NOW)

    assert (verdict.mark, verdict.complete, verdict.failed) == (mark, complete, mark is Mark.ERROR)


def test_pods_are_counted_by_what_they_reported_since_the_deployment():
    verdict = judge(
        deployment(
            pods=[
                pod("synced"),
                pod("failed", "error", statusCode="500", statusCodeDetails="bad\n bundle"),
                pod("before", told=3600),
                pod("never", "", told=None),
                pod("stale", podStatus="stale", heard=301),
            ]
        ),
        NOW,
    )

    assert (verdict.errors, verdict.unknown) == (Count(1), Count(2))
    assert (verdict.reported, verdict.synced) == (50, 25)
    assert verdict.causes == (Cause("bad bundle", 1),)


@pytest.mark.parametrize(("heard", "counts"), [(299, 1), (300, 1), (301, 0), (-7200, 1)])
def test_a_pod_counts_as_active_for_five_minutes_after_it_was_heard(heard, counts):
    verdict = judge(deployment(pods=[pod("a", podStatus="stale", heard=heard)]), NOW)

    assert verdict.synced == 100 * counts


def test_no_active_pods_are_no_success():
    verdict = judge(deployment(pods=[pod("a", podStatus="stale", heard=None)]), NOW)

    assert (verdict.reported, verdict.complete) == (0, False)
    assert "none of these pods was heard within five minutes" in verdict.notes


def test_percentages_become_numbers_of_pods_only_with_a_cluster_and_are_marked():
    found = deployment(state="PROGRESSING", instances=[instance(("2", 50), ("1", 25))])

    alone, beside = judge(found, NOW), judge(found, NOW, FOUR)

    assert (alone.errors, alone.unknown) == (None, None)
    assert (beside.errors, beside.unknown) == (Count(0), Count(2, estimated=True))
    assert (beside.reported, beside.older) == (50, 25)
    assert any("percentages" in note for note in alone.notes)
    assert beside.notes == ()


def test_while_nobody_reports_all_pods_of_the_cluster_are_in_unknown_status():
    verdict = judge(deployment(state="PROGRESSING"), NOW, FOUR)

    assert verdict.unknown == Count(4, estimated=True)


def test_the_errors_of_percentages_are_estimated_too():
    failed = [
        {"code": 9, "message": "apigee-runtime-x-1: broken"},
        {"code": 9, "message": "apigee-runtime-x-2: broken"},
    ]

    verdict = judge(deployment(state="ERROR", errors=failed, instances=[instance(("2", 50))]), NOW, FOUR)

    assert (verdict.errors, verdict.unknown) == (Count(2, estimated=True), Count(0, estimated=True))
    assert verdict.causes == (Cause("POD: broken", 2),)
    assert verdict.reported == 100


def test_another_cluster_is_no_ground_for_estimates():
    instances = [instance(("2", 50), name="a"), instance(("2", 100), name="b")]

    assert judge(deployment(instances=instances), NOW, FOUR).unknown is None


def test_the_slowest_instance_is_the_percentage():
    instances = [instance(("2", 100), name="a"), instance(("2", 25), ("1", 75), name="b")]

    verdict = judge(deployment(state="PROGRESSING", instances=instances), NOW)

    assert (verdict.synced, verdict.older) == (25, 75)


def test_pods_that_never_reported_and_pods_that_are_gone_are_told_apart():
    runtime = Runtime((ClusterPod("there", "Running"), ClusterPod("mute", "not ready")))

    verdict = judge(deployment(pods=[pod("there"), pod("gone")]), NOW, runtime)

    assert [(row.name, row.revision, row.note) for row in verdict.pods] == [
        ("there", "2", ""),
        ("gone", "2", "reported, and does not exist in the cluster"),
        ("mute", "", "exists in the cluster and never reported"),
    ]


def test_where_no_pods_are_reported_those_of_the_cluster_are_shown():
    synced = judge(deployment(state="READY", instances=[instance(("2", 100))]), NOW, FOUR)
    partly = judge(deployment(state="PROGRESSING", instances=[instance(("2", 50))]), NOW, FOUR)

    assert {row.revision for row in synced.pods} == {"2"}
    assert {row.revision for row in partly.pods} == {""}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.16.0", "hybrid 1.16.0 cannot tell"),
        ("v1.16.0", "hybrid 1.16.0 cannot tell"),
        ("1.16.0-hotfix.1", "no runtime pod has reported yet"),
        ("1.10.3", "no runtime pod has reported yet"),
        ("", "one of hybrid 1.16.0 never does"),
    ],
)
def test_silence_is_explained_by_the_version_of_the_runtime(version, words):
    runtime = Runtime((ClusterPod("a", "Running", version),))

    verdict = judge(deployment(state="PROGRESSING"), NOW, runtime)

    assert words in verdict.silence
    assert verdict.silence in verdict.notes


def test_a_clock_that_is_hours_behind_is_told():
    started = str(int((NOW + 3 * 3600) * 1000))

    verdict = judge(deployment(state="READY", deployStartTime=started), NOW)

    assert verdict.notes == ("this machine's clock is 3h behind Google's: ages here are wrong",)


def test_a_clock_that_is_hours_ahead_is_told_when_active_pods_seem_old():
    started = str(int((NOW - 4 * 3600) * 1000))

    verdict = judge(deployment(deployStartTime=started, pods=[pod("a", told=10900, heard=10800)]), NOW)

    assert verdict.complete
    assert verdict.notes == ("this machine's clock seems 3h ahead of Google's: ages here are wrong",)


def test_equal_causes_are_grouped_whatever_the_pod_and_the_spaces():
    messages = ["apigee-runtime-a-1: bad\n  policy", "apigee-runtime-b-2: bad policy", "other"]

    assert grouped(messages) == (Cause("POD: bad policy", 2), Cause("other", 1))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (
            [("1", 100)],
            [("2", 25), ("1", 75)],
            ["it moves: from 0 % to 25 %", "75 % still run another revision"],
        ),
        (
            [("1", 100)],
            [("1", 100)],
            ["0 % of the runtime pods report it, no more", "100 % still run another"],
        ),
        ([("2", 75)], [("2", 75)], ["75 % of the runtime pods report it, no more", "25 % say nothing"]),
        ([], [], ["0 % of the runtime pods", "one of hybrid 1.16.0 never does"]),
        ([("2", 100)], [("2", 100)], ["not every ingress replica"]),
    ],
)
def test_a_wait_that_ran_out_says_what_moved_what_stands_and_what_is_silent(first, last, words):
    looks = [
        judge(deployment(state="PROGRESSING", instances=[instance(*each)]), NOW) for each in (first, last)
    ]

    sentences = list(unfinished(*looks))

    assert len(sentences) == len(words)
    assert all(
        sentence.startswith(start) or start in sentence
        for sentence, start in zip(sentences, words, strict=True)
    )
