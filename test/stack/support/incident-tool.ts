import { createHmac, randomUUID } from 'node:crypto'

/** Reports an incident, signed by Standard Webhooks (https://www.standardwebhooks.com). The same `id` is the same delivery. */
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
