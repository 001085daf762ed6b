"""Training and judging a reward model on preferences. What a grader holds of it is ``rft.rewards.model``."""
