import pytest

from apigeectl.cli.arguments import normalise
from apigeectl.errors import UsageError


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("apply --org=true -f=F", "apply --org -f F"),
        ("apply -org -f F", "apply --org -f F"),
        ("apply --org=false -f F", "apply -f F"),
        ("apply --dry-run -f F", "apply --dry-run=client -f F"),
        ("apply -dry-run -f F", "apply --dry-run=client -f F"),
        ("apply --dry-run=true -f F", "apply --dry-run=client -f F"),
        ("apply --dry-run=false -f F", "apply --dry-run=none -f F"),
        ("apply --dry-run=server -f F", "apply --dry-run=server -f F"),
        ("check-ready --wait -f F", "check-ready --wait=default -f F"),
        ("check-ready --wait=300 -f F", "check-ready --wait=300 -f F"),
        ("apply --v 3 -f F", "apply --v -f F"),
        ("apply --v=3 -f F", "apply --v -f F"),
        ("apply --v=0 -f F", "apply -f F"),
        ("apply --v -f F", "apply --v -f F"),
        ("apply -c cassandra, runtime -f F", "apply -c cassandra,runtime -f F"),
        ("apply -s=virtualhosts", "apply -s virtualhosts"),
        ("apply --settings=virtualhosts", "apply --settings virtualhosts"),
        ("apply --env=a --env b", "apply --env a --env b"),
        ("--datastore -f F apply", "apply --datastore -f F"),
        ("encode --org=ORG --env E", "encode --org ORG --env E"),
        ("apply --nonsense=3", "apply --nonsense=3"),
    ],
)
def test_what_scripts_for_the_original_write_is_read_as(written, read):
    assert normalise(written.split()) == read.split()


def test_the_command_of_sandbox_run_stays_as_it_was_typed():
    assert normalise(["sandbox", "run", "--", "kubectl", "-v=3", "--org=x"])[2:] == [
        "--",
        "kubectl",
        "-v=3",
        "--org=x",
    ]


def test_a_switch_that_is_neither_true_nor_false_is_refused():
    with pytest.raises(UsageError, match="neither true nor false"):
        normalise(["apply", "--org=maybe"])


@pytest.mark.parametrize("flag", ["-f", "--env", "--settings"])
def test_a_flag_without_its_value_is_refused(flag):
    with pytest.raises(UsageError, match="needs a value"):
        normalise(["apply", flag])
