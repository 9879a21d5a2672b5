"""Who of those who could talk does, round by round: one file per rule."""
