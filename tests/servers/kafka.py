"""Apache Kafka 4.1.0: one process, broker and controller (KRaft)."""

import base64
import uuid
from typing import ClassVar

from tests.servers.artefacts import kafka_home
from tests.servers.process import Server, free_port, java

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
# Topics are made on purpose, with their number of partitions; a misspelt name is an error here.
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# The first member of a group gets its partitions at once, instead of after three seconds.
group.initial.rebalance.delay.ms=0
"""


class Kafka(Server):
    """A broker; `bootstrap` is what clients connect to."""

    name: ClassVar[str] = "kafka"
    ready_line: ClassVar[bytes] = b"Kafka Server started"

    def __init__(self) -> None:
        """Choose the ports, which stay the same through a restart."""
        self._java = java()
        self._home = kafka_home()
        super().__init__()
        self._port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"

    def prepare(self) -> None:
        """Write the properties and format the log folder."""
        properties = self.folder / "server.properties"
        properties.write_text(PROPERTIES.format(port=self._port, controller=free_port(), folder=self.folder))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self.run(*self._jvm("64m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", properties)

    def command(self) -> list[str]:
        """Start the broker."""
        return [*self._jvm("512m"), "kafka.Kafka", f"{self.folder}/server.properties"]

    def _jvm(self, heap: str) -> list[str]:
        logger = "-Dorg.slf4j.simpleLogger"
        return [
            self._java,
            f"-Xmx{heap}",
            "-XX:+UseSerialGC",  # the others start threads by the number of cores
            "-XX:-UsePerfData",
            f"{logger}.defaultLogLevel=warn",
            f"{logger}.log.kafka.server.KafkaRaftServer=info",  # writes the line that says it is up
            "-cp",
            f"{self._home}/*",
        ]
