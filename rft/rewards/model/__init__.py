"""A reward model inside a grader: what it looks at in an answer, and its file. Training is ``rft.reward_model``."""

from rft.rewards.model.artefact import BadModel, RewardModel

__all__ = ["BadModel", "RewardModel"]
