"""``suqiu import --url``: rows of files to a running desk, over its API. Counted as an import into the folder is."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cases.errors import BadInput, NotAllowed, SuqiuError, Unavailable
from cases.problems import error_rows
from ingest.api import BATCH_LIMIT
from ingest.files import BadRow, ImportRule, check_files, read_fields
from streams import indexing
from suqiu.http_client import Answer, DeskClient
from suqiu.importing import STANDSTILL_SECONDS

AT_ONCE = 200
BYTES_AT_ONCE = BATCH_LIMIT // 4
# The last rows are asked after, as the pipeline takes them in order; some, as a cluster takes several at a time.
ASKED_AFTER = 50
AGAIN = "再运行同一命令会接着导入,不会重复"


def import_at(
    desk: DeskClient, files: Sequence[Path], rule: ImportRule, *, wait: bool, progress: Callable[[int], None]
) -> dict[str, int]:
    """``{"read", "accepted", "duplicate", "rejected"}``. Raises BadInput, NotAllowed, Unavailable.

    The sender is the key's name. What is refused is kept under the desk's rejected, also a row that could not be read
    here. Files are looked at before anything is sent.
    """
    check_files(files, rule)
    query = f"mode=import&history_days={rule.history_days}" + ("&live=1" if rule.live else "")
    counts = {"read": 0, "accepted": 0, "duplicate": 0, "rejected": 0}
    last: deque[str] = deque(maxlen=ASKED_AFTER)
    try:
        for lines in _batches(_lines(files, rule)):
            for result in _send(desk, f"/api/v1/petitions:batch?{query}", lines):
                _count(result, counts, last)
            counts["read"] += len(lines)
            progress(counts["read"])
        if wait:
            wait_until_searchable(desk, last)
    except Unavailable as error:
        raise Unavailable(
            error.message, f"{error.do + ';' if error.do else ''}已送出 {counts['read']} 条,{AGAIN}"
        ) from None
    return counts


def _lines(files: Sequence[Path], rule: ImportRule) -> Iterator[bytes]:
    """One NDJSON line a row; ASCII, so that broken characters arrive as they are and are refused there by name."""
    for path in files:
        for number, row in read_fields(path, rule):
            if isinstance(row, BadRow):
                body = row.body.encode("utf-8", "backslashreplace").decode()
                reason = f"{path.name} 第 {number} 行:{row.error.message}"
                told: Any = {"bad_row": {"reason": reason, "errors": error_rows(row.error), "body": body}}
            else:
                told = row
            yield json.dumps(told).encode()


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == AT_ONCE or size + len(line) > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def _send(desk: DeskClient, path: str, lines: list[bytes]) -> list[dict[str, Any]]:
    """One result a line, in order; the whole batch again while the desk cannot write some of it: that doubles nothing."""
    patience = _Patience()
    while True:
        answer = desk.post(path, b"\n".join(lines), "application/x-ndjson")
        if answer.status == 413 and len(lines) > 1:  # a desk with a short queue takes fewer at once
            half = len(lines) // 2
            return _send(desk, path, lines[:half]) + _send(desk, path, lines[half:])
        if answer.status == 200:
            results = [dict(json.loads(one)) for one in answer.body.splitlines()]
            if len(results) != len(lines):
                raise Unavailable(f"{desk.url} 的回答对不上", "请确认 --url 指的是诉求系统的网址")
            if all(result["status"] != 503 for result in results):
                return results
        elif answer.status not in (429, 503):
            raise _refusal(desk, answer)
        patience.pause(answer)


class _Patience:
    """Waits as long as the desk asks for; gives up after ``STANDSTILL_SECONDS`` in which nothing was taken."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def pause(self, answer: Answer) -> None:
        if time.monotonic() - self._since > STANDSTILL_SECONDS:
            raise Unavailable(f"等了 {STANDSTILL_SECONDS} 秒,对方一直收不下", "请稍后再试")
        asked = answer.headers.get("retry-after", "1")
        time.sleep(min(int(asked), 30) if asked.isdecimal() else 1)


def _count(result: Mapping[str, Any], counts: dict[str, int], last: deque[str]) -> None:
    if result["status"] in (200, 202):
        counts["duplicate" if result.get("duplicate") else "accepted"] += 1
        last.append(result["petition_id"])
    elif result["status"] == 403:
        # The key, not the row: all others would be refused as well, and none of them is kept.
        raise NotAllowed(str(result.get("detail", "密钥不能这样用")), str(result.get("do", "")))
    else:
        counts["rejected"] += 1


def _refusal(desk: DeskClient, answer: Answer) -> SuqiuError:
    told = answer.document()
    message, do = str(told.get("detail") or ""), str(told.get("do") or "")
    if not message:
        return Unavailable(f"{desk.url} 回答 {answer.status}", "请确认 --url 指的是诉求系统的网址")
    if answer.status in (401, 403):
        return NotAllowed(message, do)
    return BadInput(message, do=do) if answer.status < 500 else Unavailable(message, do)


def wait_until_searchable(desk: DeskClient, petitions: Sequence[str]) -> None:
    """Until the petitions are in cases, and the index has all that had happened by then. Raises Unavailable."""
    waiting, since = set(petitions), time.monotonic()
    while waiting := {id_ for id_ in waiting if not _in_a_case(desk, id_)}:
        _stand_still_no_longer(since)
        time.sleep(0.2)
    settled = since = time.monotonic()
    while not _indexed(desk, settled):
        _stand_still_no_longer(since)
        time.sleep(0.2)


def _in_a_case(desk: DeskClient, petition_id: str) -> bool:
    answer = desk.get(f"/api/v1/petitions/{petition_id}")
    if answer.status in (401, 403):
        raise _refusal(desk, answer)
    # Of a report of wrongdoing its sender is told no more than this, so the status does not serve.
    return answer.status == 200 and "received_at" in answer.document()


def _indexed(desk: DeskClient, settled: float) -> bool:
    """Whether what the index still waits for is younger than ``settled`` (``time.monotonic``)."""
    stages = desk.get("/readyz").document().get("stages", {})
    stage = stages.get(indexing.FOLLOWER) or stages.get("followers")
    if stage is None:  # a gateway alone, or one that does not show it: nothing more can be known from here
        return True
    return not stage["waiting"] or stage["oldest_seconds"] < time.monotonic() - settled


def _stand_still_no_longer(since: float) -> None:
    if time.monotonic() - since > STANDSTILL_SECONDS:
        raise Unavailable("对方已收下,但还没有处理完", "请检查对方的日志,或加 --no-wait")
