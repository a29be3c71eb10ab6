"""The core 核心: what a petition and a case are. Standard library only; no clock, no I/O."""
