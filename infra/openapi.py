"""Writes docs/openapi.json, the OpenAPI document of the routes as they are: `python -m infra.openapi`."""

import json
from pathlib import Path

from infra.deployment.packaging import ROOT

PATH = ROOT / "docs" / "openapi.json"


def text() -> str:
    """The document as it is committed: pretty, the same on every machine."""
    import app  # noqa: F401  declares the routes
    from chalicelib.api.openapi.document import document

    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def write(path: Path = PATH) -> None:
    path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
