"""What Heartland says happened against what stands in Sage Intacct, to the cent and by name."""
