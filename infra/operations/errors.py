"""What can keep an operation from its end."""


class OperationError(Exception):
    """The operation is not done; the message says what to do. Repeating it is safe."""
