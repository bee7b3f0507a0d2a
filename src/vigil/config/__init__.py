"""From a YAML file to parts. The keys of the file are the arguments of the constructors."""
