"""Bedrock's model-invocation logs: what models were asked and answered in production.

``{"schemaType": "ModelInvocationLog", "requestId": "...", "operation": "Converse", "input": {"inputBodyJson": {...}},
"output": {"outputBodyJson": {...}}, "requestMetadata": {...}}``. Source: Bedrock user guide, model-invocation-logging.
Bodies over 100 KB stand apart in S3 (``inputBodyS3Path``, ``outputBodyS3Path``) and are put in before.
"""

from collections.abc import Iterator
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import Message, fold, text_of
from rft.datasets.shapes.fields import Fields, kind_of

SCHEMA: Final = "ModelInvocationLog"


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record is an entry of an invocation log."""
    return value.get("schemaType") == SCHEMA


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a log entry: the prompt, and what was answered.

    Raises:
        Refused: with code and reason.

    """
    if value.get("schemaType") != SCHEMA:
        raise Refused(Code.OTHER_SHAPE, "the record is no entry of an invocation log; drop it in a file of its own")
    if error := value.get("errorCode"):
        raise Refused(Code.BAD_LOG, f"the call failed ({str(error)[:60]}), so there is no answer; leave it out")
    fields = Fields(value, rules.columns)
    asked = _body(fields, "input")
    answered = _body(fields, "output")
    messages = fold(_prompt(asked))
    answer = _answer(answered)
    if not answer.strip():
        raise Refused(Code.BAD_LOG, "the answer has no text; leave the entry out")
    return [
        Example(
            messages=messages,
            id=_identity(value),
            answer=answer,
            extra=fields.rest(),
        )
    ]


def _identity(value: dict[str, Any]) -> str | None:
    identity = value.get("requestId")
    return identity if isinstance(identity, str) and 0 < len(identity) <= 256 else None


def _body(fields: Fields, side: str) -> dict[str, Any]:
    part = fields.take(side, keep=True)
    if not isinstance(part, dict):
        raise Refused(Code.BAD_LOG, f"{side} is {kind_of(part)}; the entry is no log of a call")
    body = part.get(f"{side}BodyJson")
    if isinstance(body, list):  # a streamed answer, chunk by chunk
        return {"completion": "".join(_pieces(body))}
    if body is None and part.get(f"{side}BodyS3Path"):
        if why := part.get(f"{side}BodyError"):  # see rft.datasets.logs.bodies
            raise Refused(Code.BAD_LOG, f"the {side} body stands apart in S3 and cannot be used: {str(why)[:200]}")
        raise Refused(
            Code.BAD_LOG,
            f"the {side} body stands apart in S3; drop the logs' place instead of a file, see docs/data.md",
        )
    if not isinstance(body, dict):
        raise Refused(Code.BAD_LOG, f"{side}.{side}BodyJson is {kind_of(body)}; only calls that log text can be used")
    return body


def _pieces(chunks: list[Any]) -> Iterator[str]:
    """Yield the text in the chunks of a stream, of Converse or of one of the models."""
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        inner = chunk.get("contentBlockDelta", chunk)
        delta = inner.get("delta") if isinstance(inner, dict) else None
        text = delta.get("text") if isinstance(delta, dict) else chunk.get("generation", chunk.get("outputText"))
        if isinstance(text, str):
            yield text


def _prompt(body: dict[str, Any]) -> list[Message]:
    """Return the messages that a model was asked: Converse and messages bodies, or one text."""
    given = body.get("messages")
    if isinstance(given, list):
        system = body.get("system")
        texts = text_of([{"text": system}] if isinstance(system, str) else system, "system") if system else ""
        first = [{"role": "system", "content": texts}] if texts.strip() else []
        return [*first, *(_message(message, place) for place, message in enumerate(given, 1))]
    for name in ("prompt", "inputText"):
        if isinstance(body.get(name), str) and body[name].strip():
            return [{"role": "user", "content": body[name]}]
    raise Refused(Code.BAD_LOG, "the input body holds neither messages nor a prompt; this model's logs cannot be used")


def _message(message: Any, place: int) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
        raise Refused(Code.BAD_MESSAGE, f"message {place} of the call is neither the user's nor the assistant's")
    text = text_of(message.get("content"), f"message {place}")
    if not text.strip():
        raise Refused(Code.BAD_CONTENT, f"message {place} of the call has no text")
    return {"role": message["role"], "content": text}


def _answer(body: dict[str, Any]) -> str:
    """Return the text that a model answered."""
    output = body.get("output")
    message = output.get("message") if isinstance(output, dict) else None
    content = message.get("content") if isinstance(message, dict) else body.get("content")
    if isinstance(content, list):
        texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if texts:
            return "".join(texts)
    for name in ("results", "outputs", "choices"):  # one answer each, of which the first counts
        answers = body.get(name)
        if isinstance(answers, list) and answers and isinstance(answers[0], dict):
            body = answers[0]
            break
    message = body.get("message")
    if isinstance(message, dict) and isinstance(message.get("content"), str):
        return str(message["content"])
    for name in ("generation", "completion", "outputText", "text"):
        if isinstance(body.get(name), str):
            return str(body[name])
    raise Refused(Code.BAD_LOG, "the output body holds no text; tool calls and pictures cannot be used")
