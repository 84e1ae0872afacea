"""What can go wrong between a working tree and a running stack."""


class DeploymentError(Exception):
    """Packaging or deploying failed; the message says what to do."""


class TooEarlyError(DeploymentError):
    """A role that was just made is not known everywhere yet: the same again may succeed."""
