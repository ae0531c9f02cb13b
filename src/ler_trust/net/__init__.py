"""The one way out: outbound requests under a policy, or answers from files in their place."""
