"""Status lists: finding and judging other issuers' lists, keeping and publishing one's own.

``client``     finds lists: fetch, authenticate, decode, keep while fresh          async
``ahead``      renews lists asked for lately before they are used                  async
``judge``      says what each status entry of a credential means                   pure
``publisher``  allocates entries, changes them, publishes the list as a credential async
"""
