import { createHmac } from 'node:crypto'
import { describeMessage } from './api-chat.ts'
import { actionablesOf, checkMessageBlocks, checkView, isObject, type Json, objectOf, textOf } from './blocks.ts'
import { formState, stateOfElement } from './form-state.ts'
import { BadRequest, quoted } from './http.ts'
import type { AppAnswer, DeskChannel, DeskPerson, DeskState, ResponseTarget, SentInteraction } from './state.ts'
import { describeView, type Ephemeral, type Message, type View } from './surfaces.ts'

interface Click {
  user: DeskPerson
  action_id: string
  /** The block's id, needed if two blocks have the same action id. */
  block_id?: string | undefined
  /** The choice in a select; for a button, a forged value. */
  value?: string | undefined
  /** The values filled in on the same surface. */
  values?: Json | undefined
}

type Found = { block: Json; element: Json }

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

interface App {
  interactivityUrl: () => string
  signingSecret: string
  responseUrl: (key: string) => string
}

/**
 * The timeout. Slack's is 3 s; the desk waits longer, since it shows the answer of a cold start on a busy machine too.
 * Milliseconds.
 */
const patience = 30_000
const kept = 500
const token = 'verification-tokens-are-deprecated'

/**
 * Sends a person's acts as Slack's signed requests, and carries out the app's answers. If the app is unreachable, the
 * answer is 502.
 */
export class Interactions {
  readonly #state: DeskState
  readonly #app: App

  constructor(state: DeskState, app: App) {
    this.#state = state
    this.#app = app
  }

