"""The virtual fleet: server cipher machines made of SoftHSM2 tokens and net-snmp agents."""
