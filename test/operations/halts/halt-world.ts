import type { Halt, HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { HaltId, NumericDate } from '../../../functions/domain/values.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { endHalted } from '../../../functions/operations/halts/find-halt.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import { handOn, handOnHalts } from '../../../functions/operations/requests/hand-on.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, World } from '../../support/world.ts'

export const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
export const remediator: HaltTarget = { kind: 'agent', value: agent('remediator') }
export const production: HaltTarget = { kind: 'environment', value: 'prod' }
export const putParameter: HaltTarget = { kind: 'action', value: 'ssm:PutParameter' }
export const everything: HaltTarget = { kind: 'all', value: 'all' }

/** A world with halts, and with all that follows from them. */
export class Halting extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly cards = new MemoryFifoQueue()
  readonly queue = new MemoryFifoQueue<EndMessage>()
  roles = new MemoryRolePolicies()

  get switches() {
    return { ...this.ports, halts: this.halts, targetRoles: [role] }
  }

  halt = (target: HaltTarget, who = 'gus', until?: NumericDate, idempotencyKey?: string) =>
    declareHalt({ target, reason: 'it does odd things', until, person: person(who), idempotencyKey }, this.switches)
  lift = (id: HaltId, who = 'hana') => liftHalt({ id, person: person(who) }, this.switches)

  async halted(target: HaltTarget, who = 'gus', until?: NumericDate): Promise<Halt> {
    return unwrap(await this.halt(target, who, until))
  }

  async lifted(id: HaltId): Promise<Halt> {
    return unwrap(await this.lift(id))
  }

  /** The second reader of the stream sees a request, or the halts of a target, as they are now. */
  async see(what: ApprovalRequest | HaltTarget): Promise<void> {
    const since = this.clock.now()
    if ('kind' in what)
      return handOnHalts(
        { ...(await this.halts.load(what)), since },
        { denies: this.queue, targetRoles: this.switches.targetRoles },
      )
    const stored = await this.requests.load(what.ask.id)
    if (!stored) throw new Error(`no ${what.ask.id}`)
    await handOn([{ state: stored.state, version: stored.head.sequence }], since, {
      cards: this.cards,
      denies: this.queue,
      reminders: new MemoryQueue(),
      changes: new MemoryQueue(),
    })
  }

  /** Works off the queue: the denies of each role in one write, and each end. */
  async work(): Promise<void> {
    const messages = this.queue.take()
    const denies = messages.filter((message) => 'deny' in message)
    for (const [of, causes] of Map.groupBy(denies, (message) => message.role))
      await writeDenies(
        of,
        causes.map(({ deny }) => deny),
        { ...this.ports, halts: this.halts, denies: this.denies, roles: this.roles },
      )
    for (const message of messages)
      if ('end' in message && message.end.startsWith('hlt_')) await endHalted(message.end as HaltId, this.switches)
  }

  /** Whether a session, `age` seconds after it was made, can do nothing. */
  isDenied = ({ tags }: { tags: { readonly [tag: string]: string } }, issuedAt: number) =>
    this.roles.denies(role, tags, issuedAt)
}
