"""A declarative language for layered volatility hedges, its checker, and its compiled simulator."""
