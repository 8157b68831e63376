import { createHmac } from 'node:crypto'
import { describeMessage } from './api-chat.ts'
import { actionablesOf, checkMessageBlocks, checkView, isObject, type Json, objectOf, textOf } from './blocks.ts'
import { formState, stateOfElement } from './form-state.ts'
import { BadRequest, quoted } from './http.ts'
import type { DeskChannel, DeskPerson, DeskState, SentInteraction } from './state.ts'
import { describeView, type Ephemeral, type Message, type View } from './surfaces.ts'

export interface AppAnswer {
  status: number
  body: string
  milliseconds: number
}

/** Slack gives up after 3 s. The desk waits on, so that a cold start on a busy machine still shows its answer. */
const patience = 30_000
const kept = 500

/** Slack's `v0` signature: HMAC-SHA256 over `v0:timestamp:raw body`. https://docs.slack.dev/authentication/verifying-requests-from-slack */
const sign = (secret: string, timestamp: string, rawBody: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${rawBody}`).digest('hex')}`

/** Posts to the app as Slack would, and remembers what was sent. An app that cannot be reached is a `BadRequest` (502). */
async function sendSigned(
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

interface Click {
  user: DeskPerson
  action_id: string
  /** Needed only when two blocks have the same action id. */
  block_id?: string | undefined
  /** What to choose in a select; for a button, what to send in place of its own value, as a forger would. */
  value?: string | undefined
  /** What else is filled in on the same surface. */
  values?: Json | undefined
}

interface ClickAnswer extends AppAnswer {
  /** The button is gone from the message: the click was made as on a screen that has not caught up. */
  stale?: boolean
}

/** What a person does, made into the signed requests that Slack would send, and the app's answers put into effect. */
export interface Interactions {
  clickMessage(click: Click, message: Message): Promise<ClickAnswer>
  clickEphemeral(click: Click, ephemeral: Ephemeral): Promise<ClickAnswer>
  clickView(click: Click, view: View): Promise<ClickAnswer>
  /** Submits a modal, and does what `response_action` says. */
  submit(user: DeskPerson, view: View, values: Json): Promise<AppAnswer>
  /** Closes a modal. The app is told only if the modal asks for it. */
  close(user: DeskPerson, view: View): Promise<AppAnswer | undefined>
  command(user: DeskPerson, channel: DeskChannel, command: string, text: string): Promise<AppAnswer>
  event(event: Json): Promise<AppAnswer>
}

interface Found {
  block: Json
  element: Json
}

function findElement(blocks: readonly Json[], { action_id, block_id }: Click): Found | undefined {
  for (const block of blocks) {
    if (block_id !== undefined && block['block_id'] !== block_id) continue
    const element = actionablesOf(block).find((each) => each['action_id'] === action_id)
    if (element) return { block, element }
  }
  return undefined
}

function mustFind(blocks: readonly Json[], click: Click): Found {
  const found = findElement(blocks, click)
  if (found) return found
  const known = quoted(blocks.flatMap(actionablesOf).map((element) => textOf(element['action_id'])))
  throw new BadRequest(`nothing here has action_id \`${click.action_id}\`; it has ${known || 'none'}`)
}

export function createInteractions(
  state: DeskState,
  options: { interactivityUrl: () => string; signingSecret: string; responseUrl: (key: string) => string },
): Interactions {
  const { roster, messages, views, tickets, teamId, appId, botUserId } = state
  const token = 'verification-tokens-are-deprecated'
  const app = () => ({ url: options.interactivityUrl(), signingSecret: options.signingSecret })

  const about = (user: DeskPerson): Json => ({
    user: { id: user.slackUserId, username: user.name, name: user.name, team_id: teamId },
    api_app_id: appId,
    token,
    team: { id: teamId, domain: 'hotwork' },
    enterprise: null,
    is_enterprise_install: false,
  })

  const sendPayload = (payload: Json) =>
    sendSigned(state, app(), `payload=${encodeURIComponent(JSON.stringify(payload))}`)

  const actionOf = ({ block, element }: Found, value: string | undefined): Json => ({
    ...(element['type'] === 'button' ? { text: element['text'] } : {}),
    ...(element['style'] ? { style: element['style'] } : {}),
    ...stateOfElement(element, value),
    action_id: element['action_id'],
    block_id: block['block_id'],
    action_ts: messages.nextTs(),
  })

  const sendClick = (click: Click, blocks: readonly Json[], found: Found, surface: Json) =>
    sendPayload({
      type: 'block_actions',
      ...about(click.user),
      ...surface,
      trigger_id: tickets.issueTrigger(click.user.slackUserId),
      state: { values: formState(blocks, click.values ?? {}, false) },
      actions: [actionOf(found, click.value)],
    })

  const place = (channel: string): Json => {
    const found = roster.channel(channel)
    return { id: channel, name: found?.directTo ? 'directmessage' : (found?.name ?? channel) }
  }

  const shown = (view: View, values: Json = {}) => describeView(view, teamId, appId, botUserId, values)

  /** Puts into effect what a view submission was answered with. Slack shows an error for anything it cannot use. */
  function follow(view: View, answer: AppAnswer): void {
    if (answer.status !== 200) return
    let body: Json
    try {
      body = objectOf(answer.body.trim() === '' ? {} : JSON.parse(answer.body))
    } catch {
      throw new BadRequest('the app answered the submission with something that is not JSON', 502)
    }
    const next = () => {
      const checked = checkView(body['view'], 'modal')
      if (checked.ok) return checked.value
      throw new BadRequest(`the app answered with a bad view: ${checked.refusal.messages.join('; ')}`, 502)
    }
    switch (body['response_action']) {
      case undefined:
        views.close(view)
        break
      case 'clear':
        views.clear(view.user)
        break
      case 'errors': {
        const errors = Object.entries(objectOf(body['errors'])).map(([block, text]) => [block, textOf(text)])
        views.showErrors(view, Object.fromEntries(errors))
        break
      }
      case 'update':
        views.update(view, next())
        break
      case 'push':
        views.push(view.user, next())
        break
      default:
        throw new BadRequest(`the app answered with an unknown response_action \`${body['response_action']}\``, 502)
    }
  }

  return {
    async clickMessage(click, message) {
      const stale = findElement(message.blocks, click) === undefined
      const blocks = stale
        ? (message.earlier.findLast((earlier) => findElement(earlier, click)) ?? message.blocks)
        : message.blocks
      const found = mustFind(blocks, click)
      const { channel, ts } = message
      const key = tickets.issueResponse({ channel, user: click.user.slackUserId, messageTs: ts })
      const answer = await sendClick(click, blocks, found, {
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
        channel: place(channel),
        message: describeMessage(message, state, blocks),
        response_url: options.responseUrl(key),
      })
      return { ...answer, ...(stale ? { stale } : {}) }
    },
    async clickEphemeral(click, { channel, ts, blocks }) {
      const key = tickets.issueResponse({ channel, user: click.user.slackUserId, ephemeralTs: ts })
      return sendClick(click, blocks, mustFind(blocks, click), {
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: true },
        channel: place(channel),
        response_url: options.responseUrl(key),
      })
    },
    async clickView(click, view) {
      const { blocks } = view.content
      view.filled = formState(blocks, click.values ?? {}, false)
      return sendClick(click, blocks, mustFind(blocks, click), {
        container: { type: 'view', view_id: view.id },
        view: shown(view, view.filled),
      })
    },
    async submit(user, view, values) {
      const filled = formState(view.content.blocks, values, true)
      view.filled = filled
      const answer = await sendPayload({
        type: 'view_submission',
        ...about(user),
        trigger_id: tickets.issueTrigger(user.slackUserId),
        view: shown(view, filled),
        response_urls: [],
      })
      follow(view, answer)
      return answer
    },
    async close(user, view) {
      views.close(view)
      if (view.content['notify_on_close'] !== true) return undefined
      return sendPayload({ type: 'view_closed', ...about(user), view: shown(view), is_cleared: false })
    },
    async command(user, channel, command, text) {
      const key = tickets.issueResponse({ channel: channel.id, user: user.slackUserId })
      const body = new URLSearchParams({
        token,
        team_id: teamId,
        team_domain: 'hotwork',
        channel_id: channel.id,
        channel_name: channel.directTo ? 'directmessage' : channel.name,
        user_id: user.slackUserId,
        user_name: user.name,
        command,
        text,
        api_app_id: appId,
        is_enterprise_install: 'false',
        response_url: options.responseUrl(key),
        trigger_id: tickets.issueTrigger(user.slackUserId),
      })
      const answer = await sendSigned(state, app(), body.toString())
      if (answer.status === 200) showCommandAnswer(state, { channel: channel.id, user: user.slackUserId }, answer.body)
      return answer
    },
    async event(event) {
      const body = JSON.stringify({
        token,
        team_id: teamId,
        context_team_id: teamId,
        api_app_id: appId,
        event: { event_ts: messages.nextTs(), ...event },
        type: 'event_callback',
        event_id: `Ev${messages.nextTs().replace('.', '')}`,
        event_time: Math.floor(state.clock() / 1_000),
        authorizations: [{ enterprise_id: null, team_id: teamId, user_id: botUserId, is_bot: true }],
      })
      return sendSigned(state, app(), body, 'application/json')
    },
  }
}

/** A slash command may be answered at once, with text or with a message. */
function showCommandAnswer(state: DeskState, to: { channel: string; user: string }, body: string): void {
  if (body.trim() === '') return
  let answer: Json = { text: body }
  try {
    const parsed: unknown = JSON.parse(body)
    if (isObject(parsed)) answer = parsed
  } catch {
    // Not JSON, so it is the text itself.
  }
  const checked = checkMessageBlocks(answer['blocks'] ?? [])
  if (!checked.ok) throw new BadRequest(`the app answered with bad blocks: ${checked.refusal.messages.join('; ')}`, 502)
  const content = { text: textOf(answer['text']), blocks: checked.value }
  if (content.text === '' && content.blocks.length === 0) return
  if (answer['response_type'] === 'in_channel') {
    state.messages.post({ channel: to.channel, user: state.botUserId, ...content })
  } else {
    state.messages.whisper({ ...to, ...content })
  }
}
