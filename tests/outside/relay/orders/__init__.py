"""In which order runners run, one file each."""
