"""One module a topic. A module is imported only when its command runs: `sqlctl --help` needs no driver."""
