"""The maps that come with the service, one file each in `ready`."""

from functools import cache
from importlib.resources import files

from chalicelib.importing.maps import ImportMap, read_toml


@cache
def ready_maps() -> tuple[ImportMap, ...]:
    """All of them, by name."""
    found = sorted(
        (each for each in files(f"{__package__}.ready").iterdir() if each.name.endswith(".toml")),
        key=lambda each: each.name,
    )
    return tuple(read_toml(each.read_text("utf-8"), each.name.removesuffix(".toml")) for each in found)
