"""The operator's commands on the local stack: ``python -m infra.local operate``."""

from collections.abc import Sequence

from chalicelib.domain.ids import TenantId
from infra.deployment.packaging import LOCAL_STAGE
from infra.deployment.stack import stack_outputs
from infra.deployment.target import Target
from infra.local import emulator, identity
from infra.local.state import StateDirectory
from infra.operations.command import main
from infra.operations.site import Place, Site


def operate(state: StateDirectory, arguments: Sequence[str]) -> int:
    """Run one of the operator's commands on the running stack; its exit code."""
    return main(arguments, place(state))


def place(state: StateDirectory) -> Place:
    """The stack as it is when a command begins. What is asked of it raises NoStackError when there is none."""

    def sign_in(tenant: TenantId) -> str:
        return identity.id_token(state.running(), tenant)

    return Place(lambda: site(state), lambda _: state.running().url, sign_in)


def site(state: StateDirectory) -> Site:
    running = state.running()
    target = Target(LOCAL_STAGE, emulator.session(), running.endpoint)
    cloudformation = target.session.client("cloudformation", endpoint_url=target.endpoint, config=target.config)
    outputs = stack_outputs(cloudformation, target.stack_name) or running.outputs  # torn down: as it was
    return Site(target.session, outputs, running.endpoint)
