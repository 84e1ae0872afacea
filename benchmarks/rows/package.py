"""Row 9: the package that is deployed, beside what Chalice makes of the same requirements by default."""

from benchmarks.figures import Figure, Part
from benchmarks.packages import default_layer, deployed, sizes
from benchmarks.session import Session

SHARE = 0.6


def measure(session: Session) -> Part:
    with session.report.step("packages"):
        session.packages.result()
        zipped, unzipped = sizes(deployed().archive)
        layer_zipped, layer_unzipped = sizes(*sorted(default_layer().glob("*.zip")))
    return Part(
        [
            Figure(
                "9",
                "package: zip, MB",
                _mb(zipped),
                "Chalice's default: layer and archive",
                _mb(layer_zipped),
                at_most=SHARE,
            ),
            Figure(
                "9",
                "package: unzipped, MB",
                _mb(unzipped),
                "Chalice's default: layer and archive",
                _mb(layer_unzipped),
                at_most=SHARE,
            ),
        ],
        detail={"zip": zipped, "unzipped": unzipped, "layer_zip": layer_zipped, "layer_unzipped": layer_unzipped},
    )


def _mb(size: int) -> float:
    return round(size / 1_000_000, 2)
