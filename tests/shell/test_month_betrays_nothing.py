"""One month in whose texts cards stand, pulled with canary secrets and closed: no file of it betrays either."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandbox_company import SECRETS, Company
from test_campaign_cards import betrays, plant_in, texts_of
from test_campaign_secrets import CANARIES, betrayed
from test_pull_sandbox import EVERYTHING, PERIOD

from recon.close import Closed, close
from recon.compute import CloseRequest
from recon.demo import write_demo_month
from recon.sandbox.world import World


@dataclass(frozen=True)
class PulledAndClosed:
    """The books that were pulled, everything that came of it on disk, and the run."""

    world: World
    folder: Path
    closed: Closed


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> PulledAndClosed:
    folder = tmp_path_factory.mktemp("month")
    world = World.of_demo(stores=3, access=CANARIES)
    company = Company(folder / "company", world, EVERYTHING)
    company.environ = {name: CANARIES[key] for name, key in SECRETS.items()}
    downloads = write_demo_month(folder / "downloads", stores=3)
    for name in ("payroll_register.csv", "locations.csv"):
        shutil.copy(downloads.folder / name, company.root / "sources" / name)
    plant_in(world)

    pulled = company.pull()
    return PulledAndClosed(world, folder, close(CloseRequest(PERIOD, company.root, pulled.folder), folder / "reports"))


def test_cards_in_the_texts_of_a_month_are_in_no_file_of_its_pull_and_of_its_close(month: PulledAndClosed) -> None:
    shown = 0
    for path in sorted(path for path in month.folder.rglob("*") if path.is_file() and "downloads" not in path.parts):
        for text in texts_of(path, path.read_bytes()):
            assert not betrays(text), (path, text[:300])
            shown += "************" in text
    assert shown > 100, "the masked numbers are there to be seen"


def test_a_month_closes_without_a_secret_in_its_pack(month: PulledAndClosed) -> None:
    """Page, workbook, notebooks and data are made of what was pulled, and none of it knows how one signs in."""
    assert list((month.folder / "reports").rglob("*.ipynb")) != []
    assert month.closed.record.run_id
    assert month.world.query("SELECT token FROM sessions") != []
    assert betrayed(month.world, month.folder) == []
