"""What the index costs and how fast it answers: ``python -m benchmarks.search [--documents N] [--batch N] [--size N]``.

Made-up petitions of about ``--size`` characters go into a Tantivy index in a temporary folder, in batches as the
indexing follower hands them over. Printed as one JSON document: time per document by stage, as ratio to cutting the
same texts with rjieba in the same run, commit times, percentiles of searches, and private memory (RssAnon).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import rjieba

from cases.ports import IndexDocument, SearchQuery
from cases.viewer import SYSTEM_VIEWER, Viewer
from search.names import Names
from search.tantivy import TantivyIndex
from search.text import Analyser

PLACES = ("柳溪村", "东塘村", "白石镇", "青禾小区", "沿河路", "文昌街", "南岭组", "清水湾", "新桥头", "红星农贸市场")
MATTERS = (
    "路灯坏了好几盏",
    "自来水又黄又浑",
    "停车位被占用",
    "垃圾没有人清运",
    "夜里施工噪音扰民",
    "低保申请没有答复",
    "水渠堵塞淹了稻田",
    "拖欠农民工工资",
    "养老金没有按时发放",
    "村务公开栏一年没有更新",
    "小饭店油烟直排",
    "校门口交通混乱",
    "电线老化有火灾隐患",
    "宅基地边界有纠纷",
    "医保卡不能结算",
    "公交车班次太少",
    "化工厂夜间偷排废气",
    "道路坑洼不平",
    "广场舞音响太吵",
    "物业乱收费",
)
TALK = (
    "各位领导您好",
    "我是本地的居民",
    "已经反映过好几次了",
    "一直没有人来处理",
    "老人和孩子出行很不方便",
    "希望有关部门尽快派人到现场看看",
    "请给一个明确的答复",
    "上个月打过热线电话",
    "工作人员说会转给承办单位",
    "到现在已经两个星期",
    "周围的邻居都有意见",
    "我们愿意配合调查",
    "情况属实请核查",
    "为此多次与村委会沟通",
    "对方态度很差",
    "严重影响了正常生活",
    "附近还有一所幼儿园",
    "下雨天更加危险",
    "请依法依规处理",
    "谢谢你们的辛苦工作",
)
QUERIES = (
    "路灯",
    "停车",
    "自来水 浑",
    "部门:u3 状态:超期 路灯",
    "“路灯坏了”",
    "垃圾 或 噪音",
    "养老金没有按时发放怎么办",
    "水",
    "灯坏",
    "received:[2026-02-01 TO 2026-03-01] 工资",
    "化工厂 非 噪音",
    "停车位被占用 柳溪村",
)


def documents(count: int, size: int, seed: int = 1) -> Iterator[IndexDocument]:
    """Made-up cases, the same for the same seed."""
    dice = random.Random(seed)
    start = datetime(2025, 12, 1, tzinfo=UTC)
    for n in range(count):
        place, matter = dice.choice(PLACES), dice.choice(MATTERS)
        said = [f"{place}{matter}"]
        while sum(map(len, said)) < size:
            said.append(
                dice.choice((dice.choice(TALK), f"{dice.choice(PLACES)}{dice.randint(1, 99)}号{dice.choice(MATTERS)}"))
            )
        unit = f"u{dice.randint(1, 12)}"
        yield IndexDocument(
            case_id=f"c{n:08d}", version=1, opened=n + 1, number=f"SQ20260101{n:05d}", title=f"反映{place}{matter}",
            text="，".join(said) + "。", state=dice.choice(("dispatched", "in_progress", "closed")),
            level=dice.choice(("none", "none", "yellow", "red")), topic=f"t{dice.randint(1, 60)}", purpose="complaint",
            urgency="normal", place=f"p{PLACES.index(place)}", unit=unit, channel=dice.choice(("web", "wechat", "hotline")),
            received_at=start + timedelta(minutes=n), due_at=start + timedelta(days=15, minutes=n), units=("town", unit),
            accused=(), secret=n % 200 == 0, senders=("web",), handler=f"h{n % 40}",
        )  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--documents", type=int, default=20_000)
    asked.add_argument("--batch", type=int, default=500)
    asked.add_argument("--size", type=int, default=300)
    options = asked.parse_args()
    print(json.dumps(run(options.documents, options.batch, options.size), ensure_ascii=False, indent=1))


def run(count: int, batch: int, size: int) -> dict[str, Any]:
    """The whole benchmark; times in microseconds per document where nothing else is said."""
    made = list(documents(min(count, 5_000), size))
    cutting = _per(made, lambda d: rjieba.cut(f"{d.title}\n{d.text}"))
    analyser = Analyser(rjieba.cut, rjieba.cut_for_search)
    fields = _per(made, lambda d: analyser.fields(d.title, d.text))
    before = anonymous()
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(
            Path(folder), cut=rjieba.cut, cut_for_search=rjieba.cut_for_search, names=Names(units={f"u{n}": (f"u{n}",) for n in range(1, 13)})
        )  # fmt: skip
        puts: list[float] = []
        cpu = time.process_time()
        gathered: list[IndexDocument] = []
        for d in documents(count, size):
            gathered.append(d)
            if len(gathered) == batch:
                puts.append(_timed(partial(index.put, gathered)))
                gathered = []
        index.put(gathered)
        cpu = time.process_time() - cpu
        assert index.count() == count
        searches = _searches(index)
        size_on_disk = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
        result = {
            "documents": count, "batch": batch, "characters": size, "us_cut": round(cutting * 1e6, 1),
            "us_fields_with_cut": round(fields * 1e6, 1), "us_put_wall": round(sum(puts) / count * 1e6, 1),
            "us_put_cpu_all_threads": round(cpu / count * 1e6, 1), "put_to_cut": round(sum(puts) / count / cutting, 2),
            "put_ms": _percentiles(puts), "search_ms": searches, "private_mb_before": before, "private_mb": anonymous(),
            "disk_mb": round(size_on_disk / 1e6, 1),
        }  # fmt: skip
        index.close()
    return result


def _searches(index: TantivyIndex, rounds: int = 20) -> dict[str, Any]:
    """Each query as an officer with a subtree asks it: first page, three facets, counts by month."""
    officer = Viewer(
        id="o", kind="person", role="unit_clerk", unit="u3", units=frozenset({"town", "u3"}), blocked=frozenset({"u3"})
    )
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for text in QUERIES:
            plain = SearchQuery(text=text)
            full = SearchQuery(text=text, facets=("unit", "topic", "place"), every="month")
            taken.setdefault(text, []).append(_timed(partial(index.search, plain, officer)))
            taken.setdefault("with facets", []).append(_timed(partial(index.search, full, SYSTEM_VIEWER)))
    hits = {q: index.search(SearchQuery(text=q), SYSTEM_VIEWER).total for q in QUERIES}
    everything = [t for text, times in taken.items() if text != "with facets" for t in times]
    return {
        "all": _percentiles(everything),
        **{f"{text} ({hits.get(text, '')})": _percentiles(times) for text, times in taken.items()},
    }


def _per(items: list[IndexDocument], work: Callable[[IndexDocument], object]) -> float:
    start = time.perf_counter()
    for item in items:
        work(item)
    return (time.perf_counter() - start) / len(items)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _percentiles(times: list[float]) -> dict[str, float]:
    """p50, p95 and most, in milliseconds."""
    cuts = statistics.quantiles(times, n=20) if len(times) > 1 else times * 19
    return {"p50": round(cuts[9] * 1e3, 2), "p95": round(cuts[18] * 1e3, 2), "max": round(max(times) * 1e3, 2)}


def anonymous() -> int:
    """RssAnon of this process in MB: private memory, without mapped files."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
