"""Markets behind the one interface: real history and generated paths."""
