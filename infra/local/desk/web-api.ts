import { chatMethods } from './api-chat.ts'
import { type MethodTable, SlackError } from './api-method.ts'
import { peopleMethods } from './api-people.ts'
import { viewMethods } from './api-views.ts'
import { type Answer, type Incoming, json } from './http.ts'
import { isObject, type Json } from './json.ts'
import type { DeskState } from './state.ts'

const methods: MethodTable = { ...chatMethods, ...peopleMethods, ...viewMethods }

/** Members that a form body carries as JSON text. */
const structured = ['blocks', 'view', 'metadata', 'attachments']

function parse(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || !structured.includes(name)) return value
  try {
    return JSON.parse(value)
  } catch {
    throw new SlackError(name === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments')
  }
}

function argumentsOf({ url, headers, body }: Incoming): Json {
  const type = headers['content-type'] ?? ''
  let sent: Json
  if (type.startsWith('application/json')) {
    let parsed: unknown
    try {
      parsed = JSON.parse(body || '{}')
    } catch {
      throw new SlackError('invalid_json')
    }
    if (!isObject(parsed)) throw new SlackError('json_not_object')
    sent = parsed
  } else if (body === '' || type.startsWith('application/x-www-form-urlencoded')) {
    sent = Object.fromEntries(new URLSearchParams(body))
  } else {
    throw new SlackError('invalid_post_type')
  }
  const all = { ...Object.fromEntries(url.searchParams), ...sent }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, parse(name, value)]))
}

function tokenOf({ headers }: Incoming, args: Json): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const token = bearer ?? args['token']
  if (typeof token !== 'string' || token === '') throw new SlackError('not_authed')
  return token
}

/** `onToken` is told each token that was used, so that the caller can notice a wrong one; any is accepted. */
export function serveWebApi(state: DeskState, onToken: (token: string, method: string) => void) {
  return (incoming: Incoming): Answer => {
    const { status, retryAfterSeconds, error } = state.fault
    if (status === 429) {
      return json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(retryAfterSeconds) })
    }
    if (status !== 0) return json(status, { ok: false, error: error ?? 'internal_error' })

    const name = incoming.url.pathname.slice('/api/'.length)
    try {
      const args = argumentsOf(incoming)
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined
      if (!method) throw new SlackError('unknown_method')
      onToken(tokenOf(incoming, args), name)
      return json(200, { ok: true, ...method(args, state) })
    } catch (cause) {
      if (!(cause instanceof SlackError)) throw cause
      const details = cause.messages.length > 0 ? { response_metadata: { messages: cause.messages } } : {}
      return json(200, { ok: false, error: cause.message, ...details })
    }
  }
}
