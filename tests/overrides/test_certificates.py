from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.overrides.load import parse
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from tests.overrides.material import certificate, private_pem
from tests.overrides.samples import STYLE_1_2

OWN = certificate("host", "intermediate", hosts=("api.example.com", "*.example.org"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "certs").mkdir()
    return tmp_path


def judge(
    folder: Path, chain: str, key: str = "host", text: str = STYLE_1_2, release: str = "1.2"
) -> list[Problem]:
    """What is said of this chain and key at the virtual host, for a host alias that fits it."""
    for name, content in (("fullchain.pem", chain), ("privkey.key", private_pem(key))):
        (folder / "certs" / name).write_text(content)
        (folder / "certs" / name).chmod(0o600)
    text = text.replace('"*.example.com"', "api.example.com")
    found = validate(
        parse(text, folder / "o.yaml"), Scope(virtualhosts=True), release, files=FileCheck(folder)
    )
    return [each for each in found if each.code.startswith(("certificate", "self", "bad-pem"))]


def test_a_chain_in_its_order_with_its_key_is_no_problem(folder: Path) -> None:
    assert judge(folder, OWN + certificate("intermediate", "root") + certificate("root")) == []


def test_the_key_of_another_certificate_is_an_error(folder: Path) -> None:
    (problem,) = judge(folder, OWN, key="another")
    assert (problem.code, problem.severity) == ("certificate-key-mismatch", Severity.ERROR)
    assert "sslKeyPath do not belong together" in problem.message


def test_a_servers_certificate_that_is_not_the_first_is_told_by_its_place(folder: Path) -> None:
    found = judge(folder, certificate("intermediate", "root") + OWN)
    mismatch = next(each for each in found if each.code == "certificate-key-mismatch")
    assert "has the server's own certificate in place 2" in mismatch.message


def test_a_wrong_order_above_the_first_is_a_warning(folder: Path) -> None:
    (problem,) = judge(folder, OWN + certificate("root") + certificate("intermediate", "root"))
    assert (problem.code, problem.severity) == ("certificate-chain", Severity.WARNING)
    assert "certificate 2 is not that of the issuer of certificate 1" in problem.message


@pytest.mark.parametrize(
    ("begins", "days", "words"),
    [
        (-30, -1, " expired on "),
        (-30, 3.5, " expires in 3 days, on "),
        (-30, 1.5, " expires in 1 day, on "),
        (1, 90, " is valid only from "),
        (-30, 15, None),
    ],
)
def test_dates_are_told_when_they_matter(folder: Path, begins: float, days: float, words: str | None) -> None:
    found = judge(folder, certificate("host", "root", hosts=("api.example.com",), begins=begins, days=days))
    assert [each.code for each in found] == (["certificate-dates"] if words else [])
    assert all(words in each.message for each in found if words)


def test_an_issuer_that_ends_first_is_told(folder: Path) -> None:
    (problem,) = judge(folder, OWN + certificate("intermediate", "root", days=2.5))
    assert ": one of its certificates expires in 2 days" in problem.message


@pytest.mark.parametrize(
    ("hosts", "fits"),
    [
        (("api.example.com",), True),
        (("other.example.com", "API.example.com"), True),
        (("*.example.com",), True),
        (("*.com",), False),
        (("example.com",), False),
        (("*.api.example.com",), False),
    ],
)
def test_the_host_aliases_of_the_file_must_be_covered(
    folder: Path, hosts: tuple[str, ...], fits: bool
) -> None:
    found = judge(folder, certificate("host", "root", hosts=hosts))
    assert [each.code for each in found] == ([] if fits else ["certificate-host"])
    assert all("not for api.example.com" in each.message for each in found)


def test_without_a_list_of_names_the_common_name_counts(folder: Path) -> None:
    (problem,) = judge(folder, certificate("host", "root"))
    assert "is for host, not for api.example.com" in problem.message


def test_without_host_aliases_no_name_is_compared(folder: Path) -> None:
    text = "virtualhosts: [{name: a, sslCertPath: certs/fullchain.pem, sslKeyPath: certs/privkey.key}]\n"
    assert judge(folder, certificate("host", "root", hosts=("b",)), text=text, release="1.10") == []


def test_a_certificate_signed_by_its_own_key_is_only_a_remark(folder: Path) -> None:
    (problem,) = judge(folder, certificate("host", hosts=("api.example.com",)))
    assert (problem.code, problem.severity) == ("self-signed-certificate", Severity.INFO)


def test_the_ca_of_clients_is_no_certificate_of_a_server(folder: Path) -> None:
    (folder / "ca.pem").write_text(certificate("root"))
    text = STYLE_1_2.replace(
        "    routingRules:", "    tlsMode: MUTUAL\n    caCertPath: ca.pem\n    routingRules:"
    )
    assert judge(folder, OWN, text=text) == []


def test_of_an_expired_ca_of_clients_is_told(folder: Path) -> None:
    (folder / "ca.pem").write_text(certificate("root", days=-0.5))
    text = STYLE_1_2.replace(
        "    routingRules:", "    tlsMode: MUTUAL\n    caCertPath: ca.pem\n    routingRules:"
    )
    (problem,) = judge(folder, OWN, text=text)
    assert (problem.code, problem.path[-1]) == ("certificate-dates", "caCertPath")
