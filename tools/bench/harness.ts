import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'

/**
 * Timing that is stable on two noisy cores: all cases in one process, in turns, in short batches. The result is the
 * ratio of a case to the first one in the same round. Work outside the event loop (the thread pool, the network) may be
 * shown and never has a target: its ratios vary by a quarter. The gate awaits resolved promises only.
 */

export type Case = { name: string; run: () => unknown }
export type How = { rounds: number; batchMs: number }

/** The timing of one case over all rounds. */
export type Timing = {
  name: string
  /** Nanoseconds. */
  p10: number
  median: number
  /** The ratio to the first case's time in the same round. */
  ratio: Ratio
}
export type Ratio = { p10: number; quartiles: readonly [number, number, number] }
export type Measured = {
  timings: readonly Timing[]
  /** The first case's spread as a part of its median: half of the tenth to the ninetieth percentile. */
  spread: number
}

const now = () => Number(process.hrtime.bigint())

/** Times every case against the first. */
export async function measure(cases: readonly Case[], { rounds, batchMs }: How): Promise<Measured> {
  const prepared: (Case & { times: number; nanoseconds: number[] })[] = []
  for (const each of cases) prepared.push({ ...each, times: await warm(each, batchMs), nanoseconds: [] })
  for (let round = 0; round < rounds; round++)
    for (const { run, times, nanoseconds } of prepared) nanoseconds.push((await timeOf(run, times)) / times)

  const base = prepared[0]?.nanoseconds ?? []
  return {
    timings: prepared.map(({ name, nanoseconds }) => ({
      name,
      p10: quantile(nanoseconds, 0.1),
      median: quantile(nanoseconds, 0.5),
      ratio: {
        // The ratio of the fast deciles: the one on an idle machine.
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

/** The quantile of `part`, from 0 to 1. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(part * (sorted.length - 1))] as number
}

/** Runs a case until the last tier has compiled it. @returns how often it fits into a batch */
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
  for (let n = 0; n < times; n++) {
    const done = run()
    // Synchronous work pays for no await.
    if (done instanceof Promise) await done
  }
  return now() - began
}

/**
 * The base case: one ES256 verification by OpenSSL over as many bytes as an access token has. No gate that verifies a
 * signature is faster. DER and a ready key are Node 24's fast form.
 */
export function rawVerify(): Case {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = randomBytes(900)
  const signature = sign('sha256', data, privateKey)
  return {
    name: 'raw ES256 verify',
    run() {
      if (!verify('sha256', data, publicKey, signature)) throw new Error('the signature should hold')
    },
  }
}

/** One line of the report. */
export type Finding = {
  /** The id in docs/performance.md. A comparison has none. */
  id: string
  what: string
  /** The target in words, or empty. */
  target: string
  measured: string
  verdict: Verdict
}
/** `missed` fails the run; `below target` is known, said in docs/performance.md, and does not. */
export type Verdict = 'met' | 'missed' | 'below target' | ''

const times = (ratio: number) => `${ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(2)}x`

export const say = ({ p10, quartiles: [low, median, high] }: Ratio): string =>
  `${times(median)} (quartiles ${times(low)} to ${times(high)}, p10 ${times(p10)})`

export const microseconds = ({ p10 }: Timing) => `, ${(p10 / 1000).toFixed(0)} us p10`

/**
 * Compares a ratio with a target. It is missed only if median and fast decile both miss, so that noise alone never
 * fails.
 */
export function atMost(target: number, id: string, what: string, ratio: Ratio, detail = ''): Finding {
  const [, median] = ratio.quartiles
  return {
    id,
    what,
    target: `<= ${target}x`,
    measured: say(ratio) + detail,
    verdict: median <= target || ratio.p10 <= target ? 'met' : 'missed',
  }
}

/** The same task done the obvious way, for comparison. */
export const compared = (what: string, measured: string): Finding => ({
  id: '',
  what,
  target: '',
  measured,
  verdict: '',
})

/** The report as aligned columns. */
export function tableOf(findings: readonly Finding[]): string {
  const columns = ['id', 'verdict', 'what', 'target', 'measured'] as const
  const rows = [Object.fromEntries(columns.map((name) => [name, name])) as unknown as Finding, ...findings]
  const widths = columns.map((name) => Math.max(...rows.map((row) => row[name].length)))
  // The last column is not padded.
  widths[columns.length - 1] = 0
  return rows.map((row) => columns.map((name, at) => row[name].padEnd(widths[at] ?? 0)).join('  ')).join('\n')
}
