"""``suqiu topics create``: the four Kafka topics, made on purpose with their partitions, before any worker starts."""

from __future__ import annotations

from typing import Any

from cases.errors import SuqiuError, Unavailable
from suqiu.settings import SettingError

DAY = 24 * 3600 * 1000
# Days that messages are kept. What came in: longer than any outage. The rest is told again from the case store.
KEPT = {
    "petitions.inbound": 30,
    "petitions.rejected": 30,
    "cases.events": 7,
    "notifications.outbound": 7,
}
PATIENCE = 30_000
INSTALL = SuqiuError("没有安装集群部件", 'install "suqiu[cluster]": pip install "suqiu[cluster]"')


def create_topics(bootstrap: str, *, partitions: int = 8, replication: int = 1) -> dict[str, str]:
    """Make what is missing, and say of each topic what was done. One that exists is left as it is, and if it differs
    from what was asked for, the answer says so. Raises SettingError, Unavailable."""
    if not bootstrap:
        raise SettingError("没有设置 SUQIU_KAFKA", "请写 Kafka 的地址,例如 SUQIU_KAFKA=kafka:9092")
    try:
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError
    except ImportError:
        raise INSTALL from None
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=PATIENCE)
        try:
            return _create(admin, partitions, replication)
        finally:
            admin.close()
    except (KafkaError, OSError) as reason:
        raise Unavailable(
            f"Kafka({bootstrap})建不了主题:{type(reason).__name__}", "请检查 SUQIU_KAFKA 和 Kafka 服务"
        ) from reason


def _create(admin: Any, partitions: int, replication: int) -> dict[str, str]:
    from kafka.admin import NewTopic
    from kafka.errors import TopicAlreadyExistsError

    done: dict[str, str] = {}
    for name, days in KEPT.items():
        kept = {"retention.ms": str(days * DAY), "cleanup.policy": "delete"}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=replication, topic_configs=kept)
        try:
            admin.create_topics([topic], timeout_ms=PATIENCE)
        except TopicAlreadyExistsError:
            done[name] = "exists"
        else:
            done[name] = f"created: {partitions} partitions, kept {days} days"
    for found in admin.describe_topics([name for name, what in done.items() if what == "exists"] or None):
        name, there = _name(found), len(found["partitions"])
        if done.get(name) == "exists":
            note = "" if there == partitions else f", not the {partitions} that were asked for; left as it is"
            done[name] = f"exists: {there} partitions{note}"
    return done


def _name(found: Any) -> str:
    return str(found.get("name") or found.get("topic"))
