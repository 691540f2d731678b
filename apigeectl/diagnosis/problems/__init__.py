"""The catalogue as data: a module a group of causes, a row a problem."""
