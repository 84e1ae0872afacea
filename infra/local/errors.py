"""What the local stack cannot do, told so that the reader knows what to do next.

LocalStackError
├── NoStackError       a command needs a running stack and there is none
├── DamagedStateError  what the stack kept on disk cannot be read
├── ProcessDiedError   a process of the stack ended on its own, or never became ready
├── PortTakenError     another program listens where the stack should
├── UnknownTenantError the tenant was never created
└── RunNotCompleteError a nightly run did not finish in time
"""


class LocalStackError(Exception):
    """Base of all errors of the local stack."""


class NoStackError(LocalStackError):
    """There is no running stack in the state directory."""


class DamagedStateError(LocalStackError):
    """What the stack kept on disk cannot be read; nothing was started or changed."""


class ProcessDiedError(LocalStackError):
    """A process of the stack ended on its own or did not become ready; the message names its log."""


class PortTakenError(LocalStackError):
    """The port that was asked for belongs to another program."""


class UnknownTenantError(LocalStackError):
    """The tenant does not exist in this stack."""


class RunNotCompleteError(LocalStackError):
    """A nightly run was not complete when the time was up."""
