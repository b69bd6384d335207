"""Stands in for an instructor's own reference, which lies outside the repository."""


def nearest(z, codebook):
    return ((z[:, None] - codebook) ** 2).sum(2).argmin(1)
