"""What the workloads need: read as a graph, edited, brought in and taken out as files, proposed by probes."""
