"""The house: contracts between packages, sizes, and what no file may say."""
