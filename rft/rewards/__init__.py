"""The reward library: all that a grader function holds besides its task folder.

Standard library only, and only its light parts: a training step sends hundreds of rollouts at once and waits.
A reward is a function ``(Sample) -> Score``; Bedrock's contract around it is the library's business.
"""

from rft.rewards.batch import prepares
from rft.rewards.errors import GraderContractError, GraderError, MissingReference
from rft.rewards.sample import Sample
from rft.rewards.score import Score

__all__ = ["GraderContractError", "GraderError", "MissingReference", "Sample", "Score", "prepares"]
