import { type Case, type Measured, quantile, quartilesOf } from './harness.ts'

/**
 * The harness's `measure` for functions that are asynchronous by signature alone: what they await is there already, so
 * that they never leave this turn of the event loop (test/adapters/es256.test.ts holds the gate to that). No thread pool
 * is in it, and its ratios repeat as those of synchronous work do. What does wait for the pool may stand in its company,
 * to be told and never to be held to a target.
 */
export async function measureAwaited(
  cases: readonly Case[],
  { rounds, batchMs }: { rounds: number; batchMs: number },
): Promise<Measured> {
  const prepared = []
  for (const each of cases) prepared.push({ ...each, times: await warm(each, batchMs), nanoseconds: [] as number[] })
  for (let round = 0; round < rounds; round++)
    for (const { run, times, nanoseconds } of prepared) nanoseconds.push((await timeOf(run, times)) / times)

  const base = prepared[0]?.nanoseconds ?? []
  return {
    timings: prepared.map(({ name, nanoseconds }) => ({
      name,
      p10: quantile(nanoseconds, 0.1),
      median: quantile(nanoseconds, 0.5),
      ratio: {
        p10: quantile(nanoseconds, 0.1) / quantile(base, 0.1),
        ...quartilesOf(nanoseconds.map((time, round) => time / (base[round] as number))),
      },
    })),
    spread: (quantile(base, 0.9) - quantile(base, 0.1)) / 2 / quantile(base, 0.5),
  }
}

const now = () => Number(process.hrtime.bigint())

async function warm({ run }: Case, batchMs: number): Promise<number> {
  const until = now() + 500e6
  let times = 1
  let best = Number.POSITIVE_INFINITY
  do {
    const took = await timeOf(run, times)
    best = Math.min(best, took / times)
    if (took < 2e6) times *= 2
  } while (now() < until)
  return Math.max(1, Math.round((batchMs * 1e6) / best))
}

async function timeOf(run: Case['run'], times: number): Promise<number> {
  const began = now()
  for (let n = 0; n < times; n++) await run()
  return now() - began
}
