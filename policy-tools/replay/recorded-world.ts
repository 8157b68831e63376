// Rules: test/operations/policy-change/replay.test.ts
import { evolveHalt, type Halt, isHaltInForce, isSilenced } from '../../functions/domain/halts/halt.ts'
import type { AnyEvent } from '../../functions/domain/ledger/any-event.ts'
import { anyEventOf } from '../../functions/domain/ledger/any-event.ts'
import { type Entry, entryVersion, type Head, hashIn } from '../../functions/domain/ledger/ledger.ts'
import { Event } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import { type ApprovalRequest, peopleBehind } from '../../functions/domain/record/request.ts'
import { HaltId, type NumericDate, type PersonId, RequestId } from '../../functions/domain/values.ts'

type Of<E> = { id: string; event: E }
export type Recorded =
  | ({ of: 'request'; before: ApprovalRequest | undefined; after: ApprovalRequest } & Of<Event>)
  | ({ of: 'other' } & Of<AnyEvent>)
  /** An entry of a request whose first entries are missing. */
  | ({ of: 'unknown request' } & Of<AnyEvent>)

type Approval = { person: PersonId; for?: PersonId | undefined; at: NumericDate }

export type Unreadable = 'newer' | 'unreadable'

/** The state at each recorded question, entry after entry. */
export class RecordedWorld {
  readonly requests = new Map<string, ApprovalRequest>()
  readonly broken = new Set<string>()
  readonly #heads = new Map<string, Head>()
  readonly #halts = new Map<string, Halt>()

  take(entry: Entry): Recorded | Unreadable {
    const id = entry.id.slice(0, entry.id.lastIndexOf('/'))
    const follows = this.#follow(id, entry)
    const event = (entry.v ?? 1) > entryVersion ? undefined : anyEventOf(entry)
    if (!event) {
      this.requests.delete(id)
      return (entry.v ?? 1) > entryVersion ? 'newer' : 'unreadable'
    }
    if (RequestId.safeParse(id).success && isOfRequest(event)) return this.#request(id, event, follows)
    this.#halt(id, event)
    return { of: 'other', id, event }
  }

  /** True if a halt may have stopped the person in that second, since the record has no order within a second. */
  isHalted(person: PersonId, at: NumericDate): boolean {
    return this.#of(person).some(
      (halt) => isHaltInForce(halt, at) || (halt.lifted !== undefined && halt.at <= at && at <= halt.lifted.at),
    )
  }

  /** True if the approval is void, since its person was halted at that time or later. */
  isSilenced(approval: Approval): boolean {
    return peopleBehind(approval).some((each) => isSilenced(each, this.#of(each), { at: approval.at }))
  }

  #of(person: PersonId): readonly Halt[] {
    return [...this.#halts.values()].filter(({ target }) => target.kind === 'person' && target.value === person)
  }

  /** True if the entry is the next of its chain, with a valid hash, as far as the chain was seen. */
  #follow(id: string, entry: Entry): boolean {
    const sequence = Number(entry.id.slice(id.length + 1))
    const last = this.#heads.get(id)
    const follows = sequence === (last?.sequence ?? 0) + 1
    if (hashIn(entry) !== entry.hash || (follows && entry.previous !== (last?.hash ?? null))) this.broken.add(id)
    this.#heads.set(id, { sequence, hash: entry.hash })
    return follows
  }

  #request(id: string, event: Event, follows: boolean): Recorded | Unreadable {
    const before = this.requests.get(id)
    const isFirst = event.type === 'Submitted' || event.type === 'BreakGlassOpened'
    if (!follows || (!before && !isFirst)) {
      this.requests.delete(id)
      return { of: 'unknown request', id, event }
    }
    try {
      const after = evolve(before, event)
      this.requests.set(id, after)
      return { of: 'request', id, event, before, after }
    } catch {
      this.requests.delete(id)
      return 'unreadable'
    }
  }

  #halt(id: string, event: AnyEvent): void {
    const halt = HaltId.safeParse(id).data
    if (!halt || (event.type !== 'Halted' && event.type !== 'Lifted')) return
    const before = this.#halts.get(halt)
    if (event.type === 'Lifted' && !before) return
    this.#halts.set(halt, evolveHalt(halt, before, event))
  }
}

const ofRequests: ReadonlySet<string> = new Set(Event.options.map(({ shape }) => shape.type.value))
const isOfRequest = (event: AnyEvent): event is Event => ofRequests.has(event.type)
