// The clock of a test, for a program without a clock of its own: ahead by CLOCK_AHEAD seconds, and a pause takes no
// time.
const real = { now: Date.now, setTimeout: globalThis.setTimeout }
Date.now = () => real.now() + Number(process.env.CLOCK_AHEAD) * 1000
globalThis.setTimeout = (run, milliseconds, ...rest) => real.setTimeout(run, Math.min(milliseconds, 1), ...rest)
