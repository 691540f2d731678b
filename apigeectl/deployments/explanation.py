"""Why a wait ran out, as far as two looks at the same deployment tell."""

from __future__ import annotations

from collections.abc import Iterator

from apigeectl.deployments.judgement import Verdict

SLOW = "hybrid can need 20 to 30 minutes where there are many proxies or environments (Google's known issue 260324159)"


def unfinished(first: Verdict, last: Verdict) -> Iterator[str]:
    """Sentences, the most telling ones first: what moved, what stands, what is silent."""
    silent = max(0, 100 - last.reported - last.older)
    if last.synced == 100:
        yield "all runtime pods report it, but not every ingress replica has its base paths yet"
        return
    if last.synced > first.synced:
        yield f"it moves: from {first.synced} % to {last.synced} % of the runtime pods while we looked; {SLOW}"
    else:
        yield f"{last.synced} % of the runtime pods report it, no more than when we began to look"
    if last.older:
        yield (
            f"{last.older} % still run another revision: they have not polled since, or cannot finish loading this one; "
            "their logs tell (pods with label app=apigee-runtime)"
        )
    if silent and last.silence:
        yield last.silence
    elif silent:
        yield f"{silent} % say nothing: these pods do not run, or their reports do not arrive"
