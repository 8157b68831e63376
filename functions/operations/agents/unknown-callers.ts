import type { RegistryEvent } from '../../domain/agents/registry.ts'
import {
  addCalls,
  daysUntil,
  isExpected,
  joined,
  keptFor,
  mostListed,
  nothingUnknown,
  shownDays,
  type UnknownDay,
} from '../../domain/agents/unknown-callers.ts'
import { digestOf } from '../../domain/digest.ts'
import { system } from '../../domain/event.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { nameOfIssuer } from '../../domain/people/identity-issuer.ts'
import { type Agent, withIdentity } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type Alias, type Digest, dayOf, issuerChain, type NumericDate } from '../../domain/values.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { Life, StoredLife } from './ports.ts'
import type { RegistryPorts } from './record-registry.ts'

export type DayKey = { issuer: Alias; day: string }
export type StoredDay = { key: DayKey; value: UnknownDay; version: number }

/** One row for each issuer and day. */
export interface UnknownCallerStore {
  /** A day without a row is left out. The read is strong. */
  days(keys: readonly DayKey[]): Promise<readonly StoredDay[]>
  /** False if another writer came first. @param expiresAt the time after which the row may go */
  saveDay(day: StoredDay, expiresAt: NumericDate): Promise<boolean>
}

type NotePorts = { policy: { readonly bundle: Bundle }; store: UnknownCallerStore; clock: Clock; log: Log }

/** The least time between two writes of one process about one issuer. Seconds. */
export const writeEvery = 10
const attempts = 2

/**
 * Counts verified tokens of unknown callers. Counts stay in memory and are written at most once in ten seconds for each
 * issuer. An ending process loses its last seconds, so counts are minimums.
 */
export class UnknownCallers {
  readonly #ports: NotePorts
  readonly #pending = new Map<string, { key: DayKey; calls: UnknownDay }>()
  readonly #nextAt = new Map<Alias, NumericDate>()

  constructor(ports: NotePorts) {
    this.#ports = ports
  }

  /** It never throws: the caller's answer must not depend on it. */
  async note({ alias: issuer, subject }: { alias: Alias; subject: string }): Promise<void> {
    const { policy, clock } = this.#ports
    const settings = policy.bundle.deployment.issuers[issuer]
    if (!settings) return
    const now = clock.now()
    const listed = isExpected(settings, subject) && this.#hasRoom(issuer, now)
    const calls = listed ? { [subject]: { first: now, last: now, calls: 1 } } : {}
    this.#add({ issuer, day: dayOf(now) }, { listed: calls, others: listed ? 0 : 1 })
    if (now < (this.#nextAt.get(issuer) ?? 0)) return
    this.#nextAt.set(issuer, now + writeEvery)
    for (const { key } of [...this.#pending.values()]) if (key.issuer === issuer) await this.#write(key)
  }

  #hasRoom(issuer: Alias, now: NumericDate): boolean {
    const { listed = {} } = this.#pending.get(nameOf({ issuer, day: dayOf(now) }))?.calls ?? {}
    return Object.keys(listed).length <= mostListed
  }

  #add(key: DayKey, calls: UnknownDay): void {
    const before = this.#pending.get(nameOf(key))?.calls
    if (!before) return void this.#pending.set(nameOf(key), { key, calls })
    for (const [subject, seen] of Object.entries(calls.listed))
      before.listed[subject] = Object.hasOwn(before.listed, subject)
        ? joined(before.listed[subject] ?? seen, seen)
        : seen
    before.others += calls.others
  }

  async #write(key: DayKey): Promise<void> {
    const { store, clock, log } = this.#ports
    const taken = this.#pending.get(nameOf(key))
    if (!taken) return
    this.#pending.delete(nameOf(key))
    try {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const [{ value = nothingUnknown, version = 0 } = {}] = await store.days([key])
        const { day, isFlood } = addCalls(value, taken.calls)
        if (!(await store.saveDay({ key, value: day, version }, clock.now() + keptFor))) continue
        if (isFlood) log.error('unknown_callers_flood', { issuer: key.issuer })
        return
      }
      this.#add(key, taken.calls)
    } catch (fault) {
      this.#add(key, taken.calls)
      log.warn('unknown_caller_not_kept', { issuer: key.issuer, fault: faultName(fault) })
    }
  }
}

const nameOf = ({ issuer, day }: DayKey): string => `${issuer} ${day}`

/** The most entries of one commit. */
const atOnce = 25

/**
 * Records unknown callers on their issuer's chain: one entry for each listed subject and day, and after the day one
 * with the count of all other calls. @returns the number of entries
 */
