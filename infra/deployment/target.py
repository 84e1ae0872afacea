"""Where a stage is deployed."""

from dataclasses import dataclass
from functools import cached_property

import boto3
from botocore.config import Config

APPLICATION = "client-health"


@dataclass(frozen=True)
class Target:
    """Where a stage is deployed: AWS as the environment's credentials say, or the emulator behind ``endpoint``."""

    stage: str
    session: boto3.Session
    endpoint: str | None = None

    @property
    def stack_name(self) -> str:
        return f"{APPLICATION}-{self.stage}"

    @property
    def signing_key_parameter(self) -> str:
        return f"/{self.stack_name}/cursor-signing-key"

    @property
    def region(self) -> str:
        return self.session.region_name

    @property
    def partition(self) -> str:
        """What its ARNs begin with after ``arn:``."""
        return self.session.get_partition_for_region(self.region)

    @cached_property
    def account(self) -> str:
        """Whose credentials these are; every bucket has to belong to it."""
        sts = self.session.client("sts", endpoint_url=self.endpoint, config=self.config)
        return sts.get_caller_identity()["Account"]

    @property
    def config(self) -> Config:
        """Deployment calls are few and rare; patience is cheap. The emulator knows buckets by path alone."""
        return Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 5},
            s3={"addressing_style": "path" if self.endpoint else "auto"},
        )

    @property
    def poll_seconds(self) -> float:
        return 0.2 if self.endpoint else 2.0
