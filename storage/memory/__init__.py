"""The ports in memory: the fakes, shipped so that users can test with them. They keep what the SQL ones keep.

One lock for everything: simple, and strict in the same places as the databases.
"""

from __future__ import annotations

from storage.memory.cases import MemoryCases
from storage.memory.facts import MemoryFacts
from storage.memory.figures import MemoryFigures
from storage.memory.log import MemoryConversations, MemoryLog, MemoryRejected
from storage.memory.lookers import MemoryLookers
from storage.memory.outbox import MemoryOutbox
from storage.memory.people import MemoryAccounts, MemoryAuditLog
from storage.memory.petitions import MemoryPetitions
from storage.memory.projections import MemoryProjections
from storage.memory.reader import MemoryReader
from storage.memory.saved import MemorySavedLists
from storage.memory.state import State
from storage.memory.tasks import MemoryTasks
from storage.memory.uploads import MemoryUploads
from storage.memory.versions import MemoryVersions


class Memory:
    """All ports over one state."""

    def __init__(self) -> None:
        state = State()
        self.log = MemoryLog()
        self.rejected = MemoryRejected()
        self.conversations = MemoryConversations()
        self.cases = MemoryCases(state)
        self.reader = MemoryReader(state)
        self.uploads = MemoryUploads()
        self.petitions = MemoryPetitions(state, self.uploads.forget)
        self.outbox = MemoryOutbox(state)
        self.facts = MemoryFacts(state)
        self.figures = MemoryFigures(state)
        self.saved = MemorySavedLists()
        self.lookers = MemoryLookers()
        self.versions = MemoryVersions()
        self.projections = MemoryProjections(state)
        self.tasks = MemoryTasks()
        self.accounts = MemoryAccounts()
        self.audit = MemoryAuditLog()


__all__ = ["Memory"]
