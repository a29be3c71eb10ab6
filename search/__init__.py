"""The case index: one query language over Tantivy and Elasticsearch."""
