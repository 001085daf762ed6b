"""Errors of a grader. They leave the function, so that Bedrock retries and then fails the job with their message."""


class GraderError(Exception):
    """A reward function raised, or returned no finite score; the message names the sample."""


class GraderContractError(GraderError):
    """The event or the answer is not in Bedrock's contract; the message says where."""


class MissingReference(GraderError):
    """A reward needs a ``reference_answer`` that the record does not have, or has in another form."""


class UnreadableAnswer(Exception):
    """An answer does not hold what a component looks for. The sample scores low and is counted; no other suffers."""


class BadReward(Exception):
    """A ``[reward]`` table that cannot be used; the message names the key and the fix."""


class BedrockUnavailable(GraderError):
    """A judge, a guardrail or an embedding model gave no usable answer: an outage, never a score. It names the fix."""
