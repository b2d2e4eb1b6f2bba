"""What the rows serve, one small application a file; none imports anything of the bench but the account."""
