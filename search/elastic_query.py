"""A tree as an Elasticsearch query: the same clauses and weights as ``tantivy_query``, in Elasticsearch's words."""

from __future__ import annotations

from typing import Any

from search.tantivy_query import INNER, PAIRS, RUN
from search.text import is_han
from search.tree import Among, And, Between, Everything, Node, Not, Nothing, Or, Phrase, Prefix, Term, Words

Clause = dict[str, Any]


def build(node: Node) -> Clause:
    """The query that matches what ``node`` says, scored by its words and phrases."""
    match node:
        case Everything():
            return _fixed({"match_all": {}}, 0.0)
        case Nothing():
            return {"match_none": {}}
        case Among(field, values):
            return _fixed({"terms": {field: sorted(values)}}, 0.0)
        case Prefix(field, value):
            return _fixed({"prefix": {field: {"value": value}}}, 1.0)
        case Between(field, low, high):
            bounds = {"gte": low, "lt": high}
            return _fixed({"range": {field: {k: v for k, v in bounds.items() if v is not None}}}, 0.0)
        case Words():
            return _words(node)
        case Phrase(words):
            return _phrase(words)
        case Or(parts):
            return _any([build(p) for p in parts])
        case And(parts):
            excluded = [build(p.part) for p in parts if isinstance(p, Not)]
            needed = [build(p) for p in parts if not isinstance(p, Not)] or [build(Everything())]
            return {"bool": {"must": needed, "must_not": excluded}}
        case Not(part):
            return {"bool": {"must": [build(Everything())], "must_not": [build(part)]}}


def _words(node: Words) -> Clause:
    terms = [_word(t) for t in node.terms]
    needed = terms[0] if len(terms) == 1 else _any(terms, node.least)
    runs = [{"match_phrase": {"words": {"query": " ".join(run), "boost": RUN}}} for run in node.runs]
    return {"bool": {"must": [needed], "should": runs}} if runs else needed


def _word(term: Term) -> Clause:
    word = term.text
    ways = [{"term": {"words": {"value": word}}}, _fixed({"term": {"search": {"value": word}}}, INNER)]
    if is_han(word):
        if len(word) == 1:
            ways.append(_fixed(_containing(f"*{word}*"), PAIRS))
        elif len(word) == 2:
            ways.append(_fixed(_piece(word), PAIRS))
        else:
            pieces = [_piece(p) for p in term.pieces]
            ways.append(_fixed({"bool": {"filter": pieces}}, PAIRS))
    return _any(ways)


def _piece(piece: str) -> Clause:
    """Two characters, wherever they stand; a longer part as a word or inside one."""
    if len(piece) == 2:
        return {"term": {"pairs": {"value": piece}}}
    return _any([{"term": {field: {"value": piece}}} for field in ("words", "search")])


def _phrase(words: tuple[str, ...]) -> Clause:
    """The words in line; at its ends a phrase may begin and end inside a word of the text."""
    first = f"*{_escaped(words[0])}" if is_han(words[0]) else None
    last = f"{_escaped(words[-1])}*" if is_han(words[-1]) else None
    if len(words) == 1:
        word = words[0]
        exact = {"term": {"words": {"value": word}}}
        if not is_han(word):
            return exact
        return _any([exact, _fixed(_piece(word) if len(word) == 2 else _containing(f"*{word}*"), INNER)])
    inner = [{"span_term": {"words": w}} for w in words]
    clauses = [_open_ended(first) if first else inner[0], *inner[1:-1], _open_ended(last) if last else inner[-1]]
    near = {"span_near": {"clauses": clauses, "slop": 0, "in_order": True}}
    exact = {"match_phrase": {"words": {"query": " ".join(words)}}}
    return _any([exact, _fixed(near, INNER)])


def _open_ended(pattern: str) -> Clause:
    # Scores do not matter here, but without a rewrite that keeps the most frequent terms, more than 1,024 are an error.
    wild = {"wildcard": {"words": {"value": pattern, "rewrite": "top_terms_1000"}}}
    return {"span_multi": {"match": wild}}


def _containing(pattern: str) -> Clause:
    return {"wildcard": {"words": {"value": pattern}}}


def _escaped(word: str) -> str:
    return "".join(f"\\{c}" if c in "*?\\" else c for c in word)


def _any(ways: list[Clause], least: int = 1) -> Clause:
    return {"bool": {"should": ways, "minimum_should_match": least}}


def _fixed(query: Clause, score: float) -> Clause:
    return {"constant_score": {"filter": query, "boost": score}}
