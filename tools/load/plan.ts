import { chance, pick } from './chance.ts'
import { builders, remediators } from './policies.ts'

/** The outcome of each kind of request without faults, which the account expects of each accepted one. */
export const fates = {
  /** No person is asked: token, AWS credentials, the change, done. */
  automatic: 'completed',
  /** An owner approves: token, one use at the gate of a tool, done. */
  used: 'completed',
  /** An owner and then an SRE approve: token, AWS credentials, the change, done. */
  two: 'completed',
  denied: 'denied',
  withdrawn: 'withdrawn',
  /** No person answers. */
  left: 'pending',
  /** One of many alike, which an owner approves with one click, and which its agent does not claim. */
  burst: 'approved',
  /** Policy says no for good. */
  forbidden: undefined,
} as const
export type Fate = keyof typeof fates

export type Arrival = {
  n: number
  /** Milliseconds from the start. */
  at: number
  fate: Fate
  agent: string
  body: object
  /** The number of its burst. */
  burst?: number
}

/** A card takes over a burst of more than twenty (policies/ladder.json). */
const alike = 25
/** Milliseconds in which the requests of a burst arrive. */
const within = 2_000
const singles = { automatic: 70, used: 10, two: 8, denied: 4, withdrawn: 3, left: 3, forbidden: 2 } as const

/**
 * Plans a load: half of the requests arrive alone, half in bursts of one agent in a loop. The same seed gives the same
 * load.
 */
export function planLoad({ seed, rate, minutes }: { seed: number; rate: number; minutes: number }): Arrival[] {
  const total = Math.round(rate * minutes * 60)
  const lasts = minutes * 60_000
  const bursts = Math.floor(total / 2 / alike)
  const alone = total - bursts * alike
  const run = Math.floor(chance(seed, 'run') * 2 ** 32).toString(36)
  const arrivals = [
    ...Array.from({ length: alone }, (_, n) => single(seed, run, n, chance(seed, 'at', n) * lasts)),
    ...Array.from({ length: bursts }, (_, burst) => {
      const from = ((burst + chance(seed, 'burst', burst)) / bursts) * Math.max(0, lasts - within)
      return Array.from({ length: alike }, (_, n) => member(run, burst, n, from + (n / alike) * within))
    }).flat(),
  ]
  return arrivals.toSorted((one, other) => one.at - other.at).map((arrival, n) => ({ ...arrival, n }))
}

function single(seed: number, run: string, n: number, at: number): Omit<Arrival, 'n'> {
  const fate: Fate = pick(singles, chance(seed, 'fate', n))
  const name = `load-${run}-${n}`
  const remediator = remediators[n % remediators.length] as string
  const builder = builders[n % builders.length] as string
  if (fate === 'used') return { at, fate, agent: builder, body: setFlag(builder, name) }
  if (fate === 'forbidden')
    return { at, fate, agent: remediator, body: setParameter(remediator, `/prod/hotwork/${name}`) }
  const environment = fate === 'automatic' ? 'staging' : 'prod'
  return { at, fate, agent: remediator, body: setParameter(remediator, `/${environment}/checkout/${name}`) }
}

function member(run: string, burst: number, n: number, at: number): Omit<Arrival, 'n'> {
  const agent = builders[burst % builders.length] as string
  const body = setParameter(agent, `/staging/checkout/load-${run}-burst-${burst}-${n}`)
  return { at, fate: 'burst', agent, burst, body }
}

const setParameter = (agent: string, Name: string) => ({
  subject: { type: 'agent', id: agent },
  action: { name: 'ssm:PutParameter', properties: { Name, Value: '3000', Overwrite: true } },
  resource: { type: 'ssm:parameter', id: `arn:aws:ssm:us-east-1:000000000000:parameter${Name}` },
  context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
})

const setFlag = (agent: string, flag: string) => ({
  subject: { type: 'agent', id: agent },
  action: { name: 'flags:set', properties: { environment: 'prod', flag, value: true } },
  resource: { type: 'flags:flag', id: `prod/${flag}` },
  context: { purpose: 'release', parent_task: { id: 'REL-7' } },
})
