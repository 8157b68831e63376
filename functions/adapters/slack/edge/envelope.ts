import * as z from 'zod'

/** Who and what a signed request is from and about; the rest of it is read by whoever handles its kind. */
export type Envelope =
  | { kind: 'url_verification' }
  | ({ kind: 'interaction'; type: string } & From)
  | ({ kind: 'command' | 'event' } & From)

type From = {
  /** The workspace, or for an app of a whole organisation the enterprise, in which the app is installed. */
  installedIn: string
  appId: string
}

export type Parsed = { ok: true; envelope: Envelope } | { ok: false; why: string }
const malformed = (why: string): Parsed => ({ ok: false, why })

/** How deep a payload may nest: a message with its blocks takes about a dozen. */
const deepest = 32

const Place = z.object({ id: z.string().min(1) })
const Interaction = z.object({
  type: z.string().min(1),
  api_app_id: z.string().min(1),
  team: Place.nullish(),
  enterprise: Place.nullish(),
  user: Place,
  is_enterprise_install: z.boolean().optional(),
  ssl_check: z.undefined({ error: 'not in a payload' }).optional(),
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

/** Reads what is needed to know whose request this is. Only Slack's own two content types, only what it sends in them. */
export function parseEnvelope(contentType: string, text: string): Parsed {
  if (contentType === 'application/json') return parseEvent(text)
  if (contentType === 'application/x-www-form-urlencoded') return parseForm(text)
  return malformed('the content type should be application/x-www-form-urlencoded or application/json')
}

function parseForm(text: string): Parsed {
  const form = readForm(text)
  if (!form) return malformed('the form is malformed, or has a member twice')
  const payload = form.get('payload')
  if (payload === undefined) return parseCommand(form)
  if (form.size > 1) return malformed('`payload` should be the only member of its form')
  const json = readJson(payload)
  if (json === undefined) return malformed('`payload` is not JSON, or nests too deep')
  const parsed = Interaction.safeParse(json)
  if (!parsed.success) return malformed(`\`payload\` ${complaint(parsed.error)}`)
  const { type, api_app_id, team, enterprise, is_enterprise_install } = parsed.data
  const installedIn = (is_enterprise_install ? enterprise : team)?.id ?? ''
  return { ok: true, envelope: { kind: 'interaction', type, installedIn, appId: api_app_id } }
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

/** A form's members, each once and each well-formed percent-encoded UTF-8; `URLSearchParams` would mend what is not. */
function readForm(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>()
  try {
    for (const pair of text.split('&')) {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      const [key, content] = [name, value].map((part) => decodeURIComponent(part.replaceAll('+', ' '))) as [
        string,
        string,
      ]
      if (members.has(key)) return undefined
      members.set(key, content)
    }
  } catch {
    return undefined
  }
  return members
}

function readJson(text: string): unknown {
  if (depthOf(text) > deepest) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** How deep brackets nest, outside strings. Linear, and done before anything that recurses. */
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
