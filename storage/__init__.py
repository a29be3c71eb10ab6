"""The ports for logs, cases, accounts and blobs over memory, SQLite and PostgreSQL."""
