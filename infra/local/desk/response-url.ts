import { contentOf, SlackError } from './api-method.ts'
import { type Answer, type Incoming, json } from './http.ts'
import { isObject, type Json } from './json.ts'
import type { DeskState } from './state.ts'
import type { ResponseTarget } from './tickets.ts'

const refuse = (status: number, error: string): Answer => json(status, { ok: false, error })

function parse(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function respond(state: DeskState, target: ResponseTarget, said: Json): void {
  const { messages, botUserId } = state
  const message = target.messageTs ? messages.find(target.channel, target.messageTs) : undefined
  const ephemeral = target.ephemeralTs ? messages.findEphemeral(target.user, target.ephemeralTs) : undefined
  if (said['delete_original'] === true) {
    if (message) messages.delete(message)
    if (ephemeral) messages.changeEphemeral(ephemeral)
    return
  }
  const content = contentOf(said)
  if (said['replace_original'] === true && message) messages.update(message, content)
  else if (said['replace_original'] === true && ephemeral) messages.changeEphemeral(ephemeral, content)
  else if (said['response_type'] === 'in_channel') {
    messages.post({ channel: target.channel, user: botUserId, ...content })
  } else messages.whisper({ channel: target.channel, user: target.user, ...content })
}

/** What an app posts to a `response_url`: a message to the person who acted, or to the channel, or over the original. */
export function serveResponseUrl(state: DeskState) {
  return ({ url, body }: Incoming): Answer => {
    const said = parse(body)
    if (!said) return refuse(400, 'invalid_payload')
    const target = state.tickets.useResponse(url.pathname.slice('/response/'.length))
    if ('refusal' in target) return refuse(404, target.refusal)
    try {
      respond(state, target, said)
      return json(200, { ok: true })
    } catch (cause) {
      if (!(cause instanceof SlackError)) throw cause
      return refuse(400, cause.message)
    }
  }
}
