"""Measurements, each beside a control, a bound or another implementation."""
