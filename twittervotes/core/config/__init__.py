"""The configuration: from a YAML file and the environment to frozen settings."""
