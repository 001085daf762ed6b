"""Embeddings as a small model would give them: texts with words and parts of words in common lie close together.

A text's words and its n-grams of three and four characters are projected onto the dimensions by hash. Unlike a language
model it knows no synonyms. Requests are checked as Titan Text Embeddings V2 checks them.
"""

import hashlib
import json
import math
import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from local.bedrock.errors import ServiceError, validation

DIMENSIONS = (1024, 512, 256)
CHARACTERS = 50_000
TOKENS = 8_192
CHARACTERS_PER_TOKEN = 4.7  # of English, as the user guide has it
KEYS = {"inputText", "dimensions", "normalize", "embeddingTypes"}
TYPES = {"float", "binary"}
ORDERS = (3, 4)
WEIGHT = 0.3  # of an n-gram, beside a word's 1
PLACES = 8  # dimensions that a feature touches
WORD = re.compile(r"\w+")
AGAIN = "please reformat your input and try again."


def embedding(body: bytes) -> dict[str, Any]:
    """Return the answer to a request's body: the same text has the same embedding.

    Raises:
        ServiceError: ValidationException, where the model would not take the request.

    """
    request = _request(body)
    text, dimensions = request["inputText"], request.get("dimensions", DIMENSIONS[0])
    tokens = max(math.ceil(len(text) / CHARACTERS_PER_TOKEN), len(WORD.findall(text)), 1)
    if tokens > TOKENS:
        raise validation(
            f"400 Bad Request: Too many input tokens. Max input tokens: {TOKENS}, request input token count: {tokens} "
        )
    vector = _projected(text, dimensions)
    if request.get("normalize", True):
        length = math.sqrt(math.fsum(value * value for value in vector)) or 1.0
        vector = [value / length for value in vector]
    kinds = request.get("embeddingTypes", ["float"])
    by_type = {"float": vector, "binary": [int(value > 0) for value in vector]}
    return {
        "embedding": vector,
        "embeddingsByType": {kind: by_type[kind] for kind in kinds},
        "inputTextTokenCount": tokens,
    }


def _request(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise _malformed(str(error)) from error
    if not isinstance(request, dict):
        raise _malformed("expected type: JSONObject")
    if unknown := sorted(set(request) - KEYS):
        raise _malformed(f"#: extraneous key [{unknown[0]}] is not permitted")
    text = request.get("inputText")
    if not isinstance(text, str):
        raise _malformed("#: required key [inputText] not found" if text is None else "#/inputText: expected a String")
    if not text.strip():
        raise _malformed("expected minLength: 1, actual: 0")
    if len(text) > CHARACTERS:
        raise _malformed(f"expected maxLength: {CHARACTERS}, actual: {len(text)}")
    if request.get("dimensions", DIMENSIONS[0]) not in DIMENSIONS:
        raise _malformed(f"#/dimensions: {request['dimensions']} is not a valid enum value")
    if not isinstance(request.get("normalize", True), bool):
        raise _malformed("#/normalize: expected a Boolean")
    kinds = request.get("embeddingTypes", ["float"])
    if not isinstance(kinds, list) or not kinds or not set(map(str, kinds)) <= TYPES:
        raise _malformed("#/embeddingTypes: is not a valid enum value")
    return request


def _malformed(what: str) -> ServiceError:
    return validation(f"Malformed input request: {what}, {AGAIN}")


def _projected(text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    for feature, weight in _features(text).items():
        for place, signed in _places(feature, dimensions):
            vector[place] += weight if signed else -weight
    return vector


@lru_cache(maxsize=100_000)
def _places(feature: str, dimensions: int) -> list[tuple[int, bool]]:
    bits = hashlib.sha256(feature.encode("utf-8", "replace")).digest()
    pieces = [int.from_bytes(bits[start : start + 4], "big") for start in range(0, 4 * PLACES, 4)]
    return [(piece % dimensions, bool(piece >> 31)) for piece in pieces]


def _features(text: str) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for word in WORD.findall(text.lower()) or [text]:
        found[word] += 1
        marked = f"<{word}>"
        for order in ORDERS:
            for start in range(len(marked) - order + 1):
                found[f"#{marked[start : start + order]}"] += WEIGHT
    return found
