"""How good a set of preference pairs is: agreement, contradictions, and what wins that should not."""

from typing import Final

from msgspec import Struct

from rft.datasets.checks.agreement import Agreement, AgreementProfile
from rft.datasets.checks.balance import ENOUGH
from rft.datasets.checks.cycles import Circle, Cycles
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import SHOWN, Finding, Place, finding
from rft.datasets.items import Example, Verdict
from rft.datasets.keys import text_key
from rft.datasets.rules import DataRules
from rft.evaluation.statistics import wilson_interval
from rft.interval import Interval

CONFIDENCE: Final = 0.95
_NOBODY: Final = AgreementProfile(pairs=0, alpha=None, unanimous=None, annotators=0, most_active=[])


class Share(Struct, frozen=True, kw_only=True):
    """How often something wins among ``pairs`` pairs, with its 95 % Wilson interval."""

    pairs: int
    share: Interval


class PreferenceProfile(Struct, frozen=True, kw_only=True):
    """The measures of a set of preference pairs."""

    pairs: int
    ties: int
    agreement: AgreementProfile | None  # None: no pair has votes
    first_wins: Share | None  # of the pairs that say which answer was shown first, without ties
    longer_wins: Share | None  # of the pairs whose answers differ in length (characters), without ties
    circles: int  # groups of answers whose preferences contradict each other
    circle_pairs: int  # the pairs among them
    circles_looked_at: float  # share of the prompts in which circles were looked for


class PreferenceQuality:
    """Measures preference pairs while they stream past. Memory: 32 bytes a pair, at most 32 MB, and the annotators.

    Give it the records as they are kept: names of annotators that were replaced by pseudonyms stay replaced.
    """

    def __init__(self) -> None:
        self._pairs = self._ties = 0
        self._placed = self._first = self._unequal = self._longer = 0
        self._agreement = Agreement()
        self._cycles = Cycles()
        self._found: list[Circle] | None = None

    def add(self, line: int, example: Example) -> None:
        """Take in the pair that ``line`` of the file holds; an example that is no pair is passed over.

        Two equal answers are a pair that says nothing: votes on them, and which is chosen, are not looked at.
        """
        chosen, rejected = example.chosen, example.rejected
        if chosen is None or rejected is None:
            return
        self._pairs += 1
        self._ties += example.tie
        if chosen == rejected:
            return
        if example.votes:
            self._agreement.add(example.votes, swapped=rejected < chosen)
        if example.tie:
            return
        if example.shown_first is not None:
            self._placed += 1
            self._first += example.shown_first is Verdict.CHOSEN
        if len(chosen) != len(rejected):
            self._unequal += 1
            self._longer += len(chosen) > len(rejected)
        prompt = example.user if len(example.messages) == 1 else f"{example.system}\0{example.user}"
        self._cycles.add(line, text_key(prompt), text_key(chosen), text_key(rejected))
        self._found = None

    def profile(self) -> PreferenceProfile | None:
        """Return the measures; None where there was no pair."""
        if not self._pairs:
            return None
        circles = self._circles()
        return PreferenceProfile(
            pairs=self._pairs,
            ties=self._ties,
            agreement=self._agreement.profile(),
            first_wins=_share(self._first, self._placed),
            longer_wins=_share(self._longer, self._unequal),
            circles=len(circles),
            circle_pairs=sum(circle.pairs for circle in circles),
            circles_looked_at=self._cycles.share,
        )

    def findings(self, rules: DataRules) -> list[Finding]:
        """Return what is wrong with the pairs; checks that are ``off`` say nothing.

        A share is beyond its threshold when its whole interval is, so that a few pairs prove nothing; agreement is
        judged from ``ENOUGH`` pairs on.
        """
        profile = self.profile()
        if profile is None:
            return []
        found = [
            _agreement(profile.agreement or _NOBODY, rules),
            _cycles(profile, self._circles(), rules),
            _bias(Code.POSITION_BIAS, profile.first_wins, rules.thresholds.max_position_bias, rules),
            _bias(Code.LENGTH_BIAS, profile.longer_wins, rules.thresholds.max_length_bias, rules),
            _ties(profile, rules),
        ]
        return [one for one in found if one is not None and one.severity is not Severity.OFF]

    def _circles(self) -> list[Circle]:
        if self._found is None:
            self._found = self._cycles.circles()
        return self._found


