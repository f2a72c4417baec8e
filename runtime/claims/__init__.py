"""Judging claims: what is promised about a hedge, measured on history and on generated paths, with an interval and a verdict."""
