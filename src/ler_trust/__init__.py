"""LER Trust: may I rely on this learning or employment record?"""

__version__ = "0.1.0"
