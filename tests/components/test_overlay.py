"""Templates of the user's that are wrong, hostile or without end."""

from __future__ import annotations

import pathlib
from dataclasses import replace

import pytest

from apigeectl.components.overlay import LIMITS
from apigeectl.components.template import Templates
from apigeectl.errors import InstallerError, UsageError

NAME = "secrets/secret.yaml.j2"
ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
SMALL = replace(LIMITS, memory=300 * 1024 * 1024, text=10_000)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    overlaid = tmp_path / "overlay"
    overlaid.mkdir()
    return overlaid


def test_an_overlay_takes_the_place_of_a_file(folder: pathlib.Path) -> None:
    write(folder, NAME, "x: {{ name }}\n")

    assert Templates(folder).render(NAME, {"name": "a: b"}) == 'x: "a: b"\n'


def test_what_it_does_not_replace_is_ours(folder: pathlib.Path) -> None:
    write(folder, NAME, "x: {{ name }}\n")
    values = {"name": "n", "namespace": "apigee", "google_account": None}

    ours = Templates().render("serviceaccounts/serviceaccount.yaml.j2", values)

    assert Templates(folder).render("serviceaccounts/serviceaccount.yaml.j2", values) == ours


def test_an_overlay_that_is_not_there_is_a_usage_error(folder: pathlib.Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        Templates(folder / "nowhere")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: {{ nmae }}\n", "line 2: 'nmae' is undefined"),
        ("a: 1\n\nb: {{ name\n", "line 3: unexpected end of template"),
        ("a: {{ 1 // 0 }}\n", "line 1: ZeroDivisionError"),
        ("a: {{ name.__class__.__mro__ }}\n", "line 1: access to attribute '__class__'"),
        ("a: {{ ''['__class__'] }}\n", "line 1: access to attribute '__class__'"),
        ("a: {{ name|attr('__class__') }}\n", "line 1: access to attribute '__class__'"),
        ("a: {{ '{0.__class__}'.format(name) }}\n", "line 1: access to attribute '__class__'"),
        ("a: {{ cycler.__init__.__globals__ }}\n", "line 1: access to attribute '__init__'"),
        ("a: {{ items.append(1) }}\n", "line 1: "),
        ("a: {{ range(10000000)|list }}\n", "line 1: OverflowError"),
        ('{% include "secrets/secret.yaml.j2" %}\n', "line 1: includes or calls itself without end"),
        ("a: 1\nb: {{ 'x' * 1000000000 }}\n", "line 2: needs more memory"),
        (
            "{% set ns = namespace(x='x') %}\n{% for i in range(99) %}\n{% set ns.x = ns.x + ns.x %}\n{% endfor %}",
            "line 3: ",
        ),
    ],
)
def test_a_mistake_names_file_and_line(folder: pathlib.Path, text: str, complaint: str) -> None:
    file = write(folder, NAME, text)

    with pytest.raises(InstallerError) as caught:
        Templates(folder, limits=SMALL).render(NAME, {"name": "n", "items": []})

    assert caught.value.message.startswith(f"{file}, {complaint}")


def test_a_mistake_in_a_fragment_names_the_fragment(folder: pathlib.Path) -> None:
    write(folder, NAME, '{% include "mine/part.yaml.j2" %}\n')
    part = write(folder, "mine/part.yaml.j2", "\n{{ missing }}\n")

    with pytest.raises(InstallerError) as caught:
        Templates(folder).render(NAME, {})

    assert caught.value.message == f"{part}, line 2: 'missing' is undefined"


@pytest.mark.parametrize("name", ["../outside.yaml.j2", "/etc/passwd", "mart/mrat.yaml.j2"])
def test_a_fragment_outside_the_folder_does_not_exist(folder: pathlib.Path, name: str) -> None:
    (folder.parent / "outside.yaml.j2").write_text("secret: 1\n")
    write(folder, NAME, f'{{% include "{name}" %}}\n')

    with pytest.raises(InstallerError) as caught:
        Templates(folder).render(NAME, {})

    assert f"{name} does not exist" in caught.value.message


def test_a_link_out_of_the_folder_is_refused(folder: pathlib.Path) -> None:
    outside = folder.parent / "outside.yaml.j2"
    outside.write_text("secret: 1\n")
    (folder / "secrets").mkdir()
    (folder / NAME).symlink_to(outside)

    with pytest.raises(InstallerError, match="is a link that leads out of"):
        Templates(folder).render(NAME, {})


def test_a_process_that_does_not_notice_that_its_time_is_over_is_killed(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apigeectl.components.overlay._GRACE", -8.7)
    file = write(folder, NAME, ENDLESS)

    with pytest.raises(InstallerError) as caught:
        Templates(folder, limits=replace(SMALL, seconds=9)).render(NAME, {})

    assert caught.value.message == (
        f"{file}, or a template that it includes, did not end in 9 seconds and was stopped."
    )


def test_a_result_without_end_is_refused(folder: pathlib.Path) -> None:
    write(folder, NAME, "{% for i in range(2000) %}a{{ i }}: 1\n{% endfor %}")

    with pytest.raises(InstallerError, match="characters, more than 10000"):
        Templates(folder, limits=SMALL).render(NAME, {})


def test_a_loop_without_end_is_stopped_where_it_is(folder: pathlib.Path) -> None:
    file = write(folder, NAME, f"a: 1\n{ENDLESS}")

    with pytest.raises(InstallerError) as caught:
        Templates(folder, limits=replace(SMALL, seconds=0.3)).render(NAME, {})

    assert caught.value.message == f"{file}, line 2: the template did not end in 0.3 seconds"


def test_the_next_template_renders_after_a_stopped_one(folder: pathlib.Path) -> None:
    write(
        folder,
        NAME,
        f"{{% if endless %}}{ENDLESS}{{% endif %}}a",
    )
    templates = Templates(folder, limits=replace(SMALL, seconds=0.2))

    with pytest.raises(InstallerError):
        templates.render(NAME, {"endless": True})

    assert templates.render(NAME, {"endless": False}) == "a"


def test_nothing_in_the_working_directory_is_taken_for_a_module(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "json.py").write_text("raise SystemExit('mine')\n")
    monkeypatch.chdir(folder.parent)
    write(folder, NAME, "x: 1\n")

    assert Templates(folder).render(NAME, {}) == "x: 1\n"


def write(folder: pathlib.Path, name: str, text: str) -> pathlib.Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
