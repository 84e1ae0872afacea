"""Rotation of the key that signs list cursors: the key before is accepted until it is dropped."""

import base64
import secrets
from collections.abc import Callable

from chalicelib.adapters.cursors import signing_keys
from infra.operations.errors import OperationError
from infra.operations.site import Site

Tell = Callable[[str], object]


def new_signing_key() -> str:
    """256 random bits as text without spaces."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def rotate_signing_key(site: Site, tell: Tell, *, drop_previous: bool, dry_run: bool) -> None:
    """A new key signs list cursors; the one before is still accepted, so that nobody who turns pages notices.

    With --drop-previous no new key is made, and the one before is refused from now on: do so 15 minutes after the
    rotation, or at once when the key is known to others. Running processes follow by themselves, within a minute of the
    first cursor that they do not know.
    """
    ssm, name = site.parameters, site.target.signing_key_parameter
    try:
        held = signing_keys(ssm, name)
    except ssm.exceptions.ParameterNotFound as error:
        raise OperationError(f"there is no parameter {name}: deploy the stage, which makes it") from error
    wanted = held[:1] if drop_previous else [new_signing_key(), *held[:1]]
    if wanted == held:
        tell("one key is in force; there is none before it")
        return
    if not dry_run:
        ssm.put_parameter(Name=name, Type="SecureString", Value=" ".join(wanted), Overwrite=True)
    would = "would be " if dry_run else ""
    if drop_previous:
        tell(f"the key before {would}dropped: cursors that it signed are refused")
    else:
        tell(f"a new key {would}in force; the one before {would}accepted until --drop-previous")
        if len(held) > 1:
            tell(f"the one before that {would}refused")
