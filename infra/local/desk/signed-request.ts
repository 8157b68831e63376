import { createHmac } from 'node:crypto'
import { BadRequest } from './http.ts'
import type { DeskState, SentInteraction } from './state.ts'

export interface AppAnswer {
  status: number
  body: string
  milliseconds: number
}

/** Slack gives up after 3 s. The desk waits on, so that a cold start on a busy machine still shows its answer. */
const patience = 30_000
const kept = 500

/** Slack's `v0` signature: HMAC-SHA256 over `v0:timestamp:raw body`. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const sign = (secret: string, timestamp: string, rawBody: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${rawBody}`).digest('hex')}`

/** Posts to the app as Slack would, and remembers what was sent. An app that cannot be reached is a `BadRequest` (502). */
export async function sendSigned(
  state: DeskState,
  app: { url: string; signingSecret: string },
  body: string,
  contentType = 'application/x-www-form-urlencoded',
): Promise<AppAnswer> {
  const timestamp = String(Math.floor(state.clock() / 1_000))
  const headers = {
    accept: 'application/json,*/*',
    'content-type': contentType,
    'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': sign(app.signingSecret, timestamp, body),
  }
  const sent: SentInteraction = { at: state.clock(), url: app.url, headers, body }
  state.sent.push(sent)
  if (state.sent.length > kept) state.sent.shift()

  const began = performance.now()
  try {
    const signal = AbortSignal.timeout(patience)
    const response = await fetch(app.url, { method: 'POST', headers, body, redirect: 'manual', signal })
    const text = await response.text()
    sent.answer = { status: response.status, body: text, milliseconds: Math.round(performance.now() - began) }
    return sent.answer
  } catch (cause) {
    const why = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : cause
    throw new BadRequest(`the app at ${app.url} did not answer: ${why}`, 502)
  }
}