  /** `stale`: the message no longer has the button, which was clicked on a screen with an earlier version. */
  async clickMessage(click: Click, said: Message | Ephemeral): Promise<AppAnswer & { stale?: boolean }> {
    const { channel, ts } = said
    const isEphemeral = 'at' in said
    const stale = !isEphemeral && findElement(said.blocks, click) === undefined
    const earlier = stale ? said.earlier.findLast((blocks) => findElement(blocks, click)) : undefined
    const blocks = earlier ?? said.blocks
    const place = this.#state.roster.channel(channel)
    const answer = await this.#click(click, blocks, {
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: isEphemeral },
      channel: { id: channel, name: place?.directTo ? 'directmessage' : (place?.name ?? channel) },
      message: isEphemeral ? undefined : describeMessage(said, this.#state, blocks),
      response_url: this.#responseUrl({ channel, user: click.user.slackUserId }),
    })
    return stale ? { ...answer, stale } : answer
  }

  clickView(click: Click, view: View): Promise<AppAnswer & { stale?: boolean }> {
    const { blocks } = view.content
    view.filled = formState(blocks, click.values ?? {}, false)
    return this.#click(click, blocks, {
      container: { type: 'view', view_id: view.id },
      view: describeView(view, this.#state, view.filled),
    })
  }

  async submit(user: DeskPerson, view: View, values: Json): Promise<AppAnswer> {
    view.filled = formState(view.content.blocks, values, true)
    const answer = await this.#sendPayload(user, {
      type: 'view_submission',
      trigger_id: this.#state.triggers.issue(user.slackUserId),
      view: describeView(view, this.#state, view.filled),
      response_urls: [],
    })
    if (answer.status === 200) follow(this.#state, view, answer.body)
    return answer
  }

  async command(user: DeskPerson, channel: DeskChannel, command: string, text: string): Promise<AppAnswer> {
    const { teamId, appId, triggers } = this.#state
    const from = { channel: channel.id, user: user.slackUserId }
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
      response_url: this.#responseUrl(from),
      trigger_id: triggers.issue(user.slackUserId),
    })
    const answer = await this.#send(body.toString())
    if (answer.status === 200) showCommandAnswer(this.#state, from, answer.body)
    return answer
  }

  event(event: Json): Promise<AppAnswer> {
    const { messages, clock, teamId, appId, botUserId } = this.#state
    const body = {
      token,
      team_id: teamId,
      context_team_id: teamId,
      api_app_id: appId,
      event: { event_ts: messages.nextTs(), ...event },
      type: 'event_callback',
      event_id: `Ev${messages.nextTs().replace('.', '')}`,
      event_time: Math.floor(clock() / 1_000),
      authorizations: [{ enterprise_id: null, team_id: teamId, user_id: botUserId, is_bot: true }],
    }
    return this.#send(JSON.stringify(body), 'application/json')
  }

  #click(click: Click, blocks: readonly Json[], surface: Json): Promise<AppAnswer> {
    const { block, element } = mustFind(blocks, click)
    const action = {
      text: element['type'] === 'button' ? element['text'] : undefined,
      style: element['style'],
      ...stateOfElement(element, click.value),
      action_id: element['action_id'],
      block_id: block['block_id'],
      action_ts: this.#state.messages.nextTs(),
    }
    return this.#sendPayload(click.user, {
      type: 'block_actions',
      ...surface,
      trigger_id: this.#state.triggers.issue(click.user.slackUserId),
      state: { values: formState(blocks, click.values ?? {}, false) },
      actions: [action],
    })
  }

  #responseUrl(target: ResponseTarget): string {
    return this.#app.responseUrl(this.#state.responses.issue(target))
  }

  #sendPayload(user: DeskPerson, payload: Json): Promise<AppAnswer> {
    const { teamId, appId } = this.#state
    const all = {
      user: { id: user.slackUserId, username: user.name, name: user.name, team_id: teamId },
      api_app_id: appId,
      token,
      team: { id: teamId, domain: 'hotwork' },
      enterprise: null,
      is_enterprise_install: false,
      ...payload,
    }
    return this.#send(`payload=${encodeURIComponent(JSON.stringify(all))}`)
  }

  async #send(body: string, contentType = 'application/x-www-form-urlencoded'): Promise<AppAnswer> {
    const url = this.#app.interactivityUrl()
    const at = this.#state.clock()
    const timestamp = String(Math.floor(at / 1_000))
    // Slack's `v0`: https://docs.slack.dev/authentication/verifying-requests-from-slack
    const mac = createHmac('sha256', this.#app.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')
    const headers = {
      accept: 'application/json,*/*',
      'content-type': contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${mac}`,
    }
    const sent: SentInteraction = { at, url, headers, body }
    this.#state.sent.push(sent)
    if (this.#state.sent.length > kept) this.#state.sent.shift()

    const began = performance.now()
    try {
      const signal = AbortSignal.timeout(patience)
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
      const text = await response.text()
      sent.answer = { status: response.status, body: text, milliseconds: Math.round(performance.now() - began) }
      return sent.answer
    } catch (fault) {
      const { cause, message } = fault as Error
      throw new BadRequest(`the app at ${url} did not answer: ${cause instanceof Error ? cause.message : message}`, 502)
    }
  }
}

/** Carries out the answer to a submitted form. As in Slack, any other answer shows an error. */
function follow({ views }: DeskState, view: View, answer: string): void {
  let body: Json
  try {
    body = objectOf(answer.trim() === '' ? {} : JSON.parse(answer))
  } catch {
    throw new BadRequest("the app's answer to the submission is not JSON", 502)
  }
  const next = () => {
    const checked = checkView(body['view'], 'modal')
    if (checked.ok) return checked.value
    throw new BadRequest(`the app answered with an invalid view: ${checked.refusal.messages.join('; ')}`, 502)
  }
  const effects: { [action: string]: () => unknown } = {
    close: () => views.close(view),
    errors: () => {
      const errors = Object.entries(objectOf(body['errors'])).map(([block, text]) => [block, textOf(text)])
      views.update(view, { errors: Object.fromEntries(errors) })
    },
    update: () => views.update(view, { content: next() }),
  }
  const action = textOf(body['response_action'] ?? 'close')
  if (!Object.hasOwn(effects, action)) {
    throw new BadRequest(`the app answered with an unknown response_action \`${action}\``, 502)
  }
  effects[action]?.()
}

/** Shows the answer to a slash command: text, or a message. */
function showCommandAnswer({ messages }: DeskState, to: ResponseTarget, body: string): void {
  if (body.trim() === '') return
  let answer: Json = { text: body }
  try {
    const parsed: unknown = JSON.parse(body)
    if (isObject(parsed)) answer = parsed
  } catch {
    // An answer that is not JSON is the text.
  }
  const checked = checkMessageBlocks(answer['blocks'] ?? [])
  if (!checked.ok)
    throw new BadRequest(`the app answered with invalid blocks: ${checked.refusal.messages.join('; ')}`, 502)
  const content = { text: textOf(answer['text']), blocks: checked.value }
  if (content.text === '' && content.blocks.length === 0) return
  messages.postEphemeral({ ...to, ...content })
}
