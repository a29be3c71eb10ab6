"""Elasticsearch 8.19.8, the trimmed distribution: one node, without security, 512 MB of heap."""

import shutil
import urllib.request
from pathlib import Path
from typing import ClassVar

from tests.servers.artefacts import elasticsearch_home
from tests.servers.process import Server, free_port, java

SETTINGS = """\
cluster.name: suqiu-test
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
path.data: {folder}/data
path.logs: {folder}/logs
xpack.security.enabled: false
# A laptop with a full disk would otherwise get read-only indices.
cluster.routing.allocation.disk.threshold_enabled: false
"""


class Elasticsearch(Server):
    """A node; `url` is where it answers."""

    name: ClassVar[str] = "elasticsearch"

    def __init__(self) -> None:
        """Choose the ports, which stay the same through a restart."""
        self._java = java()
        self._home = elasticsearch_home()
        super().__init__()
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def prepare(self) -> None:
        """Copy the configuration folder, which Elasticsearch writes its keystore into."""
        shutil.copytree(self._home / "config", self.folder / "config")
        settings = SETTINGS.format(port=self._port, transport=free_port(), folder=self.folder)
        (self.folder / "config/elasticsearch.yml").write_text(settings)
        (self.folder / "scratch").mkdir()

    def environment(self) -> dict[str, str]:
        """Say where configuration, scratch files and Java are, and how much memory there is."""
        return {
            "ES_PATH_CONF": f"{self.folder}/config",
            "ES_TMPDIR": str(self.folder / "scratch"),
            "ES_JAVA_HOME": str(Path(self._java).parent.parent),
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m -XX:-AlwaysPreTouch -XX:-UsePerfData",
        }

    def command(self) -> list[str]:
        """Start the node through its own launcher, which knows the many options of its JVM."""
        return [f"{self._home}/bin/elasticsearch"]

    def ready(self) -> bool:
        """Ask for the health of the cluster (the trimmed distribution does not answer at its root)."""
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=5) as answer:  # noqa: S310  # our own url
                return bool(answer.status == 200)
        except OSError:
            return False
