"""The rules of `alvh check`, one file each."""
