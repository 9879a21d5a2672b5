"""Networks of ports alone (`fidelity: ideal`): a message holds its sender's and receiver's port."""
