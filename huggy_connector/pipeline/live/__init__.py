"""What the webhook told becomes snapshots, and what it touched is read again. `huggy live` does so round after round.

inbox_landing    what the inbox received, as snapshots of the resource events
touched_records  the chats and contacts that landed events name, and that were not read since
catch_up         whether the receiver missed a time that no poll has covered since
live_round       one round: land, read again, load
live_loop        round after round, so that publishing takes a third of the time at most
"""

from huggy_connector.pipeline.live.live_loop import LIVE_PACKING_AGE, run_rounds
from huggy_connector.pipeline.live.live_round import LiveRound, RoundReport

__all__ = ["LIVE_PACKING_AGE", "LiveRound", "RoundReport", "run_rounds"]
