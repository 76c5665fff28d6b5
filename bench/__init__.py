"""What is measured, not tested: ground truth at scale, and speed."""
