"""点兵、练兵: musters that ask who answers, and exercises that run on the live engine; apart from the real thing."""
