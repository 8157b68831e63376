import { setTimeout as pause } from 'node:timers/promises'
import { compared, type Finding, quantile } from '../harness.ts'
import { delayOf, kindOf, slackDelay, streamDelay } from './delays.ts'
import { alone, atRate, type Latency, latencyTargets } from './latency.ts'
import { evaluate, live, type Span, type Spans } from './lives.ts'
import { type Arrival, openLoop } from './open-loop.ts'
import { beginUse, makeGrants, revokeUnderUse } from './uses.ts'
import { heldIn } from './waits.ts'
import { type DelayedWorld, startDelayedWorld } from './world.ts'

export type Latencies = {
  rows: Latency[]
  raced: { after: number; permittedAfter: number }
  findings: Finding[]
  details: string
}

const rates = [1, 10, 50]
/** The first lives warm up the processes and are not counted. */
const first = 3
const agents = 60

/** The functions whose calls a caller waits for, and the number of stream delays. */
const callers: { [what: string]: [by: RegExp, streams: number] } = {
  evaluate: [/Evaluate|SignStatement/, 0],
  submit: [/SubmitRequest|SignStatement/, 0],
  'request to card': [/SubmitRequest|SignStatement|HandOn|DrawCard/, 1],
  click: [/ReceiveSlack/, 0],
  token: [/IssueToken|SignStatement/, 0],
  'click to token': [/ReceiveSlack|ReadTask|IssueToken|SignStatement/, 0],
  'AWS credentials': [/IssueAwsCredentials/, 0],
  'click to AWS credentials': [/ReceiveSlack|ReadTask|IssueToken|SignStatement|IssueAwsCredentials/, 0],
  complete: [/CompleteRequest/, 0],
  'begin a use': [/BeginUse/, 0],
}

const tell = (what: string) => process.stderr.write(`    ${what} ...\n`)

/** L2: on a local stack of its own whose AWS and Slack are delayed. */
export async function measureLatency({ quick }: { quick: boolean }): Promise<Latencies> {
  await using resources = new AsyncDisposableStack()
  const world = await startDelayedWorld(agents, resources)
  const seconds = quick ? 5 : 20
  const oneByOne = await liveOneByOne(world, quick ? 5 : 15)
  tell('grants for uses')
  const grants = await makeGrants(world, 24)
  const use = async (n: number) => {
    const { permitted, ...span } = await beginUse(world, grants[n % grants.length] as (typeof grants)[number])
    if (!permitted) throw new Error('a use of a live grant was refused')
    return span
  }
  const ask = (n: number) => evaluate(world, n).then(({ span }) => span)
  const rows = [
    ...latenciesOf(oneByOne.slice(first), alone, true, world),
    ...(await measureAlone('begin a use', use, world)),
    ...(await measureRates('begin a use', use, world, seconds)),
    ...(await measureRates('evaluate, nothing else', ask, world, seconds)),
  ]
  await rest(world)
  tell('uses that race a revocation')
  const raced = await revokeUnderUse(world, grants, 10, seconds)
  // Measured last, since a rate beyond capacity leaves a backlog.
  const atOnce = await measureLives(
    world,
    oneByOne.length,
    seconds,
    quantile(oneByOne.slice(first).map(lengthOfLife), 0.95),
  )
  rows.push(...atOnce.rows)
  return {
    rows,
    raced,
    findings: [...rows.flatMap(judge), judgeRace(raced), againstTheNext(oneByOne), ...atOnce.findings],
    details: `${tableOfRows(rows)}\n\n${tableOfDelays(world)}`,
  }
}

async function liveOneByOne(world: DelayedWorld, count: number): Promise<Spans[]> {
  tell('one life after another')
  const lives: Spans[] = []
  for (let n = 0; n < first + count; n++) lives.push(await live(world, n, n >= first))
  return lives
}

/** Waits until the backlog of a rate beyond capacity is worked off: two seconds without a call. */
async function rest({ calls }: DelayedWorld): Promise<void> {
  for (let seen = -1, tries = 0; seen !== calls.length && tries < 60; tries++) {
    seen = calls.length
    await pause(2000)
  }
}

/**
 * Whole lives at higher and higher rates, until the machine falls behind. @param takes the longest duration of one life
 */
async function measureLives(world: DelayedWorld, before: number, seconds: number, takes: number) {
  const rows: Latency[] = []
  const findings: Finding[] = []
  let n = before
  for (const perSecond of [1, 2, 5, ...rates.slice(1)]) {
    await rest(world)
    tell(`${perSecond} lives a second`)
    const began = performance.now()
    const arrivals = await openLoop({ perSecond, seconds }, (more) => live(world, n + more))
    n += arrivals.length
    const took = performance.now() - began
    const done = valuesOf(arrivals)
    const carried = done.length === arrivals.length && took < 1000 * seconds + 2 * takes
    rows.push(...latenciesOf(done, atRate(perSecond), carried, world))
    const ended = `${arrivals.length} began in ${seconds} s, ${done.length} had ended well after ${(took / 1000).toFixed(0)} s`
    findings.push(compared(`  ${perSecond} whole lives a second: ${carried ? 'carried' : 'not carried'}`, ended))
    if (!carried) break
  }
  return { rows, findings }
}

