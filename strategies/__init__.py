"""The strategies that ship with alvh."""
