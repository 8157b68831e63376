import { PreparedOpening, preparedFor, preparedKey } from '../../domain/break-glass/break-glass.ts'
import type { LoginWanted } from '../../domain/people/login-strength.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { defined, type NumericDate, ok, type PersonId, RequestId, type Result, refuse } from '../../domain/values.ts'
import { StaleRequest } from '../faults.ts'
import type { Secrets } from '../people/ports.ts'
import { recordRefusal } from '../requests/carry-out.ts'
import { idempotencyItem } from '../requests/submit-request.ts'
import {
  type ForeseenAsk,
  foreseeOpening,
  type OpenedBreakGlass,
  type OpeningAsk,
  type OpeningPorts,
  openBreakGlass,
} from './open-break-glass.ts'
import { openedBy, type WhatToOpen } from './what-to-open.ts'

/** What somebody would open, as they said it. */
export type PrepareAsk = ForeseenAsk

/** The code under which it can be opened, until when, and by how strong a login. */
type Prepared = { code: string; until: NumericDate; login: LoginWanted }

/** What was prepared is looked back at for so long after its end, by whoever opened it. Seconds. */
const keepSeconds = 7200

/**
 * Takes down what somebody would open, once nothing stands against it but that they have to prove who they are, which a
 * door such as the chat cannot. It opens nothing, is good for ten minutes and for them alone, and all of it is asked again.
 *
 * @throws StoreUnavailable
 */
export async function prepareOpening(
  ask: PrepareAsk,
  ports: OpeningPorts & { secrets: Secrets },
): Promise<Result<Prepared, Refusal>> {
  const foreseen = await foreseeOpening(ask, ports)
  if (!foreseen.ok) {
    await recordRefusal({ type: 'person', id: ask.person }, 'open_break_glass', foreseen.code, ports)
    return refuse(foreseen.code, foreseen.detail)
  }
  const { person, what, reason, incident, minutes, drill } = ask
  const until = ports.clock.now() + preparedFor
  const code = ports.secrets.secret()
  const prepared = { person, what, reason, incident, minutes, drill, until } as PreparedOpening
  const once = { key: preparedKey(code), value: JSON.stringify(prepared), expiresAt: until + keepSeconds }
  // 256 random bits: nothing of ours is there already.
  if (!(await ports.requests.claim(once))) throw new StaleRequest('what was prepared could not be put down')
  return ok({ code, until, login: foreseen.value })
}

/** What was prepared, how strong a login it takes, and what has been opened of it already. */
export type FoundPrepared = { prepared: PreparedOpening; login: LoginWanted; opened?: ApprovalRequest }

type FindPorts = Pick<OpeningPorts, 'requests' | 'policy' | 'clock'>

/** What waits under a code, for whomever: who may see it is the asker's to look at. Nothing once its time is over. */
export async function findPrepared(code: string, ports: FindPorts): Promise<FoundPrepared | undefined> {
  const { requests, policy, clock } = ports
  const value = await requests.recall(preparedKey(code))
  if (value === undefined) return undefined
  const prepared = PreparedOpening.parse(JSON.parse(value))
  const opened = await openedOf(code, prepared.person, ports)
  if (!opened && prepared.until <= clock.now()) return undefined
  const rules = policy.bundle.breakGlass
  const what = rules && openedBy(whatOf(prepared), rules, ports)
  return { prepared, login: what?.ok ? what.value.terms.login : {}, ...defined({ opened }) }
}

/**
 * Opens what was prepared, by the one operation that opens: for the person who prepared it alone, and however often it is
 * sent it is one opening. It has no key yet: the first that this person brings with as strong a login is its own.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function openPrepared(
  { code, person, ...how }: { code: string } & Pick<OpeningAsk, 'person' | 'proven' | 'login' | 'arrivedAt'>,
  ports: OpeningPorts,
): Promise<Result<OpenedBreakGlass, Refusal>> {
  const found = await findPrepared(code, ports)
  if (found?.prepared.person !== person) {
    await recordRefusal({ type: 'person', id: person }, 'open_break_glass', 'unknown_request', ports)
    return refuse('unknown_request')
  }
  const { reason, incident, minutes, drill } = found.prepared
  const what = whatOf(found.prepared)
  const said = { what, reason, incident, minutes, drill }
  return openBreakGlass({ ...said, person, ...how, ...repeatedBy(code) }, ports)
}

/** The same code is the same opening. */
const repeatedBy = (code: string) => ({ idempotencyKey: preparedKey(code), body: { prepared: preparedKey(code) } })

async function openedOf(code: string, person: PersonId, { requests, clock }: FindPorts) {
  const before = await requests.recall(idempotencyItem(person, repeatedBy(code).idempotencyKey))
  const id = RequestId.safeParse(before?.split(' ')[1])
  const stored = id.success ? await requests.load(id.data) : undefined
  return stored && asOf(stored.state, clock.now())
}

const whatOf = ({ what }: PreparedOpening): WhatToOpen => {
  if ('profile' in what) return what
  const { resource, ...rest } = what
  return { ...rest, ...defined({ resource }) }
}
