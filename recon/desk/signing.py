"""The sign-off of a period at somebody's seat: how each subject stands, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.desk.ledger import books_now
from recon.desk.proposals import check_ours, newest_run
from recon.desk.seat import Seat
from recon.errors import NotAllowed
from recon.lifecycle import Correction
from recon.period import parse_period
from recon.reporting.model import RunRecord
from recon.reporting.passed import uncorrected_by_account
from recon.signoff.gate import Subject, parse_subject
from recon.signoff.kept import uncorrected_of_year
from recon.signoff.prior import correct_prior
from recon.signoff.signing import (
    Books,
    Signed,
    Signing,
    check_signable,
    open_signing,
    reopen,
    sign,
    signature_of,
)


@dataclass(frozen=True)
class SignOff:
    """The newest run of a period before one who may sign it."""

    seat: Seat
    books: Books
    period: str

    def signing(self) -> Signing:
        """The run as it stands now. Raises: as `open_signing` does."""
        return open_signing(self.books, self.period, signer=self.seat.name)

    def sign(self, names: Sequence[str], note: str, *, force: bool) -> tuple[Signed, ...]:
        """The signatures of these subjects, each judged before any is made. Raises: as `sign` does."""
        signing = self.signing()
        subjects = _subjects(signing, names)
        self.books.control.check_sign(signing.preparers, self.seat.who)
        for one in subjects:
            check_signable(signing, signing.standing_of(one), note, force=force)
        return tuple(self._sign(one, note, force=force) for one in subjects)

    def sign_all(self, note: str, *, force: bool) -> tuple[tuple[Signed, ...], tuple[tuple[Subject, str], ...]]:
        """The signatures of all that may be signed and is not, and the others with the reason.

        Raises: SamePerson, NotAllowed where this person may sign nothing of the run.
        """
        signing = self.signing()
        self.books.control.check_sign(signing.preparers, self.seat.who)
        done: list[Signed] = []
        left: list[tuple[Subject, str]] = []
        for one in signing.standings:
            if one.is_signed:
                continue
            try:
                done.append(self._sign(one.subject, note, force=force and bool(one.obstacles)))
            except NotAllowed as fault:
                left.append((one.subject, fault.message))
        return tuple(done), tuple(left)

    def reopen(self, names: Sequence[str], note: str) -> tuple[Signed, ...]:
        """The acts that open these subjects again, each judged before any is done. Raises: as `reopen` does."""
        signing = self.signing()
        subjects = _subjects(signing, names)
        self.books.control.check_reopen(self.seat.who)
        for one in subjects:
            signature_of(signing.acts, one, self.period)
        return tuple(reopen(self.books, self.period, one, self.seat.who, note=note) for one in subjects)

    def correct(self, variance_id: str, into: str) -> Correction:
        """The proposal that corrects an error of this signed period in a later one. Raises: as `correct_prior` does."""
        later = parse_period(into, self.seat.company.policy.periods)
        read = books_now(self.seat, self.signing().record)
        return correct_prior(self.books, self.period, variance_id, later, self.seat.who, read=read)

    def uncorrected(self, record: RunRecord) -> pl.DataFrame:
        """What of the year up to the run is known and was not booked, one row per account.

        See `uncorrected_by_account`.
        """
        return uncorrected_by_account(uncorrected_of_year(self.seat.store, record), record.accounts, self.period)

    def _sign(self, subject: Subject, note: str, *, force: bool) -> Signed:
        return sign(self.books, self.period, subject, self.seat.who, note=note or None, force=force)


def _subjects(signing: Signing, names: Sequence[str]) -> list[Subject]:
    """The subjects of those names, each once. Raises: ConfigError for a name that the run does not have."""
    return [*dict.fromkeys(parse_subject(name, signing.subjects) for name in names)]


def open_sign_off(seat: Seat, reports: Path, period: str | None = None) -> SignOff:
    """The newest run of the period, or of all periods, at this seat.

    Raises: DataError if there is none, or it is of another company; DigestDiffers if it is not what was written.
    """
    record = newest_run(reports, period)
    check_ours(seat, record)
    return SignOff(seat, Books(seat.store, seat.control, reports), record.found.period.name)
