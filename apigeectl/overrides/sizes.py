"""Rules about sizes: Kubernetes quantities, and those of the Java runtime, which are written otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from apigeectl.overrides.findings import Case, Entry, Finding, info, shown, warning
from apigeectl.overrides.position import Path, dotted


def wrong_unit(case: Case) -> Iterator[Finding]:
    """Quantities that Kubernetes reads, though not as they were meant."""
    for entry in case.named("memory", "cpu", "storageSize", "capacity"):
        size = _QUANTITY.fullmatch(str(entry.value)) if entry.property else None
        if size is None or entry.property is None or entry.property.type != "quantity":
            continue
        here, unit = f"{dotted(entry.path)}: {shown(entry.path, entry.value)}", size[2] or ""
        if entry.path[-1] == "cpu":
            if unit not in ("", "m", "u", "n", "k"):
                yield warning(entry.path, f"{here} asks for millions of processors", "write 500m or 2")
        elif unit == "m":
            hint = f"write {size[1]}Mi for mebibytes"
            yield warning(entry.path, f"{here} means thousandths of a byte", hint)
        elif unit in ("", "k", "Ki") and _bytes(entry.value, _UNITS) < _SMALLEST:
            yield warning(entry.path, f"{here} is less than a mebibyte", "add a unit: Mi or Gi")
        elif unit in ("M", "G", "T"):
            message = f"{here} counts in powers of 1000; {size[1]}{unit}i is somewhat more"
            yield info(entry.path, message, "Mi and Gi are usual here")


def jvm_size(case: Case) -> Iterator[Finding]:
    for entry in _heaps(case):
        written = str(entry.value)
        size = _JVM.fullmatch(written)
        if size and (size[2] or int(size[1]) >= _SMALLEST):
            continue
        kubernetes = _QUANTITY.fullmatch(written)
        hint = "write a whole number and k, m or g, such as 4096m"
        if kubernetes and (kubernetes[2] or "").endswith("i"):
            hint = f"the Java runtime knows no i: write {written[:-1]}"
        message = f"{dotted(entry.path)}: {shown(entry.path, entry.value)} is no size for the Java runtime"
        yield warning(entry.path, message, hint)


def heap_above_memory(case: Case) -> Iterator[Finding]:
    """A process above its limit is killed; an environment's own limit counts before the common one."""
    for entry in _heaps(case):
        heap = _bytes(entry.value, _UNITS_OF_JAVA)
        for place in _limits(entry.path):
            limit = _bytes(case.at(place), _UNITS)
            if limit:
                if heap >= limit:
                    message = (
                        f"{dotted(entry.path)} is {shown(entry.path, entry.value)}, "
                        f"and {dotted(place)} only {shown(place, case.at(place))}"
                    )
                    hint = "leave a third of the limit to what is not heap"
                    yield warning(entry.path, message, hint, related=(place,))
                break


_SMALLEST = 1024**2
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE])?", re.ASCII)
_JVM = re.compile(r"([0-9]{1,18})([kKmMgGtT]?)", re.ASCII)
_UNITS = {
    "": 1.0,
    "m": 0.001,
    **{unit: 1000.0 ** (power + 1) for power, unit in enumerate("kMGTPE")},
    **{f"{unit}i": 1024.0 ** (power + 1) for power, unit in enumerate("KMGTPE")},
}
_UNITS_OF_JAVA = {
    "": 1.0,
    **{form: 1024.0 ** (power + 1) for power, unit in enumerate("kmgt") for form in (unit, unit.upper())},
    **{form: 1024.0 ** (power + 1) for power, unit in enumerate("kmgt") for form in (f"{unit.upper()}i",)},
}


def _heaps(case: Case) -> Iterator[Entry]:
    for entry in case.named(
        "maxHeapSize", "heapNewSize", "jvmXms", "bin_setenv_max_mem", "bin_setenv_min_mem"
    ):
        if isinstance(entry.value, (str, int)) and not isinstance(entry.value, bool):
            yield entry


def _limits(heap: Path) -> Iterator[Path]:
    """Where the memory limit that holds for a heap may stand, the one that counts first."""
    owner = heap[:-2] if heap[-2:-1] == ("cwcAppend",) else heap[:-1]
    limit: Path = ("resources", "limits", "memory")
    yield (*owner, *limit)
    if owner[0] == "envs":
        yield (owner[-1], *limit)


def _bytes(value: Any, units: dict[str, float]) -> float:
    """0 for what is no size."""
    size = _QUANTITY.fullmatch(str(value)) or _JVM.fullmatch(str(value))
    return float(size[1]) * units.get(size[2] or "", 0) if size else 0.0
