"""Sessions and expiries."""
