import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { onlyChat } from '../../../domain/people/organisation.ts'
import type { NumericDate } from '../../../domain/values.ts'

/** The kind of a request and its person. The handler of the kind reads the rest. */
export type Envelope =
  | { kind: 'url_verification' }
  | ({ kind: 'interaction'; type: string } & From)
  | ({ kind: 'command' | 'event' } & From)

type From = {
  /** The workspace that has the app, or for an app of a whole organisation the enterprise. */
  installedIn: string
  appId: string
  /** The channel of the clicked message. */
  channel?: string | undefined
}

type Parsed = { ok: true; envelope: Envelope } | { ok: false; why: string }
const malformed = (why: string): Parsed => ({ ok: false, why })

/** The deepest nesting of a payload: a message with its blocks has about a dozen levels. */
const deepest = 32

const Place = z.object({ id: z.string().min(1) })
const Interaction = z.object({
  type: z.string().min(1),
  api_app_id: z.string().min(1),
  team: Place.nullish(),
  enterprise: Place.nullish(),
  channel: Place.nullish(),
  user: Place,
  is_enterprise_install: z.boolean().optional(),
  ssl_check: z.undefined({ error: 'not of a payload' }).optional(),
})
const Command = z.object({
  command: z.string().min(1),
  api_app_id: z.string().min(1),
  user_id: z.string().min(1),
  team_id: z.string().min(1),
  enterprise_id: z.string().optional(),
  is_enterprise_install: z.enum(['true', 'false']).optional(),
})
const Callback = z.object({
  type: z.literal('event_callback'),
  api_app_id: z.string().min(1),
  team_id: z.string().min(1),
  event: z.looseObject({ type: z.string().min(1) }),
})
const Verification = z.object({ type: z.literal('url_verification'), challenge: z.string().min(1).max(256) })

/** Reads only Slack's own two content types, and only their known members. */
function parseEnvelope(contentType: string, text: string): Parsed {
  if (contentType === 'application/json') return parseEvent(text)
  if (contentType === 'application/x-www-form-urlencoded') return parseForm(text)
  return malformed('the content type should be application/x-www-form-urlencoded or application/json')
}

function parseForm(text: string): Parsed {
  const form = readForm(text)
  if (!form) return malformed('the form is malformed, or has a duplicate member')
  const payload = form.get('payload')
  if (payload === undefined) return parseCommand(form)
  if (form.size > 1) return malformed('`payload` should be the only member of its form')
  const json = readJson(payload)
  if (json === undefined) return malformed('`payload` is not JSON, or nests too deep')
  const parsed = Interaction.safeParse(json)
  if (!parsed.success) return malformed(`\`payload\` ${complaint(parsed.error)}`)
  const { type, api_app_id, team, enterprise, channel, is_enterprise_install } = parsed.data
  const installedIn = (is_enterprise_install ? enterprise : team)?.id ?? ''
  return { ok: true, envelope: { kind: 'interaction', type, installedIn, appId: api_app_id, channel: channel?.id } }
}

function parseCommand(form: ReadonlyMap<string, string>): Parsed {
  const parsed = Command.safeParse(Object.fromEntries(form))
  if (!parsed.success) return malformed(`the form ${complaint(parsed.error)}`)
  const { api_app_id, team_id, enterprise_id, is_enterprise_install } = parsed.data
  const installedIn = is_enterprise_install === 'true' ? (enterprise_id ?? '') : team_id
  return { ok: true, envelope: { kind: 'command', installedIn, appId: api_app_id } }
}

function parseEvent(text: string): Parsed {
  const json = readJson(text)
  if (json === undefined) return malformed('the body is not JSON, or nests too deep')
  if (Verification.safeParse(json).success) return { ok: true, envelope: { kind: 'url_verification' } }
  const parsed = Callback.safeParse(json)
  if (!parsed.success) return malformed(`the body ${complaint(parsed.error)}`)
  return {
    ok: true,
    envelope: { kind: 'event', installedIn: parsed.data.team_id, appId: parsed.data.api_app_id },
  }
}

const complaint = (error: z.ZodError): string => {
  const [issue] = error.issues
  return `is malformed at \`${issue?.path.join('.') || '.'}\`: ${issue?.message ?? ''}`
}

/** A form's members, each once and in well-formed UTF-8. `URLSearchParams` would repair malformed ones silently. */
function readForm(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>()
  try {
    for (const pair of text.split('&')) {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      const key = decoded(name)
      if (members.has(key)) return undefined
      members.set(key, decoded(value))
    }
  } catch {
    return undefined
  }
  return members
}

const decoded = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '))

