"""When markets are open and what expires when."""
