"""The catalogue of checks: every code with its severity, what it means and how to mend it.

Codes are stable: people grep for them, and ``[data.checks]`` of a task.toml changes their severity by name.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Severity(StrEnum):
    """What a check does when it finds something."""

    REJECT = "reject"  # the version may not train
    QUARANTINE = "quarantine"  # the record goes to quarantine, the rest goes on
    WARN = "warn"  # stands in report and notification
    NOTE = "note"  # stands in the report
    OFF = "off"  # is not looked for


class Code(StrEnum):
    """What a check finds."""

    # the file
    NO_RECORDS = "no-records"
    TOO_MANY_BAD = "too-many-bad"
    TOO_FEW_TRAIN = "too-few-train"
    TOO_MANY_RECORDS = "too-many-records"
    TOO_FEW_TEST = "too-few-test"
    TOO_LITTLE_TO_IMITATE = "too-little-to-imitate"
    # an item as text
    EMPTY_LINE = "empty-line"
    LINE_TOO_LONG = "line-too-long"
    BAD_ENCODING = "bad-encoding"
    BAD_JSON = "bad-json"
    DUPLICATE_KEY = "duplicate-key"
    BAD_CSV = "bad-csv"
    TOO_DEEP = "too-deep"
    NOT_AN_OBJECT = "not-an-object"
    # a record's form
    BAD_ID = "bad-id"
    DUPLICATE_ID = "duplicate-id"
    NO_MESSAGES = "no-messages"
    BAD_MESSAGE = "bad-message"
    BAD_ROLE = "bad-role"
    BAD_CONTENT = "bad-content"
    NOT_TEXT = "not-text"
    SYSTEM_NOT_FIRST = "system-not-first"
    NO_USER = "no-user"
    ENDS_WITH_ANSWER = "ends-with-answer"
    MULTI_TURN = "multi-turn"
    BAD_REFERENCE = "bad-reference"
    NO_PROMPT = "no-prompt"
    BAD_PREFERENCE = "bad-preference"
    BAD_VOTE = "bad-vote"
    BAD_RANKING = "bad-ranking"
    BAD_RATING = "bad-rating"
    BAD_LOG = "bad-log"
    OTHER_SHAPE = "other-shape"
    # a record's content
    CONTROL_CHARACTERS = "control-characters"
    PROMPT_TOO_LONG = "prompt-too-long"
    PROMPT_NEAR_LIMIT = "prompt-near-limit"
    ANSWER_IN_PROMPT = "answer-in-prompt"
    SAME_ANSWERS = "same-answers"
    PERSONAL_DATA = "personal-data"
    SECRET = "secret"  # noqa: S105 # the name of a finding
    SECOND_OPINION = "second-opinion"
    # curation
    EMPTY_ANSWER = "empty-answer"
    REFUSAL = "refusal"
    BOILERPLATE = "boilerplate"
    LOW_RATING = "low-rating"
    REBALANCED = "rebalanced"
    # records beside each other
    EXACT_DUPLICATE = "exact-duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    NOT_COMPARED = "not-compared"
    CONTRADICTORY_REFERENCE = "contradictory-reference"
    SPLIT_LEAK = "split-leak"
    PROTECTED_LEAK = "protected-leak"
    # the whole
    LENGTH_SPREAD = "length-spread"
    LANGUAGE_BALANCE = "language-balance"
    CATEGORY_BALANCE = "category-balance"
    SPLIT_BALANCE = "split-balance"
    NO_REFERENCE = "no-reference"
    # preferences
    LOW_AGREEMENT = "low-agreement"
    PREFERENCE_CYCLE = "preference-cycle"
    POSITION_BIAS = "position-bias"
    LENGTH_BIAS = "length-bias"
    MANY_TIES = "many-ties"


# A record of these is no record, or Bedrock refuses it: a task may make them stricter, not milder.
FIXED: Final = frozenset(
    {
        Code.NO_RECORDS, Code.TOO_FEW_TRAIN, Code.TOO_MANY_RECORDS, Code.TOO_FEW_TEST, Code.TOO_LITTLE_TO_IMITATE,
        Code.EMPTY_LINE, Code.LINE_TOO_LONG, Code.BAD_ENCODING, Code.BAD_JSON, Code.DUPLICATE_KEY, Code.BAD_CSV,
        Code.TOO_DEEP, Code.NOT_AN_OBJECT, Code.BAD_ID, Code.DUPLICATE_ID, Code.NO_MESSAGES, Code.BAD_MESSAGE,
        Code.BAD_ROLE, Code.BAD_CONTENT, Code.NOT_TEXT, Code.SYSTEM_NOT_FIRST, Code.NO_USER, Code.ENDS_WITH_ANSWER,
        Code.MULTI_TURN, Code.BAD_REFERENCE, Code.NO_PROMPT, Code.BAD_PREFERENCE, Code.BAD_VOTE, Code.BAD_RANKING,
        Code.BAD_RATING, Code.BAD_LOG, Code.OTHER_SHAPE, Code.EMPTY_ANSWER,
    }
)  # fmt: skip
# What is left out for these says nothing against the file.
HARMLESS: Final = frozenset(
    {
        Code.EMPTY_LINE, Code.EXACT_DUPLICATE, Code.NEAR_DUPLICATE, Code.SPLIT_LEAK, Code.PROTECTED_LEAK,
        Code.REBALANCED, Code.LOW_RATING,
    }
)  # fmt: skip


class Check(Struct, frozen=True):
    """An entry of the catalogue."""

    code: Code
    severity: Severity  # unless [data.checks] says otherwise
    title: str  # what was found, in a few words
    fix: str  # what a person does about it


def _check(code: Code, severity: Severity, title: str, fix: str) -> Check:
    return Check(code, severity, title, fix)


_R, _Q, _W, _N = Severity.REJECT, Severity.QUARANTINE, Severity.WARN, Severity.NOTE
CHECKS: Final[dict[Code, Check]] = {
    check.code: check
    for check in (
        _check(Code.NO_RECORDS, _R, "no record in the file", "drop a file with one record a line"),
        _check(Code.TOO_MANY_BAD, _R, "many records are refused", "correct them, or raise thresholds.max_bad_share"),
        _check(Code.TOO_FEW_TRAIN, _R, "too few records to train on", "add records, or hold out less in [splits]"),
        _check(Code.TOO_MANY_RECORDS, _R, "more records than Bedrock takes", "drop a sample, or hold out more"),
        _check(Code.TOO_FEW_TEST, _R, "too few held-out records", "add records, or raise splits.test"),
        _check(Code.TOO_LITTLE_TO_IMITATE, _R, "[sft] has too little to imitate", "drop pairs or demonstrations"),
        _check(Code.EMPTY_LINE, _Q, "an empty line", "remove it"),
        _check(Code.LINE_TOO_LONG, _Q, "a record over 1 MiB", "shorten it"),
        _check(Code.BAD_ENCODING, _Q, "bytes that are not UTF-8", "save the file as UTF-8"),
        _check(Code.BAD_JSON, _Q, "not JSON", "write each record as one JSON object"),
        _check(Code.DUPLICATE_KEY, _Q, "a key stands twice in one object", "keep one"),
        _check(Code.BAD_CSV, _Q, "a row that does not fit the header", "give every row as many fields as the header"),
        _check(Code.TOO_DEEP, _Q, "values nested more than 32 deep", "flatten them"),
        _check(Code.NOT_AN_OBJECT, _Q, "a record that is no object", "write an object with named fields"),
        _check(Code.BAD_ID, _Q, "an unusable id", "write a string of 1 to 256 characters, or leave it out"),
        _check(Code.DUPLICATE_ID, _Q, "an id that stands twice", "make ids unique"),
        _check(Code.NO_MESSAGES, _Q, "no messages", 'add a list "messages" with at least a user message'),
        _check(Code.BAD_MESSAGE, _Q, "a message that is none", "write objects with role and content"),
        _check(Code.BAD_ROLE, _Q, "an unknown role", "use system and user"),
        _check(Code.BAD_CONTENT, _Q, "a message without text", "write its content as a string"),
        _check(Code.NOT_TEXT, _Q, "a part that is no text", "leave it out: Bedrock trains text only"),
        _check(Code.SYSTEM_NOT_FIRST, _Q, "a system message behind another", "put the only one first"),
        _check(Code.NO_USER, _Q, "no user message", "add the question as a user message"),
        _check(Code.ENDS_WITH_ANSWER, _Q, "a prompt that ends with an answer", "move the answer to reference_answer"),
        _check(Code.MULTI_TURN, _Q, "several turns", "put all turns into one user message"),
        _check(Code.BAD_REFERENCE, _Q, "an unusable reference_answer", "write a string or an object, or leave it out"),
        _check(Code.NO_PROMPT, _Q, "no prompt", "name its field in [data.columns]"),
        _check(Code.BAD_PREFERENCE, _Q, "a pair that lacks an answer", "give both answers as text"),
        _check(Code.BAD_VOTE, _Q, "an unreadable judgement", "use 1, 2 and 0 for a tie, or name the values"),
        _check(Code.BAD_RANKING, _Q, "an unreadable ranking", "give answers with distinct ranks"),
        _check(Code.BAD_RATING, _Q, "a rating off its scale", "give a number within the scale"),
        _check(Code.BAD_LOG, _Q, "an unusable invocation-log entry", "see the reason; failed calls hold no answer"),
        _check(Code.OTHER_SHAPE, _Q, "a record of another shape than the file", "drop it in a file of its own"),
        _check(Code.CONTROL_CHARACTERS, _Q, "control characters in the text", "remove them"),
        _check(Code.PROMPT_TOO_LONG, _Q, "a prompt over maxPromptLength", "shorten it, or raise maxPromptLength"),
        _check(Code.PROMPT_NEAR_LIMIT, _W, "a prompt near maxPromptLength", "raise maxPromptLength to be sure"),
        _check(Code.ANSWER_IN_PROMPT, _W, "the answer stands in the prompt", "remove it from the prompt"),
        _check(Code.SAME_ANSWERS, _Q, "chosen and rejected are the same", "drop the pair, or mark it as a tie"),
        _check(Code.PERSONAL_DATA, _W, "personal data", 'set personal.action to "redact" or "reject"'),
        _check(Code.SECRET, _Q, "a credential", "remove it and revoke it"),
        _check(Code.SECOND_OPINION, _W, "the managed detector found more", "look at the named records"),
        _check(Code.EMPTY_ANSWER, _Q, "an empty answer", "fill it in"),
        _check(Code.REFUSAL, _Q, "the answer refuses", 'set checks.refusal to "off" if refusing is right'),
        _check(Code.BOILERPLATE, _Q, "the answer is boilerplate", "give a real answer"),
        _check(Code.LOW_RATING, _Q, "a rating below curation.min_rating", "lower curation.min_rating to keep it"),
        _check(Code.REBALANCED, _Q, "left out to balance categories", "set curation.max_category_share to 1"),
        _check(Code.EXACT_DUPLICATE, _Q, "the same record again", "keep one"),
        _check(Code.NEAR_DUPLICATE, _W, "almost the same prompt again", "keep one, or set the check to quarantine"),
        _check(Code.NOT_COMPARED, _N, "too many prompts to compare all", "drop a sample; Bedrock takes 20,000 records"),
        _check(Code.CONTRADICTORY_REFERENCE, _Q, "one prompt, several references", "decide on one reference"),
        _check(Code.SPLIT_LEAK, _Q, "a training prompt almost equal to a held-out one", "keep one of the two"),
        _check(Code.PROTECTED_LEAK, _Q, "a prompt of a protected benchmark", "leave benchmarks out of training data"),
        _check(Code.LENGTH_SPREAD, _W, "a few prompts are far longer than the rest", "look at the longest"),
        _check(Code.LANGUAGE_BALANCE, _N, "several languages", "check that the shares are wanted"),
        _check(Code.CATEGORY_BALANCE, _W, "a category dominates or is tiny", "add records of the others, or rebalance"),
        _check(Code.SPLIT_BALANCE, _W, "a category is missing from the held-out split", "add records of it"),
        _check(Code.NO_REFERENCE, _N, "records without reference_answer", "fine if the reward needs none"),
        _check(Code.LOW_AGREEMENT, _W, "annotators agree little", "sharpen the guidelines, or drop unclear pairs"),
        _check(Code.PREFERENCE_CYCLE, _W, "preferences that contradict each other", "look at the named answers"),
        _check(Code.POSITION_BIAS, _W, "one position wins too often", "show answers in random order"),
        _check(Code.LENGTH_BIAS, _W, "the longer or the shorter answer wins too often", "judge content, not length"),
        _check(Code.MANY_TIES, _W, "many ties", "show answers that differ more"),
    )
}
