"""A tree as a Tantivy query. Words rank by BM25; what was found only inside a word or by pairs has a fixed low score."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tantivy import FieldType, Occur, Query, Schema

from search.text import is_han
from search.tree import Among, And, Between, Everything, Node, Not, Nothing, Or, Phrase, Prefix, Term, Words

INNER = 0.5
"""Score of a word that was found inside a longer one."""
PAIRS = 0.25
"""Score of a word that was found as characters side by side only."""
SET_FROM = 8
"""Values of one field beyond which a set query is faster than its terms one by one."""
RUN = 1.5
"""Weight of words side by side that were typed side by side."""


def build(node: Node, schema: Schema) -> Query:
    """The query that matches what ``node`` says, scored by its words and phrases."""
    match node:
        case Everything():
            return Query.const_score_query(Query.all_query(), 0.0)
        case Nothing():
            return Query.empty_query()
        case Among(field, values):
            return _silent(_among(field, sorted(values), schema))
        case Prefix(field, value):
            return Query.const_score_query(Query.regex_query(schema, field, re.escape(value) + ".*"), 1.0)
        case Between(field, low, high):
            below = None if high is None else high - 1
            return _silent(Query.range_query(schema, field, FieldType.Integer, low, below))
        case Words():
            return _words(node, schema)
        case Phrase(words):
            return _phrase(words, schema)
        case Or(parts):
            return Query.boolean_query([(Occur.Should, build(p, schema)) for p in parts])
        case And() | Not():
            return _all(node.parts if isinstance(node, And) else (node,), schema)


def _among(field: str, values: Sequence[str], schema: Schema) -> Query:
    """A set query writes a bit for every document that it matches, before the first hit; a few terms are read side by
    side with the rest of the query, and pass over what that passes over."""
    if len(values) > SET_FROM:
        return Query.term_set_query(schema, field, values)
    terms = [Query.term_query(schema, field, value, "basic") for value in values]
    return terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, t) for t in terms])


def _all(parts: Sequence[Node], schema: Schema) -> Query:
    """Tantivy's boolean query finds nothing when it only excludes: then everything is asked for beside it."""
    clauses = [
        (Occur.MustNot, build(p.part, schema)) if isinstance(p, Not) else (Occur.Must, build(p, schema)) for p in parts
    ]
    if all(occur == Occur.MustNot for occur, _ in clauses):
        clauses.append((Occur.Must, build(Everything(), schema)))
    return Query.boolean_query(clauses)


def _words(node: Words, schema: Schema) -> Query:
    terms = [_word(t, schema) for t in node.terms]
    runs = [Query.boost_query(Query.phrase_query(schema, "words", list(run)), RUN) for run in node.runs]
    if len(terms) == 1:
        needed = terms[0]
    elif node.least == len(terms):
        needed = Query.boolean_query([(Occur.Must, t) for t in terms])
    else:
        needed = Query.boolean_query([(Occur.Should, t) for t in terms], minimum_number_should_match=node.least)
    if not runs:
        return needed
    return Query.boolean_query([(Occur.Must, needed), *((Occur.Should, r) for r in runs)])


def _word(term: Term, schema: Schema) -> Query:
    """A word of the text; or inside a longer one; or its pieces. A single character: any word with it."""
    word = term.text
    ways = [
        Query.term_query(schema, "words", word, "freq"),
        Query.const_score_query(Query.term_query(schema, "search", word, "basic"), INNER),
    ]
    if is_han(word):
        if len(word) == 1:
            ways.append(Query.const_score_query(Query.regex_query(schema, "words", f".*{word}.*"), PAIRS))
        elif len(word) == 2:
            ways.append(Query.const_score_query(_piece(word, schema), PAIRS))
        else:
            pieces = [(Occur.Must, _piece(p, schema)) for p in term.pieces]
            ways.append(Query.const_score_query(Query.boolean_query(pieces), PAIRS))
    return Query.boolean_query([(Occur.Should, way) for way in ways])


def _piece(piece: str, schema: Schema) -> Query:
    """Two characters, wherever they stand; a longer part as a word or inside one."""
    if len(piece) == 2:
        return Query.term_query(schema, "pairs", piece, "basic")
    return Query.boolean_query(
        [(Occur.Should, Query.term_query(schema, f, piece, "basic")) for f in ("words", "search")]
    )


def _phrase(words: tuple[str, ...], schema: Schema) -> Query:
    """The words in line; at its ends a phrase may begin and end inside a word of the text (路灯杆 in 路灯 杆坏)."""
    open_ended = [re.escape(w) for w in words]
    if is_han(words[0]):
        open_ended[0] = ".*" + open_ended[0]
    if is_han(words[-1]):
        open_ended[-1] += ".*"
    if len(words) == 1:
        exact = Query.term_query(schema, "words", words[0], "freq")
        two = len(words[0]) == 2 and is_han(words[0])
        loose = _piece(words[0], schema) if two else Query.regex_query(schema, "words", open_ended[0])
    else:
        exact = Query.phrase_query(schema, "words", list(words))
        loose = Query.regex_phrase_query(schema, "words", list(open_ended))
    return Query.boolean_query([(Occur.Should, exact), (Occur.Should, Query.const_score_query(loose, INNER))])


def _silent(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)
