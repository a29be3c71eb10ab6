"""The first classifier: the civic lexicon of the policy over rjieba's words. No training, every decision explained."""

from classifiers.lexicon.understand import LexiconUnderstand

__all__ = ["LexiconUnderstand"]
