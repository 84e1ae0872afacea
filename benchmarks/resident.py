"""Resident memory of a process and of all processes below it, as Linux tells it in /proc."""

from pathlib import Path


def family(root: int) -> dict[int, int]:
    """Resident kilobytes of a process and its descendants, by process id."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        fields = _fields(status)
        if "PPid" in fields and "VmRSS" in fields:
            parents[int(fields["Pid"])] = (int(fields["PPid"]), int(fields["VmRSS"].split()[0]))
    members = {root}
    while grown := {pid for pid, (parent, _) in parents.items() if parent in members} - members:
        members |= grown
    return {pid: parents[pid][1] for pid in members if pid in parents}


def _fields(status: Path) -> dict[str, str]:
    try:
        lines = status.read_text().splitlines()
    except OSError:  # it has ended in the meantime
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
