"""What is decided, looked at again by somebody who does not know how it was decided."""
