import { randomUUID } from 'node:crypto'
import { until } from './aws.ts'
import type { Answer, Deployment } from './deployment.ts'

/** A person uses break-glass, with their key and a strong login. No two reasons are the same. */
export async function openGlass(
  hotwork: Deployment,
  person: string,
  what: object,
  login: Record<string, string> = { acr_values: 'strong' },
): Promise<Answer> {
  const path = '/v1/break-glass'
  const reason = `checkout refuses payments, ${randomUUID().slice(0, 8)}: putting the timeout back as it was`
  const body = { reason, incident: 'INC-2041', minutes: 5, ...what }
  return hotwork.json('POST', path, await hotwork.token(person, login), body, {
    dpop: await hotwork.proof(person, 'POST', path),
    'idempotency-key': randomUUID(),
  })
}

/** Opens once the person has cooled down from their last opening. */
export const openedGlass = (hotwork: Deployment, person: string, what: object, seconds?: number): Promise<Answer> =>
  until(
    () => openGlass(hotwork, person, what),
    ({ status }) => status !== 409,
    seconds,
  )
