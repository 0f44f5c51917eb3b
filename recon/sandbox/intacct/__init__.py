"""The books behind both Intacct surfaces: tables, objects with their fields, searching, balances and posting."""
