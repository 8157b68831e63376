import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { LogLevel, WebClient } from '@slack/web-api'
import { type Desk, startDesk } from '../../../local/desk/desk.ts'
import { listenOnLoopback } from '../../../local/loopback.ts'

export const signingSecret = '0123456789abcdef0123456789abcdef'

/** One signed request, as the app received it. */
export interface Received {
  headers: IncomingHttpHeaders
  body: string
  form: URLSearchParams
  // biome-ignore lint/suspicious/noExplicitAny: each test says which members there must be
  payload: any
}

type Answer = { status?: number; body?: string }

/** A desk with two people, and a small app that remembers its requests and answers as a test says. */
export class DeskFixture {
  desk!: Desk
  slack!: WebClient
  received: Received[] = []
  answer: (received: Received) => Answer | Promise<Answer> = () => ({})
  /** The desk's clock, in milliseconds. */
  now = Date.now()
  #app!: Awaited<ReturnType<typeof listenOnLoopback>>

  async open(): Promise<void> {
    this.received = []
    this.answer = () => ({})
    this.now = Date.now()
    this.#app = await listenOnLoopback()
    this.#app.handle(async (request, response) => {
      const body = await text(request)
      const form = new URLSearchParams(body)
      const one = { headers: request.headers, body, form, payload: JSON.parse(form.get('payload') ?? '{}') }
      this.received.push(one)
      const { status = 200, body: answer = '' } = await this.answer(one)
      const type = answer.startsWith('{') ? 'application/json' : 'text/plain'
      response.writeHead(status, { 'content-type': type }).end(answer)
    })
    this.desk = await startDesk({
      interactivityUrl: `${this.#app.url}/slack/events`,
      teamId: 'T0HOT',
      appId: 'A0HOT',
      signingSecret,
      botUserId: 'U0BOT',
      people: [
        { slackUserId: 'U0ANA', name: 'ana', realName: 'Ana Duarte', groups: ['payments-owners', 'sre'] },
        { slackUserId: 'U0DEV', name: 'dev', realName: 'Dev <b>Patel</b>', groups: ['sre'] },
      ],
      channels: [
        { name: 'hotwork-approvals', id: 'C0APPR' },
        { name: 'hotwork-security', id: 'C0SEC' },
      ],
      clock: () => this.now,
    })
    this.slack = new WebClient('xoxb-any', {
      slackApiUrl: this.desk.apiUrl,
      logLevel: LogLevel.ERROR,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    })
  }

  closeApp = (): Promise<void> => this.#app.close()

  async close(): Promise<void> {
    await this.desk.close()
    await this.closeApp()
  }

  // biome-ignore lint/suspicious/noExplicitAny: each test says which members there must be
  async control(path: string, body?: unknown): Promise<{ status: number; json: any }> {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${this.desk.deskUrl}control/${path}`, sent)
    return { status: response.status, json: await response.json() }
  }

  async page(query: string): Promise<string> {
    return (await fetch(`${this.desk.deskUrl}?${query}`)).text()
  }

  /** Submits a form of the pages, as a browser without a script does. */
  post(fields: { [name: string]: string }, path = 'click'): Promise<Response> {
    const body = new URLSearchParams(fields)
    return fetch(`${this.desk.deskUrl}${path}`, { method: 'POST', body, redirect: 'manual' })
  }

  /** Ana clicks Approve on a card. */
  click(ts: string, changes: object = {}) {
    return this.control('click', { channel: 'C0APPR', ts, action_id: 'approve', user: 'U0ANA', ...changes })
  }

  /** Posts a card with an Approve button, and returns its `ts`. */
  async postCard(): Promise<string> {
    const { ts } = await this.slack.chat.postMessage({ channel: 'C0APPR', text: 'a card', blocks: card })
    if (ts === undefined) throw new Error('the desk gave the card no ts')
    return ts
  }
}

export const plain = (text: string) => ({ type: 'plain_text' as const, text })

export const approve = {
  type: 'button' as const,
  action_id: 'approve',
  value: '{"r":"req_1","n":1,"d":"abc"}',
  text: plain('Approve'),
}

export const card = [{ type: 'actions' as const, block_id: 'decide', elements: [approve] }]

export const modal = {
  type: 'modal' as const,
  title: plain('Narrow'),
  submit: plain('Send'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'minutes',
      label: plain('Minutes'),
      element: { type: 'number_input' as const, action_id: 'm', is_decimal_allowed: false, max_value: '5' },
    },
  ],
}

/** The fault of `@slack/web-api` for an error code of Slack. */
export const refusal = (error: string) =>
  expect.objectContaining({ data: expect.objectContaining({ ok: false, error }) })
