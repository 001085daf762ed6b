"""A small policy plays against a grader before a real one does: which behaviour wins, and when a hack overtakes."""
