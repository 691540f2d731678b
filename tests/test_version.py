import subprocess
import sys

from apigeectl import __version__


def test_version_prints_its_first_line_as_the_original_did_on_stdout():
    done = subprocess.run(
        [sys.executable, "-m", "apigeectl", "version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[0] == f"Version: {__version__}"
    assert done.stderr == ""
