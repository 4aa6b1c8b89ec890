"""Three Kafka brokers, as librdkafka plays them, in a process of their own.

They show what an aborted transaction has sent: so whoever reads here sees more than real brokers
would show, and never less.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, TopicPartition
from patience import until

# Prints the addresses, obeys "down 2" or "up 2", and lasts until its stdin is closed.
CODE = """
import ctypes, pathlib, sys
import confluent_kafka
package = pathlib.Path(confluent_kafka.__file__).parent
places = (package.with_name("confluent_kafka.libs"), package / ".dylibs")
(path,) = (each for place in places for each in place.glob("librdkafka*"))
kafka = ctypes.CDLL(str(path))
for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
    getattr(kafka, name).restype = ctypes.c_void_p
kafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
words = ctypes.create_string_buffer(500)
conf = ctypes.c_void_p(kafka.rd_kafka_conf_new())
client = ctypes.c_void_p(kafka.rd_kafka_new(0, conf, words, len(words)))
cluster = ctypes.c_void_p(kafka.rd_kafka_mock_cluster_new(client, 3))
print(kafka.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for line in sys.stdin:
    what, number = line.split()
    code = getattr(kafka, f"rd_kafka_mock_broker_set_{what}")(cluster, int(number))
    print("done" if code == 0 else "refused", flush=True)
"""
Brokers = tuple["subprocess.Popen[str]", str]


@contextlib.contextmanager
def brokers() -> Iterator[Brokers]:
    """Start brokers; yield their process, and their addresses."""
    command = [sys.executable, "-c", CODE]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            servers = process.stdout.readline().strip()
            assert servers, "the brokers didn't start"
            yield process, servers
        finally:
            process.kill()


def order(process: subprocess.Popen[str], words: str) -> None:
    """Let a broker go away ("down 2"), or come back ("up 2")."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{words}\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "done"


class TopicReader:
    """Reads a topic from its beginning, as a stranger's program would."""

    def __init__(self, servers: str, topic: str) -> None:
        self.values: list[bytes] = []
        self._at_end: set[int] = set()
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": "test",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "log_level": 0,
            }
        )
        self._number = len(self._consumer.list_topics(topic, 30).topics[topic].partitions)
        self._consumer.assign([TopicPartition(topic, n, 0) for n in range(self._number)])

    def look(self) -> None:
        """Take in what has come."""
        for message in self._consumer.consume(500, 0.05):
            error = message.error()
            if error is None:
                self.values.append(message.value() or b"")
                self._at_end.discard(message.partition() or 0)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(message.partition() or 0)

    def whole(self) -> list[bytes]:
        """Return all that the topic holds."""
        self._at_end.clear()
        for partition in self._consumer.assignment():
            partition.offset = 0
            self._consumer.seek(partition)
        self.values.clear()
        until(lambda: len(self._at_end) == self._number, meanwhile=self.look)
        return self.values

    def close(self) -> None:
        self._consumer.close()
