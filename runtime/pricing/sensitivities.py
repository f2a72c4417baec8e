"""How far futures and funds follow the VIX: what net beta and proxies are reckoned with (quant.md 3.2, 2.7).

The slopes of the log change of VX1..VX8 on that of the VIX, 2007 to 2021; the ninth goes on as the eighth does from the seventh.
"""

from __future__ import annotations

from alvh.runtime.lanes import lane_function

FUTURE_BETAS = (0.62, 0.42, 0.33, 0.27, 0.23, 0.21, 0.19, 0.17, 0.15)


@lane_function
def future_beta(rank: int) -> float:
    """Of the monthly VIX future of a rank, 1 to 9."""
    return FUTURE_BETAS[rank - 1]
