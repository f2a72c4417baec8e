"""The run: calendars, markets, pricing, the reference interpreter, the engine, results."""
