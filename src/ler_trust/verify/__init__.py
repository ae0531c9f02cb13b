"""The verdict: plan what is needed, gather each thing once, authenticate, then evaluate, then fold.

1. ``engine.survey``      reads each item and names the keys it needs                    pure
2. ``gather``             resolves each distinct controller once                         async
3. ``binding``            decides which gathered key, if any, belongs to the issuer      pure
4. ``engine.authenticate``checks every proof                                             pure
5. ``gather`` wave two    fetches the status lists of what authenticated, and only that  async
6. ``pipeline``           evaluates proof times, validity, status, issuer                pure
7. ``policy``             folds the checks into one outcome                              pure

Nothing here reads a clock: ``now`` is passed in.
"""
