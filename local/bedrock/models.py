"""Operations on custom models, foundation models and inference profiles."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from local.bedrock.catalogue import MODELS, FoundationModel, find_model, find_profile, profile_arn, profile_models
from local.bedrock.errors import ServiceError, not_found
from local.bedrock.lists import chosen, page, refuse_others
from local.bedrock.store import ACCOUNT, Model, Store

PROVIDER = "Amazon"
INPUTS = ["TEXT"]
FILTERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "baseModelArnEquals": itemgetter("baseModelArn"),
    "foundationModelArnEquals": itemgetter("foundationModelArn"),
    "modelStatus": itemgetter("modelStatus"),
    "isOwned": lambda item: item["ownerAccountId"] == ACCOUNT,
}


class Models:
    """Get, List and DeleteCustomModel; the read-only catalogue."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, identifier: str) -> Model:
        """Return a custom model by ARN or name."""
        with self._store.lock:
            for model in self._store.models.values():
                if identifier in (model.arn, model.name):
                    return model
        raise not_found(f"the custom model {identifier}")

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe a custom model."""
        model = self.find(params["modelIdentifier"])
        request = model.job.request
        return {
            "modelArn": model.arn,
            "modelName": model.name,
            "jobName": model.job.name,
            "jobArn": model.job.arn,
            "baseModelArn": _base_arn(model),
            "customizationType": request.get("customizationType", "FINE_TUNING"),
            "hyperParameters": request.get("hyperParameters"),
            "modelKmsKeyArn": request.get("customModelKmsKeyId"),
            "trainingDataConfig": request["trainingDataConfig"],
            "outputDataConfig": request["outputDataConfig"],
            "creationTime": model.created,
            "customizationConfig": request.get("customizationConfig"),
            "modelStatus": "Active",
        }

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """List custom models by the request's filters."""
        with self._store.lock:
            items = [
                {
                    "modelArn": model.arn,
                    "modelName": model.name,
                    "creationTime": model.created,
                    "baseModelArn": _base_arn(model),
                    "foundationModelArn": model.job.base_arn,
                    "baseModelName": find_model(model.job.base_arn).name,
                    "customizationType": model.job.request.get("customizationType", "FINE_TUNING"),
                    "ownerAccountId": ACCOUNT,
                    "modelStatus": "Active",
                }
                for model in self._store.models.values()
            ]
        found, token = chosen(params, items, name="modelName", created="creationTime", equals=FILTERS)
        for item in found:
            del item["foundationModelArn"]  # a filter, and no part of the answer
        return {"modelSummaries": found, "nextToken": token}

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """Delete a custom model that nothing serves."""
        model = self.find(params["modelIdentifier"])
        with self._store.lock:
            used = [d.name for d in self._store.deployments.values() if model.arn in (d.model_arn, d.next_model)]
            used += [t.name for t in self._store.throughputs.values() if model.arn in (t.model_arn, t.next_model)]
            if used:
                raise ServiceError("ConflictException", f"The model is in use by {', '.join(used)}")
            del self._store.models[model.arn]
        return {}

    def get_foundation(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe a foundation model."""
        return {"modelDetails": _summary(self._foundation(params["modelIdentifier"]))}

    def list_foundation(self, params: dict[str, Any]) -> dict[str, Any]:
        """List the foundation models that fit the request's filters."""
        refuse_others(params, set(CATALOGUE_FILTERS))
        fit = [
            model
            for model in MODELS.values()
            if model.id not in self._store.options.unknown_models
            and all(params[key] in of(model) for key, of in CATALOGUE_FILTERS.items() if key in params)
        ]
        return {"modelSummaries": [_summary(model) for model in fit]}

    def availability(self, params: dict[str, Any]) -> dict[str, Any]:
        """Say whether the account may use a foundation model."""
        model = self._foundation(params["modelId"])
        closed = model.id in self._store.options.models_without_access
        return {
            "modelId": model.id,
            "agreementAvailability": {"status": "NOT_AVAILABLE" if closed else "AVAILABLE"},
            "authorizationStatus": "NOT_AUTHORIZED" if closed else "AUTHORIZED",
            "entitlementAvailability": "NOT_AVAILABLE" if closed else "AVAILABLE",
            "regionAvailability": "AVAILABLE",
        }

    def _foundation(self, identifier: str) -> FoundationModel:
        return find_model(identifier, hidden=self._store.options.unknown_models)

    def get_profile(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe an inference profile with the Regions behind it."""
        return _profile(*find_profile(params["inferenceProfileIdentifier"]))

    def list_profiles(self, params: dict[str, Any]) -> dict[str, Any]:
        """List inference profiles; all of them are the system's."""
        refuse_others(params, {"maxResults", "nextToken", "typeEquals"})
        items = [_profile(g, m) for m in MODELS.values() for g in m.profiles]
        found, token = page(params, [i for i in items if params.get("typeEquals", i["type"]) == i["type"]])
        return {"inferenceProfileSummaries": found, "nextToken": token}


CATALOGUE_FILTERS: dict[str, Callable[[FoundationModel], Sequence[str]]] = {
    "byProvider": lambda _: (PROVIDER, PROVIDER.lower()),
    "byCustomizationType": lambda model: model.customizations,
    "byOutputModality": lambda model: (model.gives,),
    "byInferenceType": lambda model: model.inference,
}


def _base_arn(model: Model) -> str:
    return model.job.base_model.arn if model.job.base_model else model.job.base_arn


def _summary(model: FoundationModel) -> dict[str, Any]:
    return {
        "modelArn": model.arn,
        "modelId": model.id,
        "modelName": model.name,
        "providerName": PROVIDER,
        "inputModalities": INPUTS,
        "outputModalities": [model.gives],
        "responseStreamingSupported": False,
        # botocore's enum of ModelCustomization has no reinforcement value; Bedrock lists what the enum has.
        "customizationsSupported": [c for c in model.customizations if c == "FINE_TUNING"],
        "inferenceTypesSupported": [t for t in model.inference if t == "ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _profile(geography: str, model: FoundationModel) -> dict[str, Any]:
    return {
        "inferenceProfileName": f"{geography.upper()} {model.name}",
        "inferenceProfileArn": profile_arn(geography, model),
        "inferenceProfileId": f"{geography}.{model.id}",
        "models": profile_models(geography, model),
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
