from __future__ import annotations

from apigeectl.diagnosis.tree import Node
from apigeectl.diagnosis.watching import check
from tests.diagnosis.clusters import INSTALLATION, TalkingCluster, chain, hidden, no_image
from tests.diagnosis.samples import container
from tests.diagnosis.test_symptoms import event


def path(nodes: tuple[Node, ...]) -> list[tuple[str, str]]:
    """The first branch."""
    return [] if not nodes else [(nodes[0].kind, nodes[0].name), *path(nodes[0].children)]


def leaf(nodes: tuple[Node, ...]) -> Node:
    return leaf(nodes[0].children) if nodes[0].children else nodes[0]


def test_it_goes_from_the_organization_to_the_container():
    nodes = check(TalkingCluster(*no_image()), INSTALLATION).nodes

    assert path(nodes) == [
        ("ApigeeOrganization", "acme"),
        ("ApigeeDeployment", "apigee-mart"),
        ("Pod", "apigee-mart-1-a"),
        ("container", "apigee-mart"),
    ]


def test_a_container_says_why_and_which_problem_it_is():
    found = leaf(check(TalkingCluster(*no_image()), INSTALLATION).nodes)

    assert (found.readiness.reason, found.codes) == ("ImagePullBackOff", ("KUB-02",))


def test_the_last_words_that_nobody_knows_are_shown_all_the_same():
    lives = chain("mart", container("apigee-mart", running={}))
    cluster = TalkingCluster(
        *lives, logs={("apigee-mart-1-a", False): "one\nsomething odd: password=hunter2\n"}
    )

    assert leaf(check(cluster, INSTALLATION).nodes).log == "something odd: password=***"


def test_a_pod_has_its_newest_event():
    lives = chain("mart", container("apigee-mart", running={}))
    cluster = TalkingCluster(*lives, event(lives[-1], "Unhealthy", "Readiness probe failed", count=7))

    node = check(cluster, INSTALLATION).nodes[0].children[0].children[0]
    assert node.event is not None
    assert (node.event.reason, node.event.count) == ("Unhealthy", 7)


def test_what_stands_between_may_be_hidden():
    cluster = TalkingCluster(*no_image())
    cluster.faults = hidden("ReplicaSet", "ApigeeDeployment")

    nodes = check(cluster, INSTALLATION).nodes

    assert [(node.kind, node.name) for node in nodes] == [
        ("ApigeeOrganization", "acme"),
        ("Pod", "apigee-mart-1-a"),
    ]
