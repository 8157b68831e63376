// Rules: test/http/measures-page.test.ts
import type { LoginGroups } from '../../domain/people/group-source.ts'
import { openStage } from '../../domain/record/request.ts'
import { lookKey, secondsSince } from '../../domain/requests/decision-measures.ts'
import type { PersonId, RequestId, Result } from '../../domain/values.ts'
import { ok } from '../../domain/values.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { measuredDays } from './measure-decisions.ts'
import { viewRequest } from './read-requests.ts'

/** Notes when a person who may decide an open stage first looked at it, without the person. It makes no entry. */
export async function noteLook(
  { id, person, claimed, stage }: { id: RequestId; person: PersonId; claimed?: LoginGroups; stage: string },
  ports: DecidingPorts,
): Promise<Result<true, 'unknown_request' | 'not_permitted'>> {
  const viewed = await viewRequest({ id, person, claimed }, ports)
  if (!viewed.ok) return viewed
  const { state, whyNot } = viewed.value
  const open = openStage(state)
  // The shown stage has ended, or this person cannot decide it.
  if (open?.opensAt === undefined || open.terms.name !== stage || whyNot.approve !== undefined) return ok(true)
  const now = ports.clock.now()
  // A day longer than the measured time.
  const expiresAt = now + (measuredDays + 1) * 86_400
  if (await ports.requests.putOnce({ key: lookKey(state, stage), value: String(now), expiresAt }))
    for (const seconds of secondsSince(open, now)) ports.log.info('first_look', { stage, seconds })
  return ok(true)
}
