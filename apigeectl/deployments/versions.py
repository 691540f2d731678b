"""What a runtime's version cannot tell."""

from __future__ import annotations

SILENT = {
    "1.16.0": "hybrid 1.16.0 cannot tell: its pods report nothing, deployments stay PROGRESSING while traffic works "
    "(Google's known issue 482209901); 1.16.0-hotfix.1 repairs it",
}
"""Versions whose pods send no status, and the sentence for them."""

NOBODY_YET = "no runtime pod has reported yet"
_WAY = "up to hybrid 1.15 reports travel through UDCA: look at the apigee-udca pods when it lasts"
MAYBE_SILENT = (
    f"{NOBODY_YET}; one of hybrid 1.16.0 never does, although traffic works (Google's known issue 482209901)"
)


def silence(versions: frozenset[str]) -> str:
    """What it means that nothing was reported, by the versions of the runtime pods as far as they are known."""
    for version in sorted(versions):
        if sentence := SILENT.get(version.removeprefix("v")):
            return sentence
    return f"{NOBODY_YET}; {_WAY}" if versions else MAYBE_SILENT
