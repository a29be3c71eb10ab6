"""The assembled program: settings, command line, embedded and cluster wiring."""
