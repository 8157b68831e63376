import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { JsonObject, RequestId } from '../../functions/domain/values.ts'
import { acceptTransfer } from '../../functions/operations/registry/accept-transfer.ts'
import { applyChange } from '../../functions/operations/registry/apply-change.ts'
import { askForChange, foreseeChange } from '../../functions/operations/registry/ask-for-change.ts'
import { unwrap } from './unwrap.ts'
import { agent, person, sampleBundle, start, World } from './world.ts'

const day = 86_400
/** A day as agents.json spells it. */
export const dayIn = (days: number): string => new Date((start + days * day) * 1000).toISOString().slice(0, 10)

export const reporter: JsonObject = {
  id: 'agent:reporter',
  identities: [{ issuer: 'workloads', subject: 'agent-reporter' }],
  owner: 'person:dan',
  autonomy: 'supervised',
  runsOn: { other: 'the job scheduler' },
  recertifyBy: dayIn(90),
}

/** A world in which people ask for changes of the registry of agents. */
export class RegistryWorld extends World {
  #asked = 0

  constructor(bundle = sampleBundle()) {
    super(bundle)
  }

  /** The ports of those who ask for changes and make them. */
  get changing() {
    return { ...this.ports, agents: this.agents }
  }

  change(who: string, action: string, args: JsonObject, idempotencyKey?: string) {
    this.#asked += 1
    const ask = { action: `hotwork:${action}`, arguments: args, reason: 'the team needs it now' }
    const key = idempotencyKey ?? String(this.#asked)
    const proven = { issuer: 'https://id.example.org', subject: `person-${who}` }
    return askForChange({ person: person(who), proven, ...ask, idempotencyKey: key, body: ask }, this.changing)
  }

  foresee(who: string, action: string, args: JsonObject) {
    const proven = { issuer: 'https://id.example.org', subject: `person-${who}` }
    const ask = { action: `hotwork:${action}`, arguments: args, reason: 'the team needs it now' }
    return foreseeChange({ person: person(who), proven, ...ask }, this.changing)
  }

  async asked(who: string, action: string, args: JsonObject): Promise<ApprovalRequest> {
    return unwrap(await this.change(who, action, args)).stored.state
  }

  accept(id: RequestId, who: string) {
    return acceptTransfer({ id, person: person(who), login: {} }, this.ports)
  }

  apply(id: RequestId) {
    return applyChange(id, this.changing)
  }

  /** Asked for, approved by these people, and made. Afterwards each question sees it. */
  async made(who: string, action: string, args: JsonObject, approvers: readonly string[], accepts?: string) {
    const request = await this.asked(who, action, args)
    if (accepts !== undefined) unwrap(await this.accept(request.ask.id, accepts))
    for (const each of approvers) unwrap(await this.decide(request, each))
    unwrap(await this.apply(request.ask.id))
    this.clock.advance(3)
    await this.policy.look?.([agent('reporter')])
    return this.state(request.ask.id)
  }
}
