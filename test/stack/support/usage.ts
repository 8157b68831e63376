import { InvokeCommand, LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import { defined } from '../../../functions/domain/values.ts'
import type { Local } from '../../../local/local-file.ts'
import type { CallCount, Counts, Timeline } from '../../../tools/meter/call-meter.ts'
import { longestChain, type TimedCall } from '../../../tools/meter/calls-in-sequence.ts'
import { nameOf } from '../../infra/support/template.ts'
import { statesOf, until, untilState } from './aws.ts'
import { type Deployment, prod, remediator, setParameter } from './deployment.ts'

/** A deployment's use of AWS, without the work that rules start each minute, hour or day. */
export type Usage = { calls: readonly CallCount[]; invocations: { readonly [handler: string]: number } }
export type LifeUsage = Usage & {
  states: readonly string[]
  /** The request's ledger. */
  entries: readonly Entry[]
  /** The number of entries that are not counted, since they are older. */
  paidFor?: number
  /** HTTP requests by the agent and by Slack. */
  frontDoor: number
  accessTokens: number
}

/** A pause in the counts that means rest. Stream and queue readers poll each second. */
const restMilliseconds = 3000

export function meterUrl(): string {
  const url = process.env['HOTWORK_METER']
  if (!url) throw new Error('these counts need a metered stack: run `npm test`, or `node test/support/run.ts`')
  return url
}

/** Reads the use of AWS by the Lambdas of one deployment, whose names begin with its name. */
export class Meter {
  readonly #url: string
  readonly #local: Local
  /** The counts that stood still last. Counts only grow, so nothing was called while they are the same. */
  #still = { counts: '', since: 0 }
  #sweep: string | undefined

  /** @param url the control address of this stack's meter */
  constructor(local: Local, url = meterUrl()) {
    this.#local = local
    this.#url = url
  }

  /** The use since the meter started, by handler: `SubmitRequest`. */
  async read(): Promise<Usage> {
    const counts = (await (await fetch(this.#url)).json()) as Counts
    return {
      calls: counts.calls.flatMap((call) => {
        const caller = this.#handlerOf(call.caller)
        return caller === undefined ? [] : [{ ...call, caller }]
      }),
      invocations: Object.fromEntries(
        Object.entries(counts.invocations).flatMap(([name, count]) => {
          const invoked = this.#handlerOf(name)
          return invoked === undefined ? [] : [[invoked, count]]
        }),
      ),
    }
  }

  #handlerOf(name: string): string | undefined {
    const [, made] = new RegExp(`^${this.#local.aws.stackName}-(\\w+?)Lambda`).exec(name) ?? []
    return made && nameOf(made)
  }

  /** The longest chain of calls for which `act` waited, if it alone calls this handler, and once. */
  async chainOf<T>(handler: string, act: () => Promise<T>): Promise<{ answer: T; chain: readonly TimedCall[] }> {
    const { total } = await this.#timeline()
    const answer = await act()
    const { calls } = await this.#timeline(total)
    const named = calls.map(({ invoked, ...call }) => ({
      ...call,
      caller: this.#handlerOf(call.caller) ?? '',
      ...defined({ invoked: invoked && this.#handlerOf(invoked) }),
    }))
    return { answer, chain: longestChain(named, handler) }
  }

  async #timeline(after = 0): Promise<Timeline> {
    return (await (await fetch(`${this.#url}/calls?after=${after}`)).json()) as Timeline
  }

  /** Has the meter delay each later call. */
  async hold(milliseconds: number): Promise<void> {
    await fetch(`${this.#url}/hold?milliseconds=${milliseconds}`)
  }

  /** The use by `act` and by all that follows from it. */
  async during(act: () => Promise<unknown>): Promise<Usage> {
    const before = await this.rest()
    await act()
    return withoutTimed(difference(before, await this.rest()))
  }

  /** The use in some seconds without a caller. */
  async inSilence(seconds: number): Promise<Usage> {
    const before = await this.rest()
    // Time itself is measured here: there is no event to wait for.
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return withoutTimed(difference(before, await this.read()))
  }

  /** The calls of one sweep, which is invoked here so that no minute is waited for. */
  async ofOneSweep(): Promise<readonly CallCount[]> {
    for (;;) {
      const { calls, sweeps } = await this.#sweepOnce()
      // The rule's own sweep may run at the same time, and a sweep may compare calls of grants that other files ended.
      if (sweeps === 1 && calls.every(({ operation }) => ['BatchGetItem', 'Query'].includes(operation))) return calls
    }
  }

  async #sweepOnce(): Promise<{ calls: readonly CallCount[]; sweeps: number | undefined }> {
    const before = await this.rest()
    await this.sweep()
    const used = difference(before, await this.rest())
    return { calls: used.calls.filter(({ caller }) => caller === sweep), sweeps: used.invocations[sweep] }
  }

  /** Invokes the sweep, and waits for its answer alone. */
  async sweep(): Promise<void> {
    const { aws } = this.#local
    const client = new LambdaClient({ endpoint: aws.endpointUrl, region: aws.region, credentials: aws })
    try {
      this.#sweep ??= await sweepOf(client, aws.stackName)
      await client.send(new InvokeCommand({ FunctionName: this.#sweep }))
    } finally {
      client.destroy()
    }
  }

  /** The counts once they stand still. */
  async rest(): Promise<Usage> {
    let last = await this.read()
    await until(
      async () => {
        last = await this.read()
        const counts = JSON.stringify(last)
        if (counts !== this.#still.counts) this.#still = { counts, since: Date.now() }
        return Date.now() - this.#still.since
      },
      (still) => still >= restMilliseconds,
      60,
    )
    return last
  }
}

async function sweepOf(client: LambdaClient, stackName: string): Promise<string> {
  for await (const { Functions = [] } of paginateListFunctions({ client }, {}))
    for (const { FunctionName = '', Description } of Functions)
      if (FunctionName.startsWith(`${stackName}-`) && Description === 'Hotwork sweep-overdue') return FunctionName
  throw new Error(`${stackName} has no sweep`)
}

/** One request of two stages from its evaluation to its completion, with people who click at once, and what it used. */
export async function liveOnce(hotwork: Deployment, meter: Meter): Promise<LifeUsage> {
  const { desk, local } = hotwork
  let id = ''
  const usage = await meter.during(async () => {
    id = await hotwork.submitted(remediator, setParameter(prod))
    const card = await desk.untilCard(id)
    await desk.click(card, 'approve', 'person:ben')
    await desk.untilCard(id, ({ says }) => says.includes('sre'))
    await desk.click(card, 'approve', 'person:eve')
    await hotwork.untilSettled(remediator, id)
    const token = await hotwork.exchange(remediator, id)
    const credentials = await hotwork.awsCredentials(remediator, token.body.access_token)
    if (credentials.status !== 200) throw new Error(`${credentials.status}: ${JSON.stringify(credentials.body)}`)
    await hotwork.complete(remediator, id)
    await desk.untilCard(id, ({ says }) => says.includes('Completed'))
    await untilState(local, id, 'Tier2 sre')
  })
  const frontDoor = ['Evaluate', 'SubmitRequest', 'ReadTask', 'ReceiveSlack', 'IssueToken', 'IssueAwsCredentials']
  return {
    ...usage,
    states: await statesOf(local, id),
    entries: await hotwork.ledger(id),
    accessTokens: 1,
    frontDoor: [...frontDoor, 'CompleteRequest'].reduce((sum, name) => sum + (usage.invocations[name] ?? 0), 0),
  }
}

export const callsOf = ({ calls }: Usage, service: string, operation?: string): number =>
  calls
    .filter((call) => call.service === service && (operation === undefined || call.operation === operation))
    .reduce((sum, call) => sum + call.calls, 0)

/** The use by one function, apart from the rest. */
export function splitOff(name: string, { calls, invocations, ...life }: LifeUsage): [rest: LifeUsage, its: LifeUsage] {
  const { [name]: invoked = 0, ...others } = invocations
  const nothing = { states: [], entries: [], frontDoor: 0, accessTokens: 0 }
  return [
    { ...life, calls: calls.filter(({ caller }) => caller !== name), invocations: others },
    { ...nothing, calls: calls.filter(({ caller }) => caller === name), invocations: { [name]: invoked } },
  ]
}

/** The use as text. */
export function tableOf({ calls, invocations }: Usage): string {
  return [...new Set([...Object.keys(invocations), ...calls.map(({ caller }) => caller)])]
    .flatMap((name) => [
      `${name}: invoked ${invocations[name] ?? 0} times`,
      ...calls
        .filter(({ caller }) => caller === name)
        .map(({ service, operation, calls, readUnits, writeUnits }) => {
          const units = service === 'dynamodb' ? ` (${readUnits} read units, ${writeUnits} write units)` : ''
          return `  ${String(calls).padStart(2)} ${service} ${operation}${units}`
        }),
    ])
    .join('\n')
}

const sweep = 'SweepOverdue'
/** Suffixes of names; some begin with a construct. */
const timed = [sweep, 'RefreshGroups', 'LookAfterAgents', 'LookAtHosts', 'ReconcileSessions', 'ReconcileLedger']
const isTimed = (name: string) => timed.some((end) => name.endsWith(end))

const withoutTimed = ({ calls, invocations }: Usage): Usage => ({
  calls: calls.filter(({ caller }) => !isTimed(caller)),
  invocations: Object.fromEntries(Object.entries(invocations).filter(([name]) => !isTimed(name))),
})

function difference(before: Usage, after: Usage): Usage {
  const keyOf = ({ caller, service, operation }: CallCount) => `${caller} ${service} ${operation}`
  const was = new Map(before.calls.map((call) => [keyOf(call), call]))
  const calls = after.calls.map((call) => {
    const old = was.get(keyOf(call))
    return {
      ...call,
      calls: call.calls - (old?.calls ?? 0),
      readUnits: call.readUnits - (old?.readUnits ?? 0),
      writeUnits: call.writeUnits - (old?.writeUnits ?? 0),
    }
  })
  const invocations = Object.entries(after.invocations).map(
    ([name, count]) => [name, count - (before.invocations[name] ?? 0)] as const,
  )
  return {
    calls: calls.filter(({ calls }) => calls > 0),
    invocations: Object.fromEntries(invocations.filter(([, count]) => count > 0)),
  }
}
