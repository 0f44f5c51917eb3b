"""What Heartland knows: GP-API, Portico, Heartland Retail and payroll registers, as raw rows and canonical frames."""
