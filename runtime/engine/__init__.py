"""The Numba engine: one strategy-independent day loop over tables, in lanes."""
