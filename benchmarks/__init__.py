"""Benchmarks of srmgraph: data made for the purpose, real peers in the same run, tables out."""
