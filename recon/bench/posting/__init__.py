"""The posting bench: thousands of seeded schedules in which the ledger, the network and the machine fail on purpose."""
