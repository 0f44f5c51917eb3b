"""Pass by subset search: one line against several of the other side, with certificate and chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import log
from typing import Literal

import numpy as np
import polars as pl
from pydantic import with_config

from recon.matching.allowed import Columns, Count, Days, Name, Odds, Several, Share, Switch, UndatedColumns
from recon.matching.assignment import MOST_TOLD, twins
from recon.matching.blocks import blocked_pairs, without_near
from recon.matching.by_ids import ById
from recon.matching.claims import DOUBTED, MEMBERS, NOTES, SETS, STRICT, Claims, Open, claims_of
from recon.matching.dealing import Wanted, deal
from recon.matching.fees import Fee, LearnedFee, fee_seen
from recon.matching.lines import with_all_keys
from recon.matching.odds import odds
from recon.matching.packing import margins, tangles
from recon.matching.readings import CLEARER, Option, best_of, of_several, option_of
from recon.matching.subsets import collapse
from recon.matching.sums import Asked, Bounds, find_each
from recon.matching.texts import Vocabulary
from recon.matching.worded import alike_pairs

Side = Literal["left", "right"]
Row = tuple[Side, int]
_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}
_LEAST_CHANCE = 1e-12  # what is rarer than this is told apart by nobody
_LEAST_WEIGHT = 1e-9  # what is as likely as not still explains more than nothing
_MOST_NAMED = 5  # lines of a set that is told and not claimed


@with_config(STRICT)
@dataclass(frozen=True)
class Subset:
    """One line that is the sum of several of the other side, in pools that share columns, words and window.

    The lines of one set agree with their sum on `agree` and the currency, and with each other on `together`
    (`date`, `reference`, `text`, `key_*`), where `span` lets their dates be so many days apart; with `words`
    they also share words with it, by a score of `least_text` and more. Right dates are at most `before` days
    earlier and `after` days later than left ones. `many` names the side whose lines are summed. Sets have 2
    to `most_lines` lines; a pool of more than `most_pool` (of lines of one amount those count that a set can
    hold) is not searched, and what is left of its sums is told as bounded.

    A set is claimed where it is the only one and no other sum needs its lines; one of `chance` `suggest_from` and
    more, or without `words` one with a line that a single line near it equals, is a suggestion. Sets that differ only
    by lines equal in every field, all of which their sums want, are claimed in the order of ids: any other choice
    says the same. Several sets for one sum are *ambiguous*, with their count and, where they are few, with all their
    lines. A set that such pools hold by accident more often than `most_chance` says nothing: its lines stay open, and
    if it is the only one they are told of it. With `early` it may come before the passes that match single lines: it
    asks for sums that no single line near them equals, and claims only what is certain; ties and doubts are left to a
    later pass, without a word. With `one_sign`, lines of a set have the sign of their sum. With `fee`, a set that
    exceeds its sum by an explainable fee is a match whose cause is fee_netted; one that is only below the cap is a
    suggestion. With `learn_fees`, the schedules that all lines together show explain a fee as a given one does.

    Time per pool of n lines is O(n^h log n), h half of `most_lines`, once for all sums that ask it.
    """

    name: Name
    many: Side = "right"
    agree: UndatedColumns = ()
    together: Columns = ("date",)
    words: Switch = False
    early: Switch = False
    least_text: Share = 0.5
    before: Days = 0
    after: Days = 5
    most_lines: Several = 5
    most_pool: Several = 60
    work: Count = 2_000_000
    span: Days = 0
    fee: Fee | None = None
    learn_fees: Switch = False
    suggest_from: Odds = 0.01
    most_chance: Share = 0.5
    one_sign: Switch = False
    vocabulary: Vocabulary | None = None  # learned from all open lines
    learned_fees: tuple[LearnedFee, ...] = ()  # so are these

    def learned(self, lines: Open) -> Subset:
        """The pass with its key columns spelled out and, where it asks for them, words and fee schedules."""
        words = lines.vocabulary if self.words else None
        fees = (lines.fees_of_left if self.many == "right" else lines.fees_of_right) if self.learn_fees else ()
        together = with_all_keys(self.together, lines.left if self.many == "left" else lines.right)
        fee = self.fee and replace(self.fee, scale=lines.scale)
        agree = lines.spelled(self.agree)
        return replace(self, fee=fee, agree=agree, together=together, vocabulary=words, learned_fees=fees)

    @property
    def schedules(self) -> tuple[Fee, ...]:
        """The fee given, then those learned from deposits of several lines: a wire's flat fee is none of a batch."""
        return (*([self.fee] if self.fee else ()), *(fee for fee in self.learned_fees if fee.in_batches))

    def find(self, lines: Open) -> Claims:
        """The sets that are certain, and those that are tied, by their sums."""
        one: Side = _OTHER[self.many]
        sides: Mapping[Side, pl.DataFrame] = {"left": lines.left, "right": lines.right}
        ones, many = (ById.of(frame) for frame in self._candidates(sides[one], sides[self.many]))
        pools, bounded = self._pools(ones.lines, many.lines)
        if not pools and not bounded:
            return claims_of()
        units = [dict(side.lines.select("row", "units").iter_rows()) for side in (ones, many)]
        places, told = (ones.places(), many.places()), lines.rejected.select(one, self.many).rows()
        rejected = {(places[0][a], places[1][b]) for a, b in told if a in places[0] and b in places[1]}
        apart = pl.Series(sorted({places[1][b] for _, b in told if b in places[1]}), dtype=pl.UInt32)
        rows = ones.rows, many.rows
        ids = ones.lines["id"]
        owned = self._owned(many.lines, sides[one].drop_nulls("date"))
        search = _Search(self, pools, units[0], units[1], many.lines, apart, rejected, rows, ids, owned, bounded)
        return search.claims(one)

    def _owned(self, parts: pl.DataFrame, ones: pl.DataFrame) -> frozenset[int]:
        """The parts that a single line near them equals: where texts say nothing, a set of theirs is not sure."""
        if self.words:
            return frozenset()
        return frozenset(parts["row"]) - frozenset(self._without_single(parts, ones)["row"])

    def _candidates(self, ones: pl.DataFrame, many: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The lines that may be sums, and those that may be lines of a set; none where there are too few."""
        needed = [name for name in self.together if name in ("date", "reference", "text")]
        ones, parts = ones.drop_nulls("date"), many.drop_nulls(["date", *needed])
        if self.early or not self.words:
            ones = self._without_single(ones, parts)
        return (ones, parts) if ones.height and parts.height > 1 else (ones.clear(), parts.clear())

    def _pools(self, ones: pl.DataFrame, parts: pl.DataFrame) -> tuple[list[_Pool], set[int]]:
        """Sums with the lines among which each is looked for, and sums that had too many to be looked at.

        A pool that several sums ask comes once.
        """
        if ones.is_empty():
            return [], set()
        met, bounded = self._by_words(ones, parts) if self.vocabulary is not None else self._by_day(ones, parts)
        # Lines that are up to `span` days apart share the pool of each day on which they all may have begun.
        begun = pl.concat([parts.with_columns(pl.col("date") - pl.duration(days=day)) for day in range(self.span + 1)])
        together = [*dict.fromkeys((*self.agree, "currency", *self.together))]
        pools = begun.select("row", _pool=begun.select(together).hash_rows(seed=5))
        asked = met.join(pools, on="row").unique()
        one, row, pool = (asked[name].to_numpy() for name in ("one", "row", "_pool"))
        order = np.lexsort((row, pool, one))
        one, row, pool = one[order], row[order], pool[order]
        begins = np.flatnonzero((one[1:] != one[:-1]) | (pool[1:] != pool[:-1])) + 1
        sums: dict[tuple[int, ...], list[int]] = {}
        for start, end in pairwise([0, *begins.tolist(), len(order)]):
            if end > start + 1:
                sums.setdefault(tuple(row[start:end].tolist()), []).append(int(one[start]))
        return [_Pool(tuple(dict.fromkeys(some)), lines) for lines, some in sorted(sums.items())], bounded

    def _without_single(self, mine: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
        """The lines that no line near them on the other side equals: where texts say nothing, that beats every set.

        Near is the longer side of the window, before and after: a line that was booked against the usual order
        still has more to say for itself than a set that happens to sum to it.
        """
        return without_near(mine, other, [*self.agree, "currency", "units"], days=max(self._window))

    @property
    def _window(self) -> tuple[int, int]:
        """How many days before and after its sum a line may be dated."""
        return (self.before, self.after) if self.many == "right" else (self.after, self.before)

    def _by_day(self, ones: pl.DataFrame, parts: pl.DataFrame) -> tuple[pl.DataFrame, set[int]]:
        """one, row: each sum with every line of its window that agrees; the sums of days with too many of both."""
        keys = [*self.agree, "currency"]
        back, ahead = self._window
        days = pl.date_ranges(pl.col("date").dt.offset_by(f"-{back}d"), pl.col("date").dt.offset_by(f"{ahead}d"))
        asked = ones.select(*keys, one="row", date=days).explode("date")
        asked = asked.with_columns(_block=asked.select(*keys, "date").hash_rows(seed=6))
        at = parts.with_columns(_block=parts.select(*keys, "date").hash_rows(seed=6)).select("_block", "row", *keys)
        found = blocked_pairs(asked, at, "_block")
        same = [pl.col(name).eq_missing(pl.col(f"{name}_right")) for name in keys]
        cut = asked["one"].filter(asked["_block"].is_in(found.bounded.implode()))
        return found.pairs.filter(*same).select("one", "row"), {*cut.to_list()}

    def _by_words(self, ones: pl.DataFrame, parts: pl.DataFrame) -> tuple[pl.DataFrame, set[int]]:
        """one, row: each sum with the lines of its window that agree and share words with it; no sum has too many."""
        vocabulary = self.vocabulary
        if vocabulary is None:
            return pl.DataFrame(schema={"one": pl.UInt32, "row": pl.UInt32}), set()
        agree = (*self.agree, "currency")
        met = alike_pairs(ones, parts, vocabulary, window=self._window, least=self.least_text, agree=agree)
        return pl.DataFrame({"one": ones["row"].gather(met["one"]), "row": parts["row"].gather(met["other"])}), set()


@dataclass(frozen=True)
class _Pool:
    ones: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass
class _Search:
    """The pools of a pass while sums are claimed one after the other; each claim leaves smaller pools."""

    rule: Subset
    pools: list[_Pool]
    ones: Mapping[int, int]
    many: Mapping[int, int]
    lines: pl.DataFrame  # those that sets are made of
    apart: pl.Series  # of these the ones that a person told apart from some line
    rejected: set[tuple[int, int]]
    rows: tuple[list[int], list[int]]  # the row that each sum, and each line, came with; here they stand by id
    ids: pl.Series  # of the sums, by their places
    owned: frozenset[int]  # lines that may be matched by themselves
    bounded: set[int]
    used_ones: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)  # of the used lines those that a suggestion took

    def claims(self, one: Side) -> Claims:
        """All certain sets, then the tied ones."""
        options = self._ask(self.pools)
        sure: list[Option] = []
        while taken := self._certain(options) or self._certain(options, only=False) or self._in_order(options):
            taken = [replace(o, contested=o.contested or self._is_doubtful(o)) for o in taken]
            self.doubtful |= {row for option in taken if option.contested for row in option.rows}
            sure += taken
            self.used_ones |= {option.one for option in taken}
            lines = {row for option in taken for row in option.rows}
            self.used |= lines
            again = [pool for pool in self.pools if not lines.isdisjoint(pool.rows)]
            touched = {one for pool in again for one in pool.ones}
            kept = [o for o in options if o.one not in touched and o.one not in self.used_ones]
            options = kept + self._ask([pool for pool in self.pools if not touched.isdisjoint(pool.ones)], touched)
        tied = [] if self.rule.early else self._tied(options)
        told = {option.one for group in tied for option in group} | self.used_ones
        untold = {option.one: option for option in options if option.one not in told}
        claims = _as_claims(
            self.rule, [self._as_came(o) for o in sure], [[self._as_came(o) for o in some] for some in tied], one
        )
        if self.rule.early:
            return claims
        unique = [option for _, option in sorted(untold.items()) if option.found.is_unique]
        several = Counter(row for option in unique for row in option.rows)
        doubted = [option for option in unique if all(several[row] == 1 for row in option.rows)]
        notes = self._notes(one, untold, self.bounded - told, {option.one for option in doubted})
        return replace(claims, notes=notes, doubted=self._doubted(one, doubted))

    def _as_came(self, option: Option) -> Option:
        """The same by the rows that the lines came with."""
        ones, many = self.rows
        rows, every = (tuple(sorted(many[at] for at in some)) for some in (option.rows, option.every))
        return replace(option, one=ones[option.one], rows=rows, every=every)

    def _notes(self, one: Side, untold: Mapping[int, Option], cut: set[int], doubted: set[int]) -> pl.DataFrame:
        """Of each open sum: that its search was cut short, and the sets that were too likely to say anything."""
        name, most = self.rule.name, self.rule.most_lines
        bounded = f"search bounded by the pass {name}: too many lines might sum to it"
        notes = [(one, self.rows[0][place], bounded) for place in sorted(cut)]
        for place, option in sorted(untold.items()):
            if place in doubted:
                continue  # its lines are told, too
            least = "" if option.found.alternatives_exact else "at least "
            sets = f"{least}{option.found.alternatives + 1:,} sets of up to {most} lines sum"
            if option.found.is_unique:
                sets = f"the only set of up to {most} lines that sums"
            notes.append((one, self.rows[0][place], f"{sets} to it, no rarer than by accident ({name})"))
        return pl.DataFrame(notes, schema=NOTES, orient="row")

    def _doubted(self, one: Side, options: list[Option]) -> pl.DataFrame:
        """Of each sum and each line of a set: that it is the only one, and no rarer than by accident."""
        rows: list[tuple[int, Side, int, str]] = []
        name, most = self.rule.name, self.rule.most_lines
        only = f"the only set of up to {most} lines that does, no rarer than by accident ({name})"
        for number, option in enumerate(options):
            names = [str(self.lines["id"][place]) for place in option.rows]
            lines = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) <= _MOST_NAMED else f"{len(names)} lines"
            less = " less a fee" if option.found.fee_cents else ""
            rows.append((number, one, self.rows[0][option.one], f"{lines} sum to it{less}: {only}"))
            told = f"{lines} sum to {self.ids[option.one]}{less}: {only}"
            rows += [(number, _OTHER[one], self.rows[1][place], told) for place in option.rows]
        return pl.DataFrame(rows, schema=DOUBTED, orient="row")

    def _ask(self, pools: Iterable[_Pool], only: set[int] | None = None) -> list[Option]:
        """For each sum its best set over all of its pools."""
        asked: dict[int, list[int]] = {}
        questions: list[tuple[list[int], list[int]]] = []
        for pool in pools:
            wanted = [one for one in pool.ones if one not in self.used_ones and (only is None or one in only)]
            rows = [row for row in pool.rows if row not in self.used]
            for some, group in self._allowed(wanted, rows):
                questions += self._of_signs(some, group)
        questions = [one for one in questions if one[0] and len(one[1]) > 1]
        for ones, rows in questions:
            for one in ones:
                asked.setdefault(one, []).append(len(rows))
        best: dict[int, list[Option]] = {}
        for option in self._searched(questions):
            best.setdefault(option.one, []).append(option)
        return [of_several(best_of(options), asked[one]) for one, options in sorted(best.items())]

    @cached_property
    def _rows_of(self) -> dict[int, set[int]]:
        """By sum all lines that it may be of, whatever was taken of them since."""
        rows: dict[int, set[int]] = {}
        for pool in self.pools:
            for one in pool.ones:
                rows.setdefault(one, set()).update(pool.rows)
        return rows

    @cached_property
    def _amounts_of(self) -> dict[int, list[int]]:
        return {one: [self.many[row] for row in sorted(some)] for one, some in self._rows_of.items()}

    def _allowed(self, ones: list[int], rows: list[int]) -> Iterator[tuple[list[int], list[int]]]:
        """The sums that may use every line of the pool, and each other sum with the lines that it may use."""
        free = [one for one in ones if not any((one, row) in self.rejected for row in rows)] if self.rejected else ones
        yield free, rows
        for one in ones if self.rejected else ():
            if one not in free:
                yield [one], [row for row in rows if (one, row) not in self.rejected]

    def _of_signs(self, ones: list[int], rows: list[int]) -> Iterator[tuple[list[int], list[int]]]:
        """The sums with the lines of a pool that may be theirs; with `one_sign` those above zero and those below."""
        if not self.rule.one_sign:
            yield ones, rows
            return
        for sign in (1, -1):  # a line of zero has neither
            mine = [one for one in ones if self.ones[one] * sign > 0]
            yield mine, [row for row in rows if self.many[row] * sign > 0] if mine else []

    def _searched(self, questions: list[tuple[list[int], list[int]]]) -> Iterator[Option]:
        """The best set for each sum that has one, pool by pool."""
        bounds = Bounds(self.rule.most_lines, self.rule.work)
        asked: list[tuple[list[int], list[int], Asked]] = []
        for ones, rows in questions:
            amounts = [self.many[row] for row in rows]
            if len(rows) > self.rule.most_pool and self._too_many(amounts):
                self.bounded |= {*ones}
            else:
                of_each = [self._amounts_of[one] for one in ones]
                asked.append((ones, rows, Asked(amounts, [self.ones[one] for one in ones], of_each)))
        several = find_each([pool for _, _, pool in asked], bounds, *self.rule.schedules)
        for (ones, rows, pool), answers in zip(asked, several, strict=True):
            for one, found in zip(ones, answers, strict=True):
                if found.bounded:
                    self.bounded.add(one)
                if found.members:
                    yield option_of(one, rows, pool, found)

    def _too_many(self, pool: list[int]) -> bool:
        """True where more lines than are searched are left of the pool, of equal ones those that a set can hold."""
        return len(collapse(np.array(pool, dtype=np.int64), self.rule.most_lines)) > self.rule.most_pool

    def _is_doubtful(self, option: Option) -> bool:
        """True where single lines may need some of its lines, or a suggestion took some that it might have had."""
        return not self.owned.isdisjoint(option.rows) or not self.doubtful.isdisjoint(self._rows_of[option.one])

    def _certain(self, options: list[Option], *, only: bool = True) -> list[Option]:
        """Sets whose lines no other sum needs, and those of a tangle that the best choice needs.

        A sum contends with its set, if it is the `only` one, or with each of its few readings. The best choice of sets
        without a common line, one a sum, is the least likely one by accident. A set of it is taken where any choice
        without it is CLEARER times likelier to be one.
        """
        some = [o for o in options if self._chance_of(o) <= self.rule.most_chance and (o.found.is_unique or not only)]
        sets = [(o, rows, self._chance_of(o) * self._worse(o, rows)) for o in some for rows in o.readings]
        sets.sort(key=lambda one: (one[2], len(one[1]), one[0].one, one[1]))
        claims = [frozenset((-1 - option.one, *rows)) for option, rows, _ in sets]
        found: list[Option] = []
        for tangle in tangles(claims):
            weights = [max(-log(max(sets[at][2], _LEAST_CHANCE)), _LEAST_WEIGHT) for at in tangle]
            for at, margin in zip(tangle, margins([claims[at] for at in tangle], weights), strict=True):
                option, rows, chance = sets[at]
                rivals = (sets[other][2] for other in tangle if other != at and claims[other] & claims[at])
                clear = all(chance * CLEARER <= rival for rival in rivals)
                if clear or (margin >= log(CLEARER) and not self.rule.early):
                    found += self._as_reading(replace(option, contested=not clear), rows)
        return found

    def _chance_of(self, option: Option) -> float:
        """The chance of the only set, or of each of several readings."""
        return option.found.chance if option.found.is_unique else option.found.chance_alone

    def _worse(self, option: Option, rows: tuple[int, ...]) -> int:
        """So many times less likely is one of several readings that has a line which a single line near it equals."""
        return 1 if option.found.is_unique or self.owned.isdisjoint(rows) else CLEARER

    def _as_reading(self, option: Option, rows: tuple[int, ...]) -> list[Option]:
        """The option with one of its readings as its only set: the other sums need lines of the others."""
        if option.found.is_unique:
            return [option]
        searched = [one for one in self._searched([([option.one], [*rows])]) if one.rows == rows]
        founds = [replace(one.found, chance=option.found.chance_alone) for one in searched]
        others = len(option.readings) - 1
        return [replace(option, rows=rows, found=found, every=rows, others=others, contested=True) for found in founds]

    def _in_order(self, options: list[Option]) -> list[Option]:
        """Sets that differ from all others for their sums by equal lines alone, and together leave none of these."""
        told = [one for one in options if one.found.chance <= self.rule.most_chance or self._is_tie(one)]
        if not any(one.twins and one.found.alternatives for one in told):
            return []
        contended: set[int] = set()
        wanted = []
        for one in told:
            if one.twins and one.found.alternatives_exact:
                wanted.append(Wanted(one.one, one.rows, one.found.alternatives + 1))
            elif one.whole:
                contended |= {*one.every}
            else:
                contended |= {row for pool in self.pools if one.one in pool.ones for row in pool.rows}
        dealt = deal(wanted, self._equal_lines(), contended)
        return [
            replace(
                one,
                rows=dealt[one.one].rows,
                every=dealt[one.one].rows,
                shares=dealt[one.one].shares,
                found=replace(one.found, alternatives=0),  # another choice among equal lines is no other reading
            )
            for one in told
            if one.one in dealt
        ]

    def _equal_lines(self) -> dict[int, list[int]]:
        """By line, of those that have twins, all free lines that equal it in every field, in the order of ids."""
        every = twins(self.lines, self.apart).rows.values()
        free = ([row for row in rows.tolist() if row not in self.used] for rows in every)
        return {row: rows for rows in free for row in rows}

    def _tied(self, options: list[Option]) -> list[list[Option]]:
        """What is left and not too likely by accident, joined where sets share a line."""
        groups: list[list[Option]] = []
        for option in sorted(options, key=lambda option: option.order):
            if option.found.chance > self.rule.most_chance and not self._is_tie(option):
                continue
            sharing = [g for g in groups if any(not set(option.every).isdisjoint(other.every) for other in g)]
            joined = [option, *(other for group in sharing for other in group)]
            groups = [*(group for group in groups if group not in sharing), joined]
        return groups

    def _is_tie(self, option: Option) -> bool:
        """True where the other sets only swap equal lines, or are few and each by itself no likely accident."""
        if option.twins:
            return option.found.alternatives > 0
        return (
            option.found.alternatives_exact
            and bool(option.found.each)
            and option.found.chance_alone <= self.rule.most_chance
        )


def _as_claims(rule: Subset, sure: list[Option], tied: list[list[Option]], one: Side) -> Claims:
    numbers: list[int] = []
    sides: list[Side] = []
    lines: list[int] = []
    sets: list[tuple[object, ...]] = []
    agreed = ", ".join([*(name.removeprefix("key_") for name in (*rule.agree, *rule.together)), "the sum"])
    for number, options in enumerate([*([option] for option in sure), *tied]):
        mine = sorted({option.one for option in options})
        rows = sorted({row for option in options for row in (option.rows if number < len(sure) else option.every)})
        numbers += [number] * (len(mine) + len(rows))
        sides += [one] * len(mine) + [_OTHER[one]] * len(rows)
        lines += mine + rows
        sets.append((number, *_evidence(rule, options, agreed, sure=number < len(sure))))
    members = pl.DataFrame({"set": numbers, "side": sides, "row": lines}, schema=MEMBERS)
    return claims_of(None, members, pl.DataFrame(sets, schema=SETS, orient="row"))


def _evidence(rule: Subset, options: list[Option], agreed: str, *, sure: bool) -> tuple[object, ...]:
    """kind, cause, agreed, alternatives, alternatives_exact, chance, words of one set."""
    found = options[0].found
    chance = max(option.found.chance for option in options)
    readings = sum(option.found.alternatives for option in options) + len(options) - 1
    others = min(readings, MOST_TOLD)
    exact = all(option.found.alternatives_exact for option in options) and others == readings
    if not sure:
        several = f"{others + 1} readings" if exact else f"at least {others + 1} readings"
        return "ambiguous", None, agreed, others, exact, chance, f"{several} sum to the same"
    likely = chance >= rule.suggest_from or found.fee_kind == "capped" or options[0].contested
    cause = "fee_netted" if found.fee_cents else None
    fee = f"fee {fee_seen(found.fee, options[0].one)}; " if found.fee else ""
    in_order = f"equal lines taken in order: {', '.join(shares)}; " if (shares := options[0].shares) else ""
    only = f"the only set of up to {rule.most_lines} lines{' but for equal ones' if shares else ''}"
    if options[0].others:
        only = f"of {options[0].others + 1} sets of up to {rule.most_lines} lines the one that leaves other sums theirs"
    words = f"{fee}{in_order}{only}; {odds(chance)}"
    return "suggestion" if likely else "match", cause, agreed, others, exact, chance, words
