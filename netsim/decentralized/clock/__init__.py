"""Time: how long peers compute, how long messages take, and who is there when."""
