"""What operators see: the log and the metrics, neither of which knows a person."""
