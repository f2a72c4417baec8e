"""Prices and greeks of SPX and VIX options, lane-generic and bit-reproducible."""