def _share(wins: int, pairs: int) -> Share | None:
    return Share(pairs=pairs, share=wilson_interval(wins, pairs, CONFIDENCE)) if pairs else None


def _agreement(profile: AgreementProfile, rules: DataRules) -> Finding | None:
    least = rules.thresholds.min_agreement
    if profile.alpha is None or profile.unanimous is None or profile.pairs < ENOUGH or profile.alpha >= least:
        return None
    differing = profile.pairs - round(profile.unanimous * profile.pairs)
    message = (
        f"Krippendorff's alpha of the votes is {profile.alpha:.2f}, below {least:.2f} (0 is chance, 1 is agreement); "
        f"votes differ on {differing} of {profile.pairs} pairs"
    )
    return finding(
        Code.LOW_AGREEMENT,
        message,
        rules,
        count=differing,
        of=profile.pairs,
        measured=profile.alpha,
        threshold=least,
    )


def _cycles(profile: PreferenceProfile, circles: list[Circle], rules: DataRules) -> Finding | None:
    if not circles:
        return None
    looked = "" if profile.circles_looked_at == 1 else f" (looked for in {profile.circles_looked_at:.2%} of prompts)"
    message = (
        f"{profile.circle_pairs} pairs contradict each other: the preferences of {len(circles)} "
        f"{'group' if len(circles) == 1 else 'groups'} of answers go in a circle{looked}"
    )
    places = [Place(circle.lines[0], _in_words(circle)) for circle in circles[:SHOWN]]
    strict = profile.pairs - profile.ties
    return finding(Code.PREFERENCE_CYCLE, message, rules, count=profile.circle_pairs, of=strict, places=places)


def _in_words(circle: Circle) -> str:
    others = ", ".join(str(line) for line in circle.lines[1:])
    more = " and more" if circle.pairs > len(circle.lines) else ""
    beside = f", with lines {others}{more}" if others else ""
    return f"{circle.answers} answers of which each is better than another in a circle{beside}"


def _bias(code: Code, measured: Share | None, most: float, rules: DataRules) -> Finding | None:
    if measured is None or (measured.share.low <= 0.5 + most and measured.share.high >= 0.5 - most):
        return None
    share = measured.share
    high = share.mean > 0.5
    wins = share.mean if high else 1 - share.mean
    low, top = (share.low, share.high) if high else (1 - share.high, 1 - share.low)
    what = {
        Code.POSITION_BIAS: ("answer shown first", "answer shown second"),
        Code.LENGTH_BIAS: ("longer answer", "shorter answer"),
    }[code][not high]
    message = (
        f"the {what} wins {wins:.0%} of {measured.pairs} pairs (95 % interval {low:.0%} to {top:.0%}), "
        f"more than {0.5 + most:.0%}"
    )
    return finding(
        code,
        message,
        rules,
        count=round(wins * measured.pairs),
        of=measured.pairs,
        measured=abs(share.mean - 0.5),
        threshold=most,
    )


def _ties(profile: PreferenceProfile, rules: DataRules) -> Finding | None:
    most = rules.thresholds.max_ties
    share = wilson_interval(profile.ties, profile.pairs, CONFIDENCE)
    if share.low <= most:
        return None
    message = (
        f"{profile.ties} of {profile.pairs} pairs are ties, {share.mean:.0%} (95 % interval {share.low:.0%} to "
        f"{share.high:.0%}), more than {most:.0%}"
    )
    return finding(
        Code.MANY_TIES, message, rules, count=profile.ties, of=profile.pairs, measured=share.mean, threshold=most
    )
