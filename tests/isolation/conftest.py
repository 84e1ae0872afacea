"""The service on moto, as the functional tests have it."""

from tests.functional.conftest import aws, clock, import_queue, queues, service, table

__all__ = ["aws", "clock", "import_queue", "queues", "service", "table"]
