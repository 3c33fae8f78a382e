"""What is painted on a head, and the chart that it is painted in."""
