"""sqlctl: the thin command line beside the PostgreSQL schema `fleet`. All logic lives in SQL."""

__version__ = "0.1.0"
