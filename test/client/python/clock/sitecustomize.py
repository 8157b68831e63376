"""The clock of a test, for a program that has none of its own: ahead by CLOCK_AHEAD seconds, and a pause takes no time."""

import os
import time

real = time.time
time.time = lambda: real() + float(os.environ["CLOCK_AHEAD"])
time.sleep = lambda seconds: None
