import { decodeJwt } from 'jose'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { drawCard } from '../../../functions/operations/cards/draw-card.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { issueToken } from '../../../functions/operations/credentials/tokens.ts'
import {
  BoardUnavailable,
  KeyUnavailable,
  StoreUnavailable,
  TimersUnavailable,
} from '../../../functions/operations/faults.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { setReminders, sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { drawPorts } from '../../channels/slack/cards/drawing.ts'
import { MemoryCardBoard } from '../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { MemoryTimers } from '../../support/cards/memory-timers.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agentKey, issuer, sampleBundle } from '../../support/world.ts'
import { minute, Night } from './night.ts'

/**
 * A vendor is down when an opening begins, while it lasts, or when it ends. It is opened or refused honestly, it always
 * ends on time, all notices and writes are completed once the vendor is back, and every issued credential is on the
 * record.
 */

type Vendor = 'Slack' | 'Step Functions' | 'Scheduler' | 'SQS' | 'the stream' | 'STS' | 'KMS' | 'the store'
const fault: { readonly [vendor in Vendor]: () => Error } = {
  Slack: () => new BoardUnavailable('Slack does not answer', { forAll: true }),
  'Step Functions': () => new Error('Step Functions does not answer'),
  Scheduler: () => new TimersUnavailable('the Scheduler does not answer'),
  SQS: () => new Error('SQS does not answer'),
  'the stream': () => new Error('the stream tells nothing'),
  STS: () => new Error('told by the broker itself'),
  KMS: () => new KeyUnavailable('KMS does not answer'),
  'the store': () => new StoreUnavailable('the store does not answer'),
}

const bundle = sampleBundle()
const channel = bundle.deployment.channels['hotwork-approvals'] as string

