import { digestOf } from '../../../functions/domain/digest.ts'
import { type Actor, system } from '../../../functions/domain/event.ts'
import { chainEntries, type Entry, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Stage } from '../../../functions/domain/policy/ladder.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { Matched } from '../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type {
  CredentialId,
  Digest,
  GrantId,
  NumericDate,
  PersonId,
  ToolId,
  UseId,
} from '../../../functions/domain/values.ts'
import { credentialId, flagService, person, remediator, sampleAsk, submittedAt, useId } from '../ask.ts'

/** Lives of requests, event by event, as in their records. */

type Told = Event extends infer E ? (E extends Event ? Omit<E, 'at' | 'actor' | 'policies' | 'bundle'> : never) : never
const by: { readonly [type in 'person' | 'agent' | 'tool']: (id: string) => Actor } = {
  person: (id) => ({ type: 'person', id: person(id) as PersonId }),
  agent: () => ({ type: 'agent', id: remediator }),
  tool: () => ({ type: 'tool', id: flagService as ToolId }),
}

export const readAs = (Value: string, at: NumericDate): Matched => ({
  outcome: 'matched',
  before: { Value, Type: 'String' },
  after: { Value: '2000', Type: 'String' },
  observedAt: at,
  state: digestOf('hotwork.state.v1', { Value }) as Digest,
  gap: true,
})

const stage = (name: string): Stage => ({
  name,
  quorum: 1,
  deadline: 1800,
  onSilence: 'expire',
  channel: 'hotwork-approvals',
})

export class Life {
  readonly events: Event[] = []
  state: ApprovalRequest | undefined
  at = submittedAt

  /** Moves the clock of the life on. */
  after(seconds: number): this {
    this.at += seconds
    return this
  }

  tell(told: Told, actor: Actor = system): this {
    const event = { ...told, at: this.at, actor, policies: [], bundle: 'sha-256:bundle' } as Event
    this.state = evolve(this.state, event)
    this.events.push(event)
    return this
  }

  asks(uses = 1): this {
    const ask = sampleAsk({ uses })
    const preview = readAs('1800', this.at)
    const stages = [stage('owner'), stage('sre')]
    this.tell({ type: 'Submitted', ask, tier: 2, stages, decideBy: this.at + 3600, preview }, by.agent(''))
    return this.opens('owner')
  }

  opens(name: string): this {
    return this.tell({ type: 'StageOpened', stage: name, deadline: this.at + 1800 })
  }

  decided(name: string, as: string, verdict: 'approve' | 'deny' = 'approve'): this {
    const { round = 1 } = this.state ?? {}
    return this.tell({ type: 'Decided', stage: as, as, verdict, round, through: 'chat' }, by.person(name))
  }

  changed(Value: string): this {
    const { round = 1 } = this.state ?? {}
    const stages = [stage('owner'), stage('sre')]
    const preview = readAs(Value, this.at)
    const changed = { type: 'StateChanged', preview, round: round + 1, decideBy: this.at + 3600 } as const
    return this.tell({ ...changed, tier: 2, stages, because: [] }).opens('owner')
  }

  approved(): this {
    const grant = `grt_${'0'.repeat(26)}` as GrantId
    return this.tell({ type: 'Approved', grant, claimBy: this.at + 3600, notAfter: this.at + 7200 })
  }

  issued(n = 1): this {
    const credential: CredentialId = credentialId(n)
    this.tell({ type: 'CredentialIntended', credential, claim: 'access_token', count: n }, by.agent(''))
    const expiresAt = this.at + 300
    return this.tell({
      type: 'CredentialIssued',
      credential,
      claim: 'access_token',
      expiresAt,
      notAfter: this.at + 900,
    })
  }

  used(n = 1, outcome: 'succeeded' | 'failed' = 'succeeded'): this {
    const use: UseId = useId(n)
    const credential = credentialId(1)
    this.tell({ type: 'UseBegun', use, key: `k${n}`, tool: flagService, credential }, by.tool(''))
    return this.after(1).tell({ type: 'UseEnded', use, outcome }, by.tool(''))
  }

  completed(): this {
    return this.tell({ type: 'Completed', outcome: 'succeeded' }, by.agent(''))
  }

  get entries(): readonly Entry[] {
    return chainEntries(this.now.ask.id, noEntries, this.events, undefined).entries
  }

  get now(): ApprovalRequest {
    if (!this.state) throw new Error('nothing was asked')
    return this.state
  }
}

/** A life that is asked, approved once, drifted, approved twice, issued, used and done. */
export const wholeLife = (): Life =>
  new Life()
    .asks()
    .after(60)
    .decided('ana', 'owner')
    .opens('sre')
    .after(45)
    .changed('1900')
    .after(30)
    .decided('ana', 'owner')
    .opens('sre')
    .after(20)
    .decided('eve', 'sre')
    .approved()
    .after(15)
    .issued()
    .after(5)
    .used()
    .after(3)
    .completed()
