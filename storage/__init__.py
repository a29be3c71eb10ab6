"""The ports for logs, cases, accounts and counts over memory, SQLite and PostgreSQL.

``open_memory()``, ``open_sqlite(folder)`` and ``open_postgres(url)`` give a ``Storage`` with all of them.
"""

from storage.opening import Storage, open_memory, open_postgres, open_sqlite

__all__ = ["Storage", "open_memory", "open_postgres", "open_sqlite"]
