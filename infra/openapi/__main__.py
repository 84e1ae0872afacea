"""Writes docs/openapi.json, the OpenAPI document of the routes as they are: `python -m infra.openapi`."""

from infra.openapi.document import PATH, text

if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
