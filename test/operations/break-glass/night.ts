import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { type OpeningAsk, openBreakGlass } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { endBreakGlass, reviewBreakGlass } from '../../../functions/operations/break-glass/openings.ts'
import type { TaskService } from '../../../functions/operations/ports.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agentKey, parameter, person } from '../../support/world.ts'
import { Clockwork } from '../requests/clockwork.ts'

export const minute = 60
export const hour = 60 * minute

/** A night with the sample organisation: jade and kofi are on call, gus and eve may review. */
export class Night extends Clockwork {
  incidents: TaskService = new PatternIncidents()
  #keys = 0

  open(who = 'jade', changes: Partial<OpeningAsk> = {}) {
    this.#keys += 1
    const { action, arguments: args, resource } = parameter('/prod/checkout/payment-timeout-ms')
    const ask = {
      person: person(who),
      proven: { issuer: 'https://id.example.org', subject: `person-${who}` },
      login: { acr: 'strong', at: this.clock.now() },
      what: { action, arguments: args, resource },
      reason: `checkout refuses payments since the ${this.#keys}th deploy, putting the timeout back`,
      incident: 'INC-2041',
      minutes: 30,
      drill: false,
      jkt: agentKey,
      idempotencyKey: `key-${this.#keys}`,
      body: { night: this.#keys },
      once: this.proof(),
      ...changes,
    }
    return openBreakGlass(ask, { ...this.ports, incidents: this.incidents })
  }

  async opened(who = 'jade', changes: Partial<OpeningAsk> = {}): Promise<ApprovalRequest> {
    return unwrap(await this.open(who, changes)).stored.state
  }

  end = (request: ApprovalRequest, who = 'jade') =>
    endBreakGlass({ id: request.ask.id, person: person(who) }, this.ports)

  review = (request: ApprovalRequest, who: string, outcome: 'justified' | 'not_justified' = 'justified') =>
    reviewBreakGlass({ id: request.ask.id, person: person(who), outcome, note: 'read the calls' }, this.ports)
}
