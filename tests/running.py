"""The application of the tests' process: the real one, on AWS's emulators, what is behind it, and its operator."""

from chalicelib import bootstrap
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.services.ports.access import Tokens
from infra.operations.site import Place, Site


def build_with(tokens: Tokens) -> bootstrap.Application:
    """The application as it is deployed, but that it takes other tokens."""
    config = Config()
    adapters = AwsAdapters(config)
    adapters.tokens = tokens
    return bootstrap.Application(config, adapters, bootstrap.now)


def adapters() -> AwsAdapters:
    """The adapters of the running application, for what a test prepares, breaks or looks at behind its back."""
    running = bootstrap.application()._ports
    assert isinstance(running, AwsAdapters)
    return running


def working_at(site: Site) -> Place:
    """Where an operator's command is to work."""
    return Place(lambda: site, lambda _: "http://127.0.0.1:9")
