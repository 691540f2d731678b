"""apigeectl deployments as typed, against the management plane of the sandbox."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apigeectl.sandbox.google.proxies import Proxies, Proxy
from tests.cli.conftest import Result
from tests.cli.management_plane import PODS, Plane, management_plane

Start = Callable[..., Plane]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *faults, **options: stack.enter_context(
            management_plane(monkeypatch, tmp_path, *faults, **options)
        )


@pytest.fixture
def plane(start: Start) -> Plane:
    return start()


Call = Callable[..., Result]


def deploy(apigeectl: Call, revision: str, *more: str) -> Result:
    return apigeectl("deployments", "deploy", "hello", "--revision", revision, "--env", "test", *more)


def test_a_list_shows_every_proxy_and_where_it_runs(plane, apigeectl):
    deploy(apigeectl, "1")

    done = apigeectl("deployments", "list")

    assert done.code == 0
    assert [line.split() for line in done.out.splitlines()] == [
        ["PROXY", "ENVIRONMENT", "REVISION", "SINCE"],
        ["hello", "test", "1", "7s", "ago"],
        ["orders", "-", "-", "-"],
    ]


def test_a_list_for_programs_has_every_environment(plane, apigeectl):
    deploy(apigeectl, "1")

    document = json.loads(apigeectl("deployments", "list", "--state", "-o", "json").out)

    assert (document["kind"], document["organization"]) == ("DeploymentList", "hybrid-demo")
    assert [(item["proxy"], item["environment"], item["state"]) for item in document["items"]] == [
        ("hello", "test", "fine"),
        ("hello", "prod", "not-deployed"),
        ("orders", "test", "not-deployed"),
        ("orders", "prod", "not-deployed"),
    ]
    assert document["items"][0]["since"] == "2023-11-14T22:13:20.000+00:00"
    assert document["items"][0]["basePaths"] == ["/hello"]


@pytest.mark.parametrize(
    ("argv", "rows"),
    [
        (["--env", "prod"], ["hello prod", "orders prod"]),
        (["--proxy", "hello"], ["hello test", "hello prod"]),
        (["--state=fine"], ["hello test"]),
        (["--state=error"], []),
        (["--state=not-deployed", "--env", "test"], ["orders test"]),
        (["--shared-flows"], ["request-logging -"]),
    ],
)
def test_a_list_is_filtered(plane, apigeectl, argv, rows):
    deploy(apigeectl, "1")

    done = apigeectl("deployments", "list", *argv)

    assert [" ".join(line.split()[:2]) for line in done.out.splitlines()[1:]] == rows


def test_several_files_are_laid_over_one_another(plane, apigeectl, tmp_path):
    (tmp_path / "more.yaml").write_text("envs: [{name: prod}]\n")
    deploy(apigeectl, "1")

    done = apigeectl("deployments", "status", "hello", "-f", "overrides.yaml", "-f", "more.yaml")

    assert done.err == (
        "error: hello is not deployed in prod\n"
        "hint: apigeectl deployments deploy hello --revision latest --env prod --org hybrid-demo\n"
    )


@pytest.mark.parametrize("argv", [["list"], ["undeploy", "hello"]])
def test_what_never_looks_at_the_cluster_takes_no_kubeconfig(plane, apigeectl, argv):
    assert apigeectl("deployments", *argv, "--kubeconfig", "file").code == 2


def test_states_are_asked_for_only_where_they_are_needed(plane, apigeectl):
    deploy(apigeectl, "1")
    plane.google.requests.clear()

    apigeectl("deployments", "list")
    apigeectl("deployments", "list", "--state=not-deployed")

    assert not any("/revisions/" in exchange.path for exchange in plane.google.requests)
    assert len(plane.google.requests) == 2 * 3


def test_an_unknown_state_gets_the_nearest_one(plane, apigeectl):
    done = apigeectl("deployments", "list", "--state=eror")

    assert done.code == 2
    assert 'did you mean "error"?' in done.err


def test_a_wide_terminal_has_a_column_for_each_environment(plane, apigeectl):
    from apigeectl.actions.deployments import Row
    from apigeectl.cli.console import Console
    from apigeectl.cli.deployments_show import show_rows
    from apigeectl.deployments.judgement import Mark

    rows = [
        Row("a", "test", "1", base_paths=("/a",), mark=Mark.FINE),
        Row("a", "prod", "12", base_paths=("/a", "/b"), mark=Mark.ERROR),
        Row("b", "test", mark=Mark.NOT_DEPLOYED),
        Row("b", "prod"),
    ]
    screen = io.StringIO()

    show_rows(Console(out=screen), rows, ("test", "prod"), 0.0, states=True, columns=120)

    assert screen.getvalue().splitlines() == [
        "PROXY  test           prod            BASE PATHS",
        "a      1 ✓ (unknown)  12 ✗ (unknown)  /a /b",
        "b      ○              -",
    ]


@pytest.mark.parametrize(
    ("argv", "code", "message", "hint"),
    [
        ("status helo --env test", 1, "has no API proxy helo", 'did you mean "hello"?'),
        ("status hello --env tst", 1, "has no environment tst", 'did you mean "test"?'),
        ("status hello --env test", 1, "hello is not deployed in test", "deploy hello --revision latest"),
        ("status hello --env test --revision latest", 2, '"latest" is for deploy', "leave it out"),
        ("status .. --env test", 2, 'nothing can be called ".."', "name an organization"),
        ("status a/b%2Fü --env test", 1, "has no API proxy a/b%2Fü", "the API proxies are hello, orders"),
        ("deploy hello --revision 0 --env test", 2, '"0" is no revision', "whole numbers from 1 on"),
        ("deploy hello --revision -1 --env test", 2, '"-1" is no revision', "whole numbers"),
        ("deploy hello --revision 2.0 --env test", 2, '"2.0" is no revision', "whole numbers"),
        ("deploy hello --revision 9 --env test", 1, "hello has no revision 9", "it has 1, 2; latest is 2"),
        ("deploy helo --revision 1 --env test", 1, "has no API proxy helo", 'did you mean "hello"?'),
        ("deploy hello --revision 1 --env tst", 1, "has no environment tst", 'did you mean "test"?'),
        ("deploy hello --revision 1 --env test --probe x", 2, "--probe: that is no address", "https://HOST"),
        ("undeploy helo --env test", 1, "has no API proxy helo", 'did you mean "hello"?'),
        ("undeploy hello --env test --revision x", 2, '"x" is no revision', "whole numbers"),
        ("deploy hello --revision 1 --env test --wait=soon", 2, '"soon" is no duration', "write seconds"),
        ("list --org other", 1, "organization other", "(or it may not exist)"),
    ],
)
def test_what_cannot_be_is_told_with_the_next_step(plane, apigeectl, argv, code, message, hint):
    done = apigeectl("deployments", *argv.split())

    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert hint in done.err
    assert not any(exchange.method == "DELETE" for exchange in plane.google.requests)


def test_latest_without_revisions_names_the_way(start, apigeectl):
    start(proxies=Proxies("hybrid-demo", (Proxy("hello", "/hello", ()),)))

    done = deploy(apigeectl, "latest")

    assert done.code == 1
    assert "hello has no revisions" in done.err
    assert "import a bundle to make a new revision" in done.err


def test_latest_is_the_numeric_maximum(plane, apigeectl):
    done = apigeectl("deployments", "deploy", "orders", "--revision", "latest", "--env", "test")

    assert "orders revision 10 in test serves on all runtime pods" in done.err


@pytest.mark.parametrize(("name", "revisions"), [("a b/c%20ü", ("1",)), ("x:y?z#", ("1", "2"))])
def test_strange_names_are_served_too(start, apigeectl, name, revisions):
    start(proxies=Proxies("hybrid-demo", (Proxy(name, "/strange", revisions),)))

    deployed = apigeectl("deployments", "deploy", name, "--revision", "1", "--env", "test")
    status = apigeectl("deployments", "status", name, "--env", "test")

    assert (deployed.code, status.code) == (0, 0)
    assert status.out.startswith(f"{name} revision 1 in test")


def test_an_organization_without_environments(start, apigeectl, tmp_path):
    start(environments=())
    (tmp_path / "overrides.yaml").unlink()

    listed = apigeectl("deployments", "list", "--org", "hybrid-demo")
    status = apigeectl("deployments", "status", "hello", "--org", "hybrid-demo")

    assert (listed.code, listed.err) == (0, "there are no environments\n")
    assert (status.code, "has no environments" in status.err) == (1, True)


def test_the_environment_is_named_or_by_variable_or_the_files_only_one(plane, apigeectl, monkeypatch):
    assert "hello is not deployed in prod" in apigeectl("deployments", "status", "hello", "--env", "prod").err
    assert "hello is not deployed in test" in apigeectl("deployments", "status", "hello").err

    monkeypatch.setenv("APIGEECTL_ENV", "prod")
    assert "hello is not deployed in prod" in apigeectl("deployments", "status", "hello").err

    monkeypatch.setenv("APIGEECTL_ENV", "prd")
    done = apigeectl("deployments", "status", "hello")
    assert "APIGEECTL_ENV: organization hybrid-demo has no environment prd" in done.err
    assert 'did you mean "prod"?' in done.err


def test_without_any_of_these_a_pipeline_gets_the_list(plane, apigeectl, tmp_path):
    (tmp_path / "overrides.yaml").unlink()

    done = apigeectl("deployments", "status", "hello", "--org", "hybrid-demo")

    assert done.code == 2
    assert "in which environment of organization hybrid-demo?" in done.err
    assert "its environments are test, prod" in done.err


@pytest.mark.parametrize("answer", ["2", "prod"])
def test_on_a_terminal_the_environment_is_asked_for(plane, apigeectl, tmp_path, monkeypatch, answer):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    (tmp_path / "overrides.yaml").unlink()
    typed, screen = Terminal(f"{answer}\n"), Terminal()
    monkeypatch.setattr("sys.stdin", typed)
    monkeypatch.setattr("sys.stderr", screen)

    from apigeectl.cli.app import run

    assert run(["deployments", "status", "hello", "--org", "hybrid-demo"]) == 1
    assert "  2  prod\nwhich one? " in screen.getvalue()
    assert "hello is not deployed in prod" in screen.getvalue()


def test_without_file_and_flag_the_organization_is_asked_for(plane, apigeectl, tmp_path):
    (tmp_path / "overrides.yaml").unlink()

    done = apigeectl("deployments", "list")

    assert done.code == 2
    assert "--org ORG" in done.err


def test_a_status_counts_pods_only_as_estimates_and_with_a_cluster(start, apigeectl):
    start("silent-pods", pods=PODS)
    deploy(apigeectl, "1", "--wait=10")

    done = apigeectl("deployments", "status", "hello", "-o", "json")

    document = json.loads(done.out)
    assert done.code == 1
    assert document["mark"] == "attention"
    assert document["podsInUnknownStatus"] == {"count": 1, "estimated": True}
    assert [pod["name"] for pod in document["pods"]] == list(PODS)


def test_a_status_of_reporting_pods_counts_them(start, apigeectl):
    plane = start("pod-reports", "bundle-error")
    deploy(apigeectl, "2", "--no-rollback")
    plane.clock.now += 60

    done = apigeectl("deployments", "status", "hello")

    assert done.code == 1
    assert "2 pods reported errors\n" in done.out
    assert "cause         Deployment Failed: policy SpikeArrest-1 has no rate (2 times)" in done.out


@pytest.mark.parametrize(
    ("fault", "code"), [("", 0), ("bundle-error", 1), ("never-ready", 4), ("route-conflict", 0)]
)
def test_a_wait_ends_with_0_1_or_4(start, apigeectl, fault, code):
    plane = start(*[fault][: bool(fault)])
    from apigeectl.sandbox.google.control_plane import Place

    plane.google.control_plane.change(Place("apis", "test", "hello"), "2")
    begun = plane.clock.now

    done = apigeectl("deployments", "status", "hello", "--wait")

    assert done.code == code
    assert (plane.clock.now - begun >= 300) == (code == 4)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("bundle-error", 1, "cannot be loaded: policy SpikeArrest-1 has no rate (2 times)"),
        ("silent-pods", 4, "25 % say nothing: these pods do not run, or their reports do not arrive"),
        ("route-conflict", 0, "warning: route conflict: /hello in test-group"),
        ("slow-sync", 4, "it moves: from 0 % to"),
        ("never-ready", 4, "cannot finish loading this one; their logs tell"),
        ("no-pod-reports", 4, "one of hybrid 1.16.0 never does, although traffic works"),
    ],
)
def test_every_fault_has_its_own_explanation(start, apigeectl, fault, code, words):
    start(fault)
    deploy(apigeectl, "1", "--wait=60")

    done = deploy(apigeectl, "2", "--wait=32")

    assert (done.code, words in done.err) == (code, True), done.err


def test_a_deploy_shows_the_plan_first_and_a_dry_run_writes_nothing(plane, apigeectl):
    deploy(apigeectl, "1")

    done = deploy(apigeectl, "2", "--dry-run", "-o", "json")

    document = json.loads(done.out)
    assert (document["kind"], document["replaces"], document["revision"]) == ("DeploymentPlan", "1", "2")
    assert "hello in test: revision 1 serves now, deployed 7s ago; revision 2 will" in done.err
    assert "(dry run: nothing was written)" in done.err
    assert '"revision": "1"' in apigeectl("deployments", "list", "-o", "json").out


def test_a_deploy_that_would_be_refused_says_why_and_the_way(start, apigeectl):
    plane = start(proxies=Proxies("hybrid-demo", (Proxy("hello", "/hello"), Proxy("copy", "/hello"))))
    deploy(apigeectl, "1")

    done = apigeectl("deployments", "deploy", "copy", "--revision", "1", "--env", "prod", "--env", "test")

    assert done.code == 1
    assert "contains conflicting base paths: [/hello]" in done.err
    assert not any(
        "/copy/" in each.path and each.path.endswith("override=true") and "Report" not in each.path
        for each in plane.google.requests
    )


def test_several_environments_follow_each_other(plane, apigeectl):
    done = deploy(apigeectl, "1", "--env", "prod", "--env", "test")

    said = [line for line in done.err.splitlines() if line.startswith("deploying") or "serves on all" in line]
    assert done.code == 0
    assert said == [
        "deploying hello revision 1 in test",
        "hello revision 1 in test serves on all runtime pods",
        "deploying hello revision 1 in prod",
        "hello revision 1 in prod serves on all runtime pods",
    ]


def test_a_revision_that_fails_ends_with_the_old_one_serving(start, apigeectl):
    plane = start("bundle-error")
    deploy(apigeectl, "1")

    done = deploy(apigeectl, "2")

    assert done.code == 1
    assert "revision 1 was put back and serves on all runtime pods" in done.err
    assert {plane.google.control_plane.serve("/hello").revision for _ in range(8)} == {"1"}


def test_a_probe_reports_what_it_missed(plane, apigeectl, monkeypatch):
    from apigeectl.clients.probe import Miss, Probe

    def missing(probe: Probe) -> None:
        probe.served = True
        probe.misses += [Miss(1.25, "HTTP 404"), Miss(1.5, "HTTP 404")]
        probe.misses += [Miss(2.0 + moment / 5, "HTTP 503") for moment in range(20)]

    monkeypatch.setattr(Probe, "__enter__", missing)
    monkeypatch.setattr(Probe, "__exit__", lambda self, *_: None)

    done = deploy(apigeectl, "1", "--probe", "http://127.0.0.1:1/hello")

    assert done.code == 1
    assert "22 missed\n  after 1.2, 1.5 s: HTTP 404 (2 times)\n" in done.err
    assert "  after 2.0 to 5.8 s: HTTP 503 (20 times)\n" in done.err


def test_a_probe_that_nothing_ever_serves_is_told_without_what_may_be_secret_in_its_address(plane, apigeectl):
    address = plane.google.ingress.url.replace("//", "//user:hunter2@")
    deploy(apigeectl, "1")

    done = deploy(apigeectl, "2", "--probe", f"{address}/nowhere?apikey=hunter2", "-o", "json")

    report = json.loads(done.out.splitlines()[-1])
    assert (done.code, report["served"], report["url"]) == (1, False, f"{plane.google.ingress.url}/nowhere")
    assert f"to {plane.google.ingress.url}/nowhere, none was served: HTTP 404" in done.err
    assert "hunter2" not in done.out + done.err


def test_the_only_serving_revision_is_not_undeployed_unasked(plane, apigeectl):
    deploy(apigeectl, "1")

    refused = apigeectl("deployments", "undeploy", "hello")
    dry = apigeectl("deployments", "undeploy", "hello", "--dry-run")
    done = apigeectl("deployments", "undeploy", "hello", "--yes")
    again = apigeectl("deployments", "undeploy", "hello", "--yes")

    assert (refused.code, dry.code, done.code, again.code) == (1, 0, 0, 0)
    assert "hint: --yes undeploys it all the same" in refused.err
    assert "hello revision 1 is gone from test; nothing serves its base paths any more" in done.err
    assert "hello is not deployed in test; nothing to do" in again.err


@pytest.mark.parametrize("fault", ["google=http-503", "google=http-429"])
def test_a_busy_google_is_borne(start, apigeectl, monkeypatch, fault):
    from apigeectl.clients.google import Session

    start(fault)
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "sleep", lambda seconds: None)

    assert deploy(apigeectl, "1").code == 0
    assert apigeectl("deployments", "list", "--state").code == 0


def test_an_organization_that_may_not_be_read_is_told(start, apigeectl):
    start("org=forbidden")

    done = apigeectl("deployments", "list")

    assert done.code == 1
    assert "(or it may not exist)" in done.err


def test_interrupting_a_deploy_names_the_way_back(plane, apigeectl, monkeypatch):
    deploy(apigeectl, "1")

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plane.clock, "sleep", interrupt)

    done = deploy(apigeectl, "2")

    assert done.code == 130
    assert (
        "to go back: apigeectl deployments deploy hello --revision 1 --env test --org hybrid-demo" in done.err
    )


def test_an_environment_that_fails_leaves_the_next_ones_alone_and_says_so(start, apigeectl):
    start("bundle-error")

    done = apigeectl("deployments", "deploy", "hello", "--revision", "2", "--env", "test", "--env", "prod")

    assert done.code == 1
    assert "not begun: prod\n" in done.err
    assert "nothing was there before it to go back to" in done.err
