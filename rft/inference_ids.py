"""What an id for Converse names: a foundation model, which answers in its own Region, or an inference profile."""

from typing import NamedTuple

# System-defined profiles are named "<reach>.<foundation model>". Some models' names hold dots themselves
# ("deepseek.v3.2"), so dots alone do not tell. Source: "Supported Regions and models for inference profiles".
REACHES = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})
HIDING = ("application-inference-profile/", "prompt-router/")  # only the account knows what is behind such an ARN


class Profile(NamedTuple):
    """A system-defined inference profile: how far it reaches, and the id of the foundation model behind it."""

    reach: str
    model: str


def profile_of(identifier: str) -> Profile | None:
    """Return the profile that an id or ARN names; None where it names something else and so crosses no Region."""
    if hides_models(identifier):
        return None
    resource = identifier.rpartition("/")[2] if ":inference-profile/" in identifier else identifier
    reach, _, model = resource.partition(".")
    return Profile(reach, model) if reach in REACHES and model else None


def hides_models(identifier: str) -> bool:
    """Return whether an id does not say by itself which model, and so which Regions, it leads to.

    So it is with application inference profiles and prompt routers. Their ids without an ARN hold no dot, which every
    model's and every system-defined profile's id has.
    """
    plain = not identifier.startswith("arn:")
    return any(kind in identifier for kind in HIDING) or (plain and "." not in identifier)
