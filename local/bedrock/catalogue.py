"""Foundation models and inference profiles of the one Region that the local Bedrock plays."""

from collections.abc import Collection
from dataclasses import dataclass

from local.bedrock.errors import ServiceError, not_found
from local.bedrock.store import ACCOUNT, REGION

PROFILE_REGIONS = {
    "us": ["us-east-1", "us-east-2", "us-west-2"],
    "global": ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-2"],
}


@dataclass(frozen=True)
class FoundationModel:
    """A base model."""

    id: str
    name: str
    customizations: tuple[str, ...]
    inference: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    gives: str = "TEXT"  # output modality

    @property
    def arn(self) -> str:
        """The model's ARN in this Region."""
        return f"arn:aws:bedrock:{REGION}::foundation-model/{self.id}"


MODELS = {
    model.id: model
    for model in (
        FoundationModel(
            "amazon.nova-2-lite-v1:0:256k", "Nova 2 Lite", ("FINE_TUNING", "REINFORCEMENT_FINE_TUNING"), ()
        ),
        FoundationModel("amazon.nova-2-lite-v1:0", "Nova 2 Lite", (), ("INFERENCE_PROFILE",), ("us", "global")),
        FoundationModel("amazon.nova-lite-v1:0", "Nova Lite", (), ("ON_DEMAND", "INFERENCE_PROFILE"), ("us",)),
        FoundationModel(
            "amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", (), ("ON_DEMAND",), gives="EMBEDDING"
        ),
        FoundationModel("amazon.nova-micro-v1:0", "Nova Micro", (), ("ON_DEMAND", "INFERENCE_PROFILE"), ("us",)),
    )
}


def find_model(identifier: str, *, hidden: Collection[str] = ()) -> FoundationModel:
    """Return a foundation model by id or ARN; Bedrock answers unknown ones with a ResourceNotFoundException.

    ``hidden`` are ids of models that count as unknown.
    """
    model = MODELS.get(identifier.split("foundation-model/")[-1])
    if model is None or model.id in hidden:
        raise not_found(f"the model {identifier} in {REGION}")
    return model


def find_profile(identifier: str) -> tuple[str, FoundationModel]:
    """Return the geography and the model of an inference profile by id or ARN."""
    plain = identifier.split("inference-profile/")[-1]
    geography, _, model = plain.partition(".")
    found = MODELS.get(model)
    if found is None or geography not in found.profiles:
        raise not_found(f"the inference profile {identifier}")
    return geography, found


def profile_arn(geography: str, model: FoundationModel) -> str:
    """Return the ARN of an inference profile."""
    return f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{geography}.{model.id}"


def profile_models(geography: str, model: FoundationModel) -> list[dict[str, str]]:
    """Return the Regions' models behind a profile, as Bedrock lists them."""
    regions = PROFILE_REGIONS[geography]
    return [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model.id}"} for region in regions]


def answering_base(identifier: str) -> FoundationModel | None:
    """Return the untouched model that answers on demand for an id, or None if the id names something else.

    Raises:
        ServiceError: the id names a base model that answers only through a profile, or not at all.

    """
    plain = identifier.split("foundation-model/")[-1]
    if plain in MODELS:
        model = MODELS[plain]
        if "ON_DEMAND" in model.inference:
            return model
        raise ServiceError(
            "ValidationException",
            f"Invocation of model ID {plain} with on-demand throughput isn't supported. Retry your request with the ID "
            "or ARN of an inference profile that contains this model.",
        )
    if ":custom-model" in identifier or ":provisioned-model" in identifier:
        return None
    try:
        return find_profile(identifier)[1]
    except ServiceError:
        raise ServiceError("ValidationException", "The provided model identifier is invalid.") from None
