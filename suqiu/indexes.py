"""The embedded search index over a data folder, cut by the town's own segmenter."""

from __future__ import annotations

from cases.policy import Policy
from classifiers.normal import normalise
from classifiers.words import Segmenter
from search.names import Names
from search.tantivy import TantivyIndex
from suqiu.settings import Settings

# Counts up when the way of cutting changes with the same dictionary: then indexes are built anew.
CUTTING = "1"


def open_index(
    settings: Settings, policy: Policy, segmenter: Segmenter | None = None, *, read_only: bool = False
) -> TantivyIndex:
    """The index of ``settings.data``; one process writes, others open it ``read_only`` and see each commit."""
    words = segmenter or Segmenter(policy.dictionary)
    return TantivyIndex(
        settings.data / "index",
        cut=words.cut,
        # Asked for single words that were cut before: no need to cut them again, nor to remember them twice.
        cut_for_search=words.within,
        normalise=normalise,
        names=Names.of(policy),
        zone=policy.zone,
        dictionary=CUTTING + "\n".join(policy.dictionary),
        writable=not read_only,
    )
