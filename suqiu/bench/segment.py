"""``suqiu bench segment``: our segmentation against ``jieba.lcut`` over the same texts."""

from __future__ import annotations

import statistics
import time
from typing import Any

from cases.policy import Policy
from classifiers.words import Segmenter
from suqiu.bench.pipeline import plain_jieba
from suqiu.bench.texts import Load


def bench_segment(load: Load, policy: Policy, rounds: int) -> dict[str, Any]:
    """Rounds of both alternate; ``ratio`` is the median."""
    segmenter = Segmenter(policy.dictionary)
    plain_jieba(load.texts[:20])
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        theirs.append(plain_jieba(load.texts))
        began = time.perf_counter()
        for text in load.texts:
            segmenter.cut(text)
        ours.append(time.perf_counter() - began)
        ratios.append(theirs[-1] / ours[-1])
    n = len(load.texts)
    return {
        "texts": n,
        "ratio": round(statistics.median(ratios), 2),
        "jieba_per_second": round(n / min(theirs)),
        "ours_per_second": round(n / min(ours)),
    }
