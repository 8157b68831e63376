import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { descriptors, lambdaOf, type Verb } from '../functions.ts'
import { WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { tellTargetName } from './target-roles.ts'

/**
 * The Lambdas of every kind of target but AWS, by their descriptors: a function and a role for each verb, and no right of
 * AWS beyond Hotwork's own tables and keys. AWS's are where its rights are.
 */
export class TargetEndpoints extends Construct {
  /** The ends of credentials of each kind. */
  readonly queues: readonly WorkQueue[]
  /** The function that looks up the calls of each kind, with the variable that names it. */
  readonly callers: readonly { variable: string; caller: HotworkFunction }[]

  constructor(scope: Construct, id: string, { ground, metadata }: { ground: Ground; metadata: HotworkFunction }) {
    super(scope, id)
    const kinds = Object.keys(descriptors).filter((kind) => kind !== 'aws')
    const having = (verb: Verb) => kinds.filter((kind) => descriptors[kind]?.some((each) => each.verb === verb))
    for (const kind of kinds)
      ground.api.routeAs('public', metadata, `GET /.well-known/oauth-protected-resource/${kind}`)
    for (const kind of having('issue')) this.#makeDoor(kind, 'issue', `POST /${kind}/credentials`, ground)
    this.callers = having('call').map((kind) => {
      const caller = this.#makeDoor(kind, 'call', `POST /${kind}/calls`, ground)
      ground.deadLetters.keepInvocations(caller)
      return { variable: variableOf(kind, 'CALLS_FUNCTION'), caller }
    })
    this.queues = having('end').map((kind) => this.#makeEnd(kind, ground))
  }

  #makeDoor(kind: string, verb: Verb, route: `POST /${string}`, { api, key, reading, make }: Ground): HotworkFunction {
    const made = make(this, lambdaOf(kind, verb))
    key.grantVerify(made)
    tellTargetName(made)
    reading.grantKey(made)
    api.route(made, route)
    return made
  }

  #makeEnd(kind: string, { tables: { requests, ledger }, deadLetters, alarms, make }: Ground): WorkQueue {
    const variable = variableOf(kind, 'DENIES_QUEUE')
    const queue = new WorkQueue(this, `Ends-${kind}`, { variable, order: 'group', attempts: 60, deadLetters })
    const end = make(this, lambdaOf(kind, 'end'))
    requests.grantRead(end)
    ledger.tell(end)
    queue.consumedBy(end, { batchSize: 10 })
    // Until its end is told an ended credential works on, so this one is the most urgent.
    alarms.watchQueue(queue, { oldest: Duration.minutes(2), urgent: true })
    return queue
  }
}

const variableOf = (kind: string, variable: string): string => `${kind.toUpperCase()}_${variable}`
