// Rules: test/infra/lambdas.test.ts
import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { lambdaOf, lambdas, type Verb } from '../functions.ts'
import { WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'

/**
 * The Lambdas of every kind of target except AWS, by their descriptors: one function and one role for each verb, with
 * no AWS rights except on Hotwork's own tables and keys. AWS's Lambdas are made with its rights.
 */
export class TargetEndpoints extends Construct {
  /** The queues of credentials to end, and the functions that look up calls, by their variables. */
  readonly #queues: { readonly [variable: string]: WorkQueue }
  readonly #callers: { readonly [variable: string]: HotworkFunction }

  constructor(scope: Construct, id: string, { ground, metadata }: { ground: Ground; metadata: HotworkFunction }) {
    super(scope, id)
    const kinds = new Set(lambdas.flatMap(({ kind }) => (kind === undefined || kind === 'aws' ? [] : kind)))
    for (const kind of kinds) ground.api.route(metadata, [`GET /.well-known/oauth-protected-resource/${kind}`])
    for (const kind of having('issue')) this.#makeDoor(kind, 'issue', ground)
    this.#callers = Object.fromEntries(
      having('call').map((kind) => [variableOf(kind, 'CALLS_FUNCTION'), this.#makeCaller(kind, ground)]),
    )
    this.#queues = Object.fromEntries(
      having('end').map((kind) => {
        const variable = variableOf(kind, 'DENIES_QUEUE')
        return [variable, this.#makeEnd(kind, variable, ground)]
      }),
    )
  }

  /** Allows ending credentials of every kind. */
  grantEnd(to: HotworkFunction): void {
    for (const [variable, ends] of Object.entries(this.#queues)) {
      to.tell({ [variable]: ends.queue.queueUrl })
      ends.grantSend(to)
    }
  }

  /** Allows looking up calls of every kind. */
  grantLookUp(to: HotworkFunction): void {
    for (const [variable, caller] of Object.entries(this.#callers)) {
      to.tell({ [variable]: caller.lambda.functionArn })
      caller.grantInvoke(to)
    }
  }

  #makeDoor(kind: string, verb: Verb, { key, reading, make }: Ground): HotworkFunction {
    const made = make(this, lambdaOf(kind, verb))
    key.grantVerify(made)
    reading.grantKey(made)
    return made
  }

  #makeCaller(kind: string, ground: Ground): HotworkFunction {
    const caller = this.#makeDoor(kind, 'call', ground)
    ground.deadLetters.keepInvocations(caller)
    return caller
  }

  #makeEnd(kind: string, variable: string, { tables, reading, deadLetters, alarms, make }: Ground): WorkQueue {
    const queue = new WorkQueue(this, `${kind[0]?.toUpperCase()}${kind.slice(1)}Denies`, {
      variable,
      order: 'group',
      attempts: 60,
      deadLetters,
    })
    const end = make(this, lambdaOf(kind, 'end'))
    tables.requests.grantRead(end)
    if (end.descriptor.rows?.includes('DENY#')) tables.requests.grantQuery(end)
    if (end.descriptor.signs) reading.grantSigned(end)
    queue.consumedBy(end, { batchSize: 10 })
    // An ended credential works until its end is delivered, so this alarm is the most urgent.
    alarms.watchQueue(queue, { oldest: Duration.minutes(2), urgent: true })
    return queue
  }
}

/** The kinds other than AWS with this verb. */
const having = (verb: Verb): readonly string[] =>
  lambdas.flatMap((each) => (each.verb === verb && each.kind !== undefined && each.kind !== 'aws' ? each.kind : []))

const variableOf = (kind: string, variable: string): string => `${kind.toUpperCase()}_${variable}`
