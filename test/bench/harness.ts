/**
 * Timing that holds on two noisy cores: all cases in one process, in turns, in short batches; what counts is how a case
 * compares with the first one in the same round. Never run asynchronous work here: thread-pool hops move by a quarter.
 */

export type Case = { name: string; run: () => unknown }

/** Of one case over all rounds. */
export type Timing = {
  name: string
  /** Nanoseconds. */
  p10: number
  median: number
  /** How many times the first case's time, in the same round. */
  ratio: Ratio
}
export type Ratio = { p10: number; quartiles: readonly [number, number, number] }
export type Measured = {
  timings: readonly Timing[]
  /** How far the first case strayed from its own median, as a part of it: tenth to ninetieth percentile, halved. */
  spread: number
}

const now = () => Number(process.hrtime.bigint())

/** Times every case against the first. */
export function measure(cases: readonly Case[], { rounds, batchMs }: { rounds: number; batchMs: number }): Measured {
  const prepared = cases.map((each) => ({ ...each, times: warm(each, batchMs), nanoseconds: [] as number[] }))
  for (let round = 0; round < rounds; round++)
    for (const { run, times, nanoseconds } of prepared) nanoseconds.push(timeOf(run, times) / times)

  const base = prepared[0]?.nanoseconds ?? []
  return {
    timings: prepared.map(({ name, nanoseconds }) => ({
      name,
      p10: quantile(nanoseconds, 0.1),
      median: quantile(nanoseconds, 0.5),
      ratio: {
        // The fast decile of each: what is left when the machine does nothing else.
        p10: quantile(nanoseconds, 0.1) / quantile(base, 0.1),
        ...quartilesOf(nanoseconds.map((time, round) => time / (base[round] as number))),
      },
    })),
    spread: (quantile(base, 0.9) - quantile(base, 0.1)) / 2 / quantile(base, 0.5),
  }
}

export const quartilesOf = (numbers: readonly number[]): Pick<Ratio, 'quartiles'> => ({
  quartiles: [quantile(numbers, 0.25), quantile(numbers, 0.5), quantile(numbers, 0.75)],
})

/** The value below which this part of the numbers lies. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(part * (sorted.length - 1))] as number
}

/** Runs a case until it is compiled, to the last of the tiers; answers how often it fits into a batch. */
function warm({ run }: Case, batchMs: number): number {
  const until = now() + 500e6
  let times = 1
  let best = Number.POSITIVE_INFINITY
  do {
    const took = timeOf(run, times)
    best = Math.min(best, took / times)
    if (took < 2e6) times *= 2
  } while (now() < until)
  return Math.max(1, Math.round((batchMs * 1e6) / best))
}

function timeOf(run: Case['run'], times: number): number {
  const began = now()
  for (let n = 0; n < times; n++) run()
  return now() - began
}
