"""The HTTP service: bundles that write, translate and train for programs and for the pages in a browser."""