/** A night with all that follows from the record, any part of which may be down. */
class Outage extends Night {
  #down: Vendor | undefined
  readonly timers = new MemoryTimers()
  readonly board = new MemoryCardBoard(channel)
  readonly roles = new MemoryRolePolicies()
  /** Every signature and session that was made, answered or not. */
  readonly minted: CredentialId[] = []
  readonly #cards = new MemoryCardStore()
  readonly #denies = new MemoryDenyStore()
  readonly #halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly #queues = {
    cards: new MemoryFifoQueue(),
    denies: new MemoryFifoQueue<EndMessage>(),
    reminders: new MemoryQueue(),
    follow: new MemoryQueue(),
    calls: new MemoryQueue(),
  }
  /** Failed work of a reader of the stream, or of a queue, which is retried. */
  #undone: (() => Promise<unknown>)[] = []
  #seen: { version: number; state?: ApprovalRequest } = { version: 0 }
  #waits = false

  /** While `act` runs `vendor` does not answer. */
  async without<T>(vendor: Vendor, act: () => Promise<T>): Promise<T> {
    this.#down = vendor
    this.broker.setDown(vendor === 'STS')
    try {
      return await act()
    } finally {
      this.#down = undefined
      this.broker.setDown(false)
    }
  }

  override get ports() {
    return {
      ...super.ports,
      requests: this.#through('the store', this.requests),
      ledger: this.#through('the store', this.ledger),
    }
  }

  async token(request: ApprovalRequest): Promise<string> {
    const key = this.#through('KMS', this.signer)
    const sign: typeof key.sign = async (typ, claims) => {
      const signed = await key.sign(typ, claims)
      this.minted.push(claims['jti'] as CredentialId)
      return signed
    }
    const { id, agent } = request.ask
    const ask = { id, agent: agent.id, clientId: agent.subject, jkt: agentKey, targets: [], once: [this.proof()] }
    return unwrap(await issueToken(ask, { ...this.ports, signer: { sign }, issuer })).token
  }

  /** AWS credentials by a token; the tags of their session. */
  async newSession(request: ApprovalRequest, token: string) {
    const session = await this.session(request, decodeJwt(token).jti as CredentialId)
    this.minted.push(session.tags['hotwork:credential'] as CredentialId)
    return session
  }

  /** The gate, asked about a token. */
  use(request: ApprovalRequest, token: string) {
    const { jti, exp: expiresAt = 0 } = decodeJwt(token)
    return this.gate(request, { ...this.accessToken(request, jti as CredentialId), expiresAt })
  }

  /** All that follows from the commits so far, as far as it can be done now. */
  async follows({ ask: { id } }: ApprovalRequest): Promise<void> {
    const { cards, denies, reminders } = this.#sending
    for (const work of this.#undone.splice(0)) await this.#attempt(work)
    const stored = await this.requests.load(id)
    if (stored && stored.head.sequence > this.#seen.version) {
      const { state, head } = stored
      const before = this.#seen.state
      const changed = { state, ...(before ? { before } : {}), version: head.sequence }
      this.#seen = { version: head.sequence, state }
      const told = (work: () => Promise<unknown>) =>
        this.#attempt(async () => {
          if (this.#down === 'the stream') throw fault['the stream']()
          return work()
        })
      await told(() => this.follow(state, { created: true }))
      await told(() => handOn([changed], this.clock.now(), { cards, denies, reminders, changes: new MemoryQueue() }))
    }
    await this.#workOff()
  }

  /** The workflow waits where it was started, once it was. */
  async waitsFor(request: ApprovalRequest): Promise<void> {
    if (this.#waits || this.workflow.startedIn(request.ask.id) === undefined) return
    this.#waits = true
    await this.#attempt(() => this.runTask(this.enter(request, 'AwaitEnd')))
  }

  /** Rings the due timers, and runs the sweep of each minute. */
  async timePasses(request: ApprovalRequest, seconds: number): Promise<void> {
    this.clock.advance(seconds)
    await this.#attempt(async () => {
      const due = this.timers.waiting.filter(({ at, to }) => to === 'store' && at <= this.clock.now())
      for (const timer of due) await advanceWorkflow(timer.request, this.ports)
    })
    await this.#attempt(() => sweepOverdue({ ...this.ports, ...this.#sending, changes: new MemoryQueue() }))
    await this.follows(request)
  }

  override get moving() {
    return {
      ...super.moving,
      requests: this.#through('the store', this.requests),
      workflow: this.#through('Step Functions', this.workflow),
    }
  }

  get card() {
    return this.board.messages(channel).at(-1)?.text ?? ''
  }

  async #workOff(): Promise<void> {
    if (this.#down === 'SQS') return
    for (const { requestId } of this.#queues.follow.take())
      await this.#attempt(async () => this.follow(await this.state(requestId), { created: true }))
    for (const { requestId } of this.#queues.reminders.take())
      await this.#attempt(() =>
        setReminders(requestId, { ...this.ports, timers: this.#through('Scheduler', this.timers) }),
      )
    for (const message of this.#queues.denies.take())
      if ('deny' in message)
        await this.#attempt(() =>
          writeDenies(message.role, [message.deny], {
            ...this.ports,
            halts: this.#halts,
            denies: this.#denies,
            roles: this.roles,
          }),
        )
    for (const { requestId } of this.#queues.cards.take())
      await this.#attempt(() =>
        drawCard(requestId, {
          ...drawPorts(this, { cards: this.#cards, board: this.#through('Slack', this.board) }),
          requests: this.ports.requests,
        }),
      )
  }

  /** A failure is retried later: a message is redelivered, and so is a record of the stream. */
  async #attempt(work: () => Promise<unknown>): Promise<void> {
    await work().catch(() => this.#undone.push(work))
  }

  get #sending() {
    const { cards, denies, reminders, follow, calls } = this.#queues
    return {
      cards: this.#through('SQS', cards),
      denies: this.#through('SQS', denies),
      reminders: this.#through('SQS', reminders),
      follow: this.#through('SQS', follow),
      calls: this.#through('SQS', calls),
    }
  }

  /** A port of a vendor whose every call fails while it is down. */
  #through<P extends object>(vendor: Vendor, port: P): P {
    return new Proxy(port, {
      get: (_, member) => {
        const value = Reflect.get(port, member, port)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) =>
          this.#down === vendor ? Promise.reject(fault[vendor]()) : Reflect.apply(value, port, given)
      },
    })
  }
}

/** Outcomes that differ from those of a good day. */
const refusals: { readonly [vendor in Vendor]?: { opening?: string; token?: string; session?: string; end?: string } } =
  {
    KMS: { token: 'KeyUnavailable' },
    STS: { session: 'BrokerUnavailable' },
    'the store': {
      opening: 'StoreUnavailable',
      token: 'StoreUnavailable',
      session: 'StoreUnavailable',
      end: 'StoreUnavailable',
    },
  }
/** `done`, the refusal's code, or the fault's name. */
const outcome = (tried: Promise<unknown>): Promise<string> =>
  tried.then(
    () => 'done',
    ({ name, message }: Error) => (name === 'Error' ? message : name),
  )
/** Traces that are missing while the vendor that makes them is down. */
const missing: { readonly [vendor in Vendor]?: (night: Outage, request: ApprovalRequest) => unknown } = {
  Slack: ({ card }) => card,
  'Step Functions': ({ workflow }, { ask }) => workflow.startedIn(ask.id),
  Scheduler: ({ timers }) => timers.waiting.length,
  SQS: ({ card, timers }) => card || timers.waiting.length,
  'the stream': ({ card, workflow }, { ask }) => card || workflow.startedIn(ask.id),
}

const vendors = Object.keys(fault) as Vendor[]
const flag = { action: 'flags:set', arguments: { environment: 'prod', flag: 'payments', value: true } }

describe.each(vendors)('with %s down', (vendor) => {
  const expected = refusals[vendor] ?? {}
  let night: Outage
  beforeEach(() => {
    night = new Outage(bundle)
  })

  /** Once the vendor is back all is told, ended, denied and on the record. */
  async function allIsDone(request: ApprovalRequest, sessions: readonly Awaited<ReturnType<Outage['newSession']>>[]) {
    await night.timePasses(request, minute)
    await night.waitsFor(request)
    await night.follows(request)
    const { id } = request.ask
    const entries = await night.ledger.entries(id)
    expect(verify(id, entries)).toEqual({ state: await night.stored(id) })
    const story = entries.map(({ type }) => type)
    expect(story.slice(0, 2)).toEqual(['BreakGlassOpened', 'ReviewDue'])
    expect(story.filter((type) => type === 'BreakGlassOpened' || type === 'Expired')).toEqual([
      'BreakGlassOpened',
      'Expired',
    ])
    expect(entries.find(({ type }) => type === 'Expired')?.at).toBe(
      new Date((request.submittedAt + 30 * minute) * 1000).toISOString().replace('.000', ''),
    )
    // Every minted credential has an earlier intent on the record.
    const intended = entries.filter(({ type }) => type === 'CredentialIntended').map(({ facts }) => facts.credential)
    expect(intended).toEqual(expect.arrayContaining(night.minted))
    for (const { role, tags } of sessions) expect(night.roles.denies(role, tags)).toBe(true)
    // It was told and clocked, and can be reviewed.
    expect(night.card).toMatch(/ended|expired|over/i)
    expect(night.workflow.startedIn(id)).toBe('AwaitEnd')
    const { dueAt } = (await night.state(id)).review ?? { dueAt: 0 }
    expect(night.timers.waiting.some(({ to, at }) => to === 'store' && at >= dueAt)).toBe(true)
    expect(await night.review(request, 'gus')).toMatchObject({ ok: true })
  }

  /** From the end on, to the second, it gives nothing. */
  async function nothingMore(request: ApprovalRequest, token: string) {
    for (const [tried, name] of [
      [() => night.token(request), expected.end ?? 'expired'],
      [() => night.newSession(request, token), expected.end ?? 'expired'],
    ] as const)
      expect(await outcome(tried())).toBe(name)
  }

  test(`when it is opened, it is ${expected.opening ? 'refused, nothing is open, and opened once it is back' : 'open at once, and told and clocked once it is back'}`, async () => {
    const tried = { idempotencyKey: 'once', body: { once: true } }
    const first = await night.without(vendor, async () => {
      const opened = night.open('jade', tried)
      if (expected.opening) {
        await expect(opened).rejects.toMatchObject({ name: expected.opening })
        return undefined
      }
      const result = unwrap(await opened)
      await night.follows(result.stored.state)
      expect(missing[vendor]?.(night, result.stored.state)).toBeFalsy()
      return result.stored.state
    })
    const request = first ?? (await night.opened('jade', tried))
    await night.follows(request)
    await night.waitsFor(request)
    night.clock.advance(20 * minute)
    const session = await night.newSession(request, await night.token(request))
    await night.follows(request)
    await night.timePasses(request, 10 * minute)
    await allIsDone(request, [session])
  })

  test(`while it is open, ${expected.token || expected.session ? 'what needs it is refused and had once it is back, and never unrecorded' : 'its credentials are had all the same'}`, async () => {
    const request = await night.opened()
    await night.follows(request)
    await night.waitsFor(request)
    night.clock.advance(5 * minute)
    const before = await night.token(request)
    await night.without(vendor, async () => {
      expect(await outcome(night.newSession(request, before))).toBe(expected.session ?? 'done')
      expect(await outcome(night.token(request))).toBe(expected.token ?? 'done')
      await night.follows(request)
    })
    night.clock.advance(12 * minute)
    const session = await night.newSession(request, await night.token(request))
    await night.follows(request)
    await night.timePasses(request, 13 * minute)
    await allIsDone(request, [session])
  })

  test('when it ends, no caller gets anything by it from that second on, and all else follows once it is back', async () => {
    const request = await night.opened()
    await night.follows(request)
    await night.waitsFor(request)
    night.clock.advance(20 * minute)
    const token = await night.token(request)
    const session = await night.newSession(request, token)
    await night.follows(request)
    night.clock.advance(10 * minute - 1)
    await night.without(vendor, async () => {
      night.clock.advance(1)
      await nothingMore(request, token)
      await night.timePasses(request, 3 * minute)
      await nothingMore(request, token)
    })
    // The session ends by its own time condition, before anything is stored or denied.
    expect(session.policy).toContain(new Date((request.submittedAt + 30 * minute) * 1000).toISOString().slice(0, 19))
    await allIsDone(request, [session])
  })

  test('when it ends, the gate permits no further use of it', async () => {
    const request = await night.opened('jade', { what: flag })
    night.clock.advance(20 * minute)
    const token = await night.token(request)
    expect(await night.use(request, token)).toMatchObject({ ok: true })
    const another = await night.token(request)
    night.clock.advance(10 * minute)
    await night.without(vendor, async () => {
      const used = night.use(request, another)
      if (expected.end) await expect(used).rejects.toMatchObject({ name: expected.end })
      else expect(await used).toMatchObject({ ok: false, code: 'expired' })
    })
    expect(await night.use(request, another)).toMatchObject({ ok: false, code: 'expired' })
  })
})
