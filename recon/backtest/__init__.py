"""Back-test: a rule or tolerance replayed over past runs, against what people decided, before it is switched on.

A replay is blind: what people decided is left out of it, and only then used as the truth.
"""

from recon.backtest.judge import RULES, Backtest, Claimed, Truth, judge
from recon.backtest.replay import Case, claimed

__all__ = ["RULES", "Backtest", "Case", "Claimed", "Truth", "claimed", "judge"]
