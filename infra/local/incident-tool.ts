import { createHmac, randomBytes, randomUUID } from 'node:crypto'

/** The tool that keeps incidents: nothing that runs, only the secret that it would sign with, new at each start. */
export const createIncidentTool = () => ({ webhookSecret: `whsec_${randomBytes(32).toString('base64')}` })

/**
 * Says that an incident is closed, as a tool that signs by Standard Webhooks would. The same `id` is the same delivery.
 *
 * @see https://www.standardwebhooks.com
 */
export function tellOfIncident(
  { eventsUrl, webhookSecret }: { eventsUrl: string; webhookSecret: string },
  incident: string,
  { status = 'closed', id = `msg_${randomUUID()}` }: { status?: string; id?: string } = {},
): Promise<Response> {
  const body = JSON.stringify({ incident, status })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const key = Buffer.from(webhookSecret.replace(/^whsec_/, ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return fetch(eventsUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac}`,
    },
    body,
  })
}
