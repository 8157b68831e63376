// Rules: test/operations/credentials/write-denies.test.ts
import { type Deny, deniesOf, denyOfHalt } from '../../domain/credentials/denies.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type NumericDate, RequestId } from '../../domain/values.ts'
import type { Ender } from '../../targets/reach.ts'
import type { HaltStore } from '../halts/ports.ts'
import type { Clock } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import type { DenyCause } from './ports.ts'

export type EndingPorts = {
  requests: Pick<RequestReader, 'load'>
  halts: Pick<HaltStore, 'find' | 'load'>
  reach: Ender
  clock: Clock
}

/** Ends the dead credentials of one place. At most one writer works on a place. */
export async function endCredentials(place: string, causes: readonly DenyCause[], ports: EndingPorts): Promise<void> {
  const now = ports.clock.now()
  const found = await Promise.all([...new Set(causes)].map((cause) => deniesOfCause(place, cause, now, ports)))
  await ports.reach.end(place, found.flat())
}

async function deniesOfCause(
  place: string,
  cause: DenyCause,
  now: NumericDate,
  { requests, halts }: EndingPorts,
): Promise<readonly Deny[]> {
  if (cause === 'time') return []
  if (isRequest(cause)) {
    const stored = await requests.load(cause)
    return (stored && deniesOf(asOf(stored.state, now), now).get(place)) ?? []
  }
  const found = await halts.find(cause)
  if (!found) return []
  const ofTarget = await halts.load(found.halt.target)
  return ofTarget.halts.map((halt) => denyOfHalt(halt, place)).filter((deny) => deny !== undefined)
}

const isRequest = (id: string): id is RequestId => RequestId.safeParse(id).success