const lengthOfLife = ({ evaluate, complete }: Spans): number => (complete?.to ?? 0) - (evaluate?.from ?? 0)

function againstTheNext([cold = {}, ...next]: readonly Spans[]): Finding {
  const ratio = lengthOfLife(cold) / quantile(next.map(lengthOfLife), 0.5)
  const measured = `${(lengthOfLife(cold) / 1000).toFixed(1)} s, ${ratio.toFixed(1)} times as long`
  return compared('  the first life on a fresh stack, against the next ones', measured)
}

async function measureAlone(what: string, work: (n: number) => Promise<Span>, world: DelayedWorld) {
  const spans: Spans[] = []
  for (let n = 0; n < 20; n++) spans.push({ [what]: await work(n) })
  return latenciesOf(spans, alone, true, world)
}

async function measureRates(what: string, work: (n: number) => Promise<Span>, world: DelayedWorld, seconds: number) {
  const rows: Latency[] = []
  for (const perSecond of rates) {
    await rest(world)
    tell(`${what}: ${perSecond} a second`)
    // Warms up the processes that this rate needs.
    await openLoop({ perSecond, seconds: 3 }, work)
    const began = performance.now()
    const arrivals = await openLoop({ perSecond, seconds: seconds / 2 }, work)
    const done = valuesOf(arrivals).map((span) => ({ [what]: span }))
    const carried = done.length === arrivals.length && performance.now() - began < 500 * seconds + 1000
    rows.push(...latenciesOf(done, atRate(perSecond), carried, world))
    if (!carried) break
  }
  return rows
}

const valuesOf = <T>(arrivals: readonly Arrival<T>[]): T[] =>
  arrivals.flatMap((each) => ('value' in each ? [each.value] : []))

function latenciesOf(all: readonly Spans[], rate: string, carried: boolean, { calls }: DelayedWorld): Latency[] {
  return Object.keys(all[0] ?? {}).map((what) => {
    const spans = all.flatMap((each) => each[what] ?? [])
    const took = spans.map(({ from, to }) => to - from)
    const measured = { p50: quantile(took, 0.5), p95: quantile(took, 0.95), count: took.length }
    const [by, streams] = callers[what] ?? []
    // With concurrent lives the calls of one caller cannot be told apart.
    if (rate !== alone || by === undefined || streams === undefined) return { what, rate, ...measured, carried }
    const held = quantile(
      spans.map((span) => heldIn(calls, by, span) + streams * streamDelay),
      0.5,
    )
    return { what, rate, ...measured, held, carried }
  })
}

function judge({ what, rate, p50, p95, count, carried }: Latency): Finding[] {
  const target = latencyTargets[what]
  if (target === undefined) return []
  const measured = `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms of ${count}${carried ? '' : ': not carried'}`
  // The number depends on the machine and its load: it is reported, and fails nothing.
  const verdict = carried && p95 < target ? 'met' : 'below target'
  return [{ id: 'L2', what: `${what}, ${rate}`, target: `< ${target} ms`, measured, verdict }]
}

const judgeRace = ({ after, permittedAfter }: Latencies['raced']): Finding => ({
  id: 'L2',
  what: 'uses permitted that began after the revocation had returned',
  target: '0',
  measured: `${permittedAfter} of ${after}`,
  verdict: permittedAfter === 0 && after > 0 ? 'met' : 'missed',
})

function tableOfRows(rows: readonly Latency[]): string {
  const told = rows.map(({ what, rate, p50, p95, count, held, carried }) =>
    [
      what.padEnd(30),
      rate.padEnd(14),
      `p50 ${p50.toFixed(0).padStart(6)}`,
      `p95 ${p95.toFixed(0).padStart(6)}`,
      `of ${String(count).padStart(4)}`,
      carried ? '' : 'not carried',
      held === undefined ? '' : `held for ${held.toFixed(0)}`,
    ].join('  '),
  )
  return ['Milliseconds; "held" is how long the caller waited for delayed answers alone', ...told].join('\n')
}

/** A table of the delays, with the emulator's own times. */
function tableOfDelays({ calls }: DelayedWorld): string {
  const kinds = Map.groupBy(calls, ({ service, operation }) => kindOf(service, operation))
  const told = [...kinds].map(([kind, all]) => {
    const took = all.map((call) => call.took)
    const itself = `the emulator itself p50 ${quantile(took, 0.5).toFixed(0)}, p95 ${quantile(took, 0.95).toFixed(0)}`
    const [{ service, operation }] = all as [(typeof all)[number]]
    return `${kind}: ${delayOf(service, operation)} ms, ${itself}, of ${took.length}`
  })
  return [`Delays: streams ${streamDelay} ms, Slack ${slackDelay} ms, and`, ...told.sort()].join('\n')
}