function readJson(text: string): unknown {
  if (depthOf(text) > deepest) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The depth of brackets outside strings. It is linear and runs before `JSON.parse`, which recurses. */
function depthOf(text: string): number {
  let [depth, most, quoted] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') most = Math.max(most, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return most
}

/** The greatest age of a request, and the most by which Slack's clock may be ahead of ours. Seconds. */
export const freshness = 300

/** The valid signing secrets: the current one and, during a rotation, the previous one. */
export type SigningSecrets = readonly string[]

type Signed = { timestamp: string | undefined; signature: string | undefined; body: Uint8Array }

/**
 * Whether the request has a valid and recent `v0` signature of Slack over exactly these bytes. Every secret is tried in
 * constant time.
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
function isSigned({ timestamp, signature, body }: Signed, secrets: SigningSecrets, now: NumericDate): boolean {
  if (timestamp === undefined || !/^[1-9]\d{0,11}$/.test(timestamp)) return false
  // Negated, so that NaN is refused too.
  if (!(Math.abs(now - Number(timestamp)) <= freshness)) return false
  if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature)) return false
  const given = Buffer.from(signature.slice(3), 'hex')
  return secrets
    .filter((secret) => secret !== '')
    .map((secret) => timingSafeEqual(macOf(secret, timestamp, body), given))
    .includes(true)
}

const macOf = (secret: string, timestamp: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest()

/** The one-time key of a delivery. A replay of a signed request has the same key. */
const deliveryKey = (signature: string, timestamp: string): string =>
  createHash('sha256').update(`${signature}\n${timestamp}`).digest('base64url')

export type RawRequest = {
  method: string
  headers: { readonly [name: string]: string | undefined }
  body: string | undefined
  isBase64Encoded: boolean
}

type GuardSettings = {
  secrets: SigningSecrets
  teamId: string
  appId: string
  /** The alias of the chat. */
  alias: string
  /** The channels that belong only to other chats. */
  elsewhere: ReadonlySet<string>
}

/** A one-time key within one chat. Keys of the default alias lack a prefix, for versions with a single chat. */
export const keyIn = (alias: string, key: string): string => (alias === onlyChat ? key : `${alias}#${key}`)

export type Guarded =
  | { pass: true; envelope: Envelope; contentType: string; body: string; delivery: Delivery }
  | { pass: false; status: 200 | 400 | 401 | 413; why: string }

/** One delivery: its one-time key, and the end of the time in which a copy would be accepted. */
export type Delivery = { key: string; freshUntil: NumericDate }

/**
 * The largest body: a click contains its whole message, a card under 9 KB, percent-encoded with three bytes for one.
 */
export const largestBody = 65_536

const refuse = (status: 400 | 401 | 413, why: string): Guarded => ({ pass: false, status, why })

/**
 * The guard before Bolt, which would accept future timestamps, `v1` signatures and replays. A wrong signature is a bare
 * 401; a signed but invalid request is a 400 with a reason.
 */
export function guard(request: RawRequest, settings: GuardSettings, now: NumericDate): Guarded {
  if (request.method !== 'POST') return refuse(400, 'only POST')
  const body = bytesOf(request)
  if (body === undefined) return refuse(400, 'the body is not base64')
  if (body.length > largestBody) return refuse(413, `the body is over ${largestBody} bytes`)
  const text = utf8(body)
  if (text === undefined) return refuse(400, 'the body is not UTF-8')
  const contentType = mediaType(header(request, 'content-type'))
  if (isSslCheck(contentType, text)) return { pass: false, status: 200, why: '' }

  const [timestamp, signature] = [header(request, 'x-slack-request-timestamp'), header(request, 'x-slack-signature')]
  if (!timestamp || !signature || !isSigned({ timestamp, signature, body }, settings.secrets, now))
    return refuse(401, 'the signature is invalid')

  const parsed = parseEnvelope(contentType, text)
  if (!parsed.ok) return refuse(400, parsed.why)
  const { envelope } = parsed
  if (envelope.kind !== 'url_verification') {
    if (envelope.installedIn !== settings.teamId) return refuse(400, 'this app is not installed for that workspace')
    if (envelope.appId !== settings.appId) return refuse(400, 'this is a different app')
    if (settings.elsewhere.has(envelope.channel ?? '')) return refuse(400, 'that channel belongs to another workspace')
  }
  const delivery = {
    key: keyIn(settings.alias, deliveryKey(signature, timestamp)),
    freshUntil: Number(timestamp) + freshness,
  }
  return { pass: true, envelope, contentType, body: text, delivery }
}

/** The workspace that a body names. It only selects the secret for the verification. */
export function workspaceOf(request: RawRequest): string | undefined {
  const body = bytesOf(request)
  const text = body && body.length <= largestBody ? utf8(body) : undefined
  const parsed = parseEnvelope(mediaType(header(request, 'content-type')), text ?? '')
  return parsed.ok && 'installedIn' in parsed.envelope ? parsed.envelope.installedIn : undefined
}

function header({ headers }: RawRequest, name: string): string | undefined {
  const found = Object.keys(headers).filter((each) => each.toLowerCase() === name)
  // Two spellings of one header are ambiguous.
  return found.length === 1 ? headers[found[0] as string] : undefined
}

function bytesOf({ body = '', isBase64Encoded }: RawRequest): Buffer | undefined {
  if (!isBase64Encoded) return body.isWellFormed() ? Buffer.from(body, 'utf8') : undefined
  const bytes = Buffer.from(body, 'base64')
  return bytes.toString('base64') === body ? bytes : undefined
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const mediaType = (value: string | undefined): string => (value ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * Slack checks the certificate of an address with an unsigned form. `ssl_check` beside a payload does not bypass the
 * signature.
 */
function isSslCheck(contentType: string, text: string): boolean {
  if (contentType !== 'application/x-www-form-urlencoded') return false
  const form = new URLSearchParams(text)
  return form.get('ssl_check') === '1' && [...form.keys()].every((name) => name === 'ssl_check' || name === 'token')
}
