"""Where market arrays come from: real history through a manifest, and the generated market."""
