"""Credentials: keys and tokens by the forms that their issuers document, and values assigned to telling names."""

import base64
import binascii
import json
import math
import re
from collections import Counter
from typing import Final

from rft.datasets.checks.detector import Accept, Detector, Span, whole
from rft.datasets.codes import Code

LONGEST_KEY: Final = 16_384  # characters of a private key
MIN_PASSWORD_BITS: Final = 2.5  # entropy a character; "password" has 2.75 and no digit
MIN_TOKEN_BITS: Final = 3.5  # entropy a character; random hexadecimal digits come close to 4
MIN_TOKEN: Final = 16  # characters

_NAMES: Final = (
    "passw(?:or)?d|passphrase|pwd|secret|token|api[_ -]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credential"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)(?:[<${%*#[]|x{3}|your|my[_-]?(?:pass|secret|token)|example|dummy|placeholder|redacted|process\.|os\.)"
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def entropy(value: str) -> float:
    """Return the Shannon entropy of a text's characters, in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


def _assigned(match: re.Match[str]) -> Span | None:
    """Accept a value that looks drawn, not written: not a word, a placeholder or a piece of code."""
    value = match["value"]
    if _PLACEHOLDER.match(value) or _IDENTIFIER.fullmatch(value):
        return None
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return None
    password = match["name"].lower().startswith("pass") or match["name"].lower() == "pwd"
    long, least = (8, MIN_PASSWORD_BITS) if password else (MIN_TOKEN, MIN_TOKEN_BITS)
    return match.span("value") if len(value) >= long and entropy(value) >= least else None


def _private_key(match: re.Match[str]) -> Span:
    """Accept a key to the line that ends it; where that is missing, to where its characters end."""
    text, start = match.string, match.start()
    end = text.find("-----END", match.end(), start + LONGEST_KEY)
    if end >= 0 and (closing := _END.match(text, end)):
        return start, closing.end()
    body = _BODY.match(text, match.end(), start + LONGEST_KEY)
    return start, body.end() if body else match.end()


_END: Final = re.compile(r"-----END [A-Z ]{0,40}-----")
_BODY: Final = re.compile(r"(?:[A-Za-z0-9+/=]|\s|\\[nr])*")


def _jwt(match: re.Match[str]) -> Span | None:
    head = match[0].split(".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return match.span() if isinstance(header, dict) and "alg" in header else None


def _url(match: re.Match[str]) -> Span | None:
    known = match["password"].lower() in ("password", "pass", "passwd", "pwd", "token", "secret")
    return None if known or _PLACEHOLDER.match(match["password"]) else match.span("value")


def _exactly(value: str) -> str:
    return value


def _secret(kind: str, words: str, trigger: str, pattern: str, accept: Accept = whole) -> Detector:
    return Detector(
        kind=kind,
        words=words,
        triggers=(trigger,),
        pattern=re.compile(pattern, re.ASCII),
        accept=accept,
        normal=_exactly,
        code=Code.SECRET,
    )


def _token(kind: str, words: str, form: str) -> Detector:
    """Return the detector of tokens that a prefix gives away; ``form`` serves as trigger as well."""
    return _secret(kind, words, form, rf"(?<![A-Za-z0-9])(?:{form})(?![A-Za-z0-9])")


SECRETS: Final = (
    _token("aws-access-key", "an AWS access key", "(AKIA|ASIA)[A-Z2-7]{16}"),
    _secret(
        "aws-secret-key",
        "an AWS secret key",
        "(?i)secret[_ .-]?(access[_ .-]?)?key",
        r"(?i:secret[_ .-]?(?:access[_ .-]?)?key)[\w\"'\\ ]{0,6}[:=]{1,2}[\s\"'\\]{0,6}(?P<value>[A-Za-z0-9/+]{40})"
        r"(?![A-Za-z0-9/+=])",
    ),
    _secret(
        "private-key",
        "a private key",
        "-----BEGIN ([A-Z0-9]{1,16} ){0,3}PRIVATE KEY",
        r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        _private_key,
    ),
    _secret(
        "jwt",
        "a JSON web token",
        r"eyJ[A-Za-z0-9_-]{8,64}",
        r"(?<![\w-])eyJ[\w-]{8,2000}+\.[\w-]{8,12000}+\.[\w-]{0,2000}+",
        _jwt,
    ),
    _token("github-token", "a GitHub token", "gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{40,251}"),
    _token("gitlab-token", "a GitLab token", "glpat-[A-Za-z0-9_-]{20,64}"),
    _token("slack-token", "a Slack token", "xox[abeoprs]-[A-Za-z0-9-]{10,200}"),
    _token("slack-webhook", "a Slack webhook", r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,100}"),
    _token("stripe-key", "a Stripe key", "[rs]k_(live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9]{24,100}"),
    _token("google-key", "a Google key", "AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\\.[A-Za-z0-9_-]{30,400}"),
    _token("openai-key", "an OpenAI key", "sk-[A-Za-z0-9]{32,64}|sk-(proj|svcacct|admin)-[A-Za-z0-9_-]{32,200}"),
    _token("anthropic-key", "an Anthropic key", "sk-ant-[A-Za-z0-9]{3,8}-[A-Za-z0-9_-]{32,200}"),
    _token("huggingface-token", "a Hugging Face token", "hf_[A-Za-z0-9]{30,64}"),
    _token("npm-token", "an npm token", "npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "a PyPI token", "pypi-AgEIcHlwaS[A-Za-z0-9_-]{50,400}"),
    _token("sendgrid-key", "a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _token("azure-key", "an Azure storage key", "AccountKey=[A-Za-z0-9+/]{86}=="),
    _secret(
        "url-credentials",
        "a password in a URL",
        r":\\?/\\?/[^\s/:@]+:[^\s/@]+@",  # without bounds: a trigger counts bytes, the pattern characters
        r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://(?P<value>[^\s/:@\"'<>]{1,64}:(?P<password>[^\s/@\"'<>]{1,128}))@",
        _url,
    ),
    _secret(
        "assigned-secret",
        "a password or token",
        rf"(?i)({_NAMES})[a-z0-9_-]{{0,20}}[\"'\\ ]{{0,6}}[:=]",
        rf"(?P<name>(?i:{_NAMES}))[\w-]{{0,20}}[\"'\\ ]{{0,4}}(?:[:=]|:=|=>)[\"'\\ ]{{0,6}}"
        r"(?P<value>[^\s\"'\\,;<>(){}\[\]]{8,200}+)",
        _assigned,
    ),
)
