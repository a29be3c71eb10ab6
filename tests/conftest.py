"""Fixtures for all tests; helpers live in modules of their own, never here."""

pytest_plugins = ["tests.servers.plugin"]