export async function recordUnknownCallers(
  ports: RegistryPorts & { unknown: UnknownCallerStore; policy: { readonly bundle: Bundle } },
): Promise<number> {
  const { policy, unknown, clock, log } = ports
  const days = daysUntil(clock.now(), 2)
  let made = 0
  for (const issuer of Object.keys(policy.bundle.deployment.issuers))
    try {
      const stored = await unknown.days(days.map((day) => ({ issuer, day })))
      if (stored.length > 0) made += await recordOf(issuer, days, stored, ports)
    } catch (fault) {
      log.error('look_after_failed', { subject: issuerChain(issuer), fault: faultName(fault) })
    }
  return made
}

type Told = { key: string; facts: Pick<UnknownEvent, 'day' | 'subject' | 'calls'> }
type UnknownEvent = Extract<RegistryEvent, { type: 'UnknownCaller' }>

async function recordOf(
  issuer: Alias,
  days: readonly string[],
  stored: readonly StoredDay[],
  { lives, ledger, policy, clock }: RegistryPorts & { policy: { readonly bundle: Bundle } },
): Promise<number> {
  const chain = issuerChain(issuer)
  const all = stored.flatMap((each) => toldOf(each, dayOf(clock.now())))
  let made = 0
  for (let isMore = true; isMore; )
    isMore = await runAggregate<boolean>(chain, manyWriters, async () => {
      const expected = await ledger.head(chain)
      const { life, version }: StoredLife = (await lives.lives([chain])).get(chain) ?? {
        life: { told: [] },
        version: 0,
      }
      const next = all.filter(({ key }) => !life.told.includes(key))
      const now = next.slice(0, atOnce)
      if (now.length === 0) return false
      const common = { type: 'UnknownCaller', at: clock.now(), actor: system } as const
      const events = now.map(
        ({ facts }): UnknownEvent => ({ ...common, policies: [], bundle: policy.bundle.hash, issuer, ...facts }),
      )
      const kept = life.told.filter((key) => days.includes(key.slice(0, 10)))
      const after: Life = { told: [...kept, ...now.map(({ key }) => key)] }
      const appended = { expected, ...chainEntries(chain, expected, events, undefined) }
      if (!(await lives.saveLife({ subject: chain, life: after, version, appended }))) return undefined
      made += now.length
      return next.length > atOnce
    })
  return made
}

/** Only people who may inspect see the subject; more people read the record. */
export const digestOfSubject = (subject: string): Digest => digestOf('hotwork.unknown.v1', subject)

const toldOf = ({ key: { day }, value: { listed, others } }: StoredDay, today: string): readonly Told[] => [
  ...Object.keys(listed).map((name) => {
    const subject = digestOfSubject(name)
    return { key: `${day} ${subject}`, facts: { day, subject } }
  }),
  ...(day < today && others > 0 ? [{ key: `${day} others`, facts: { day, calls: others } }] : []),
]

export type UnknownOfIssuer = {
  issuer: Alias
  name: string
  expected: readonly string[]
  callers: readonly { subject: string; first: NumericDate; last: NumericDate; calls: number }[]
  others: number
  flooded: boolean
}

/** The unknown callers of the last seven days by issuer, without those that are registered by now. */
export async function unknownCallersNow(ports: {
  policy: { readonly bundle: Bundle }
  unknown: UnknownCallerStore
  clock: Clock
}): Promise<readonly UnknownOfIssuer[]> {
  const { policy, unknown, clock } = ports
  const { bundle } = policy
  const now = clock.now()
  const issuers = Object.entries(bundle.deployment.issuers)
  const keys = issuers.flatMap(([issuer]) => daysUntil(now, shownDays).map((day) => ({ issuer, day })))
  const stored = Map.groupBy(await unknown.days(keys), ({ key }) => key.issuer)
  const all: readonly Pick<Agent, 'identities'>[] = [...bundle.agents, ...bundle.tools, ...bundle.directory.people]
  const isKnown = (issuer: Alias, subject: string) => withIdentity(all, { issuer, subject, claims: {} }, now)
  return issuers.map(([issuer, settings]) => {
    const days = stored.get(issuer) ?? []
    const found = new Map<string, UnknownDay['listed'][string]>()
    for (const { value } of days)
      for (const [subject, seen] of Object.entries(value.listed)) {
        const before = found.get(subject)
        found.set(subject, before ? joined(before, seen) : seen)
      }
    const callers = [...found]
      .filter(([subject]) => !isKnown(issuer, subject))
      .map(([subject, seen]) => ({ subject, ...seen }))
      .toSorted((one, other) => other.last - one.last || (one.subject < other.subject ? -1 : 1))
    const others = days.reduce((sum, { value }) => sum + value.others, 0)
    const flooded = days.some(({ value }) => value.flooded)
    return { issuer, name: nameOfIssuer(settings), expected: settings.expected ?? [], callers, others, flooded }
  })
}
