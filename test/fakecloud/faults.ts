/** Faults of fakecloud 0.51.0 that no correction can reach, and the tests that show them, by a part of their names. */
export const faults: readonly { why: string; tests: readonly string[] }[] = []
