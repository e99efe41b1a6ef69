"""What single jobs of the workflow do where they join several domains."""
