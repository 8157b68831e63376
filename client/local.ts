// Rules: test/client/login/log-in.test.ts
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** An https address, or http on loopback. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false
  return new URL(address).protocol === 'https:' || isLoopback(address)
}

/** An address of Hotwork, free of characters that an AWS profile or a shell would interpret. */
const isSafeApi = (address: string): boolean =>
  isSafeAddress(address) && /^https?:\/\/[\w.:[\]-]+(\/[\w.~=,/-]*)?$/.test(address)

function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return /^https?:$/.test(protocol) && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

const Party = z.looseObject({ id: z.string(), clientId: z.string(), privateJwk: z.record(z.string(), z.string()) })

/**
 * The file about the local stack that `npm start` writes. Its addresses must be loopback: its keys log in there.
 */
const Local = z.looseObject({
  apiUrl: z.string().refine(isLoopback),
  identityProviderUrl: z.string().refine(isLoopback),
  aws: z.looseObject({ endpointUrl: z.string().refine(isLoopback), region: z.string() }),
  agents: z.array(Party).default([]),
  newcomers: z.array(Party).default([]),
  tools: z.array(Party).default([]),
  people: z.array(Party).default([]),
})
export type Local = z.infer<typeof Local>

/**
 * The file that `HOTWORK_LOCAL` names; otherwise the nearest `.hotwork/local.json` at or above the working folder, if
 * this user owns it.
 *
 * @throws Refusal if `HOTWORK_LOCAL` names an unusable file
 */
export function findLocal({ env, folder }: Pick<Surroundings, 'env' | 'folder'>): Local | undefined {
  const named = env['HOTWORK_LOCAL']
  if (named) {
    const parsed = Local.safeParse(readJson(resolve(folder, named)))
    if (parsed.success) return parsed.data
    const field = parsed.error.issues[0]?.path.join('.')
    throw wrongUsage(
      `\`HOTWORK_LOCAL\` names an unusable file: \`${named}\``,
      field
        ? `\`${field}\` in it is missing or not on loopback: name the \`local.json\` that \`npm start\` writes`
        : 'it is missing or invalid JSON: name the `local.json` that exists while `npm start` runs',
    )
  }
  return Local.safeParse(readNearest(folder)).data
}

function readNearest(folder: string): unknown {
  for (let place = resolve(folder); ; place = dirname(place)) {
    const found = readIfOwn(join(place, '.hotwork/local.json'))
    if (found) return found.json
    if (place === dirname(place)) return undefined
  }
}

/**
 * A parent folder, such as /tmp, may be writable by other users. The owner is checked on the open file descriptor, to
 * avoid a race with a replaced file.
 */
function readIfOwn(path: string): { json?: unknown } | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch {
    return undefined
  }
  try {
    const { uid } = fstatSync(file)
    return [0, process.getuid?.() ?? uid].includes(uid) ? { json: readJson(file) } : {}
  } finally {
    closeSync(file)
  }
}

function readJson(file: string | number): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** The API's address: from an option, else `HOTWORK_API`, else the local stack. */
export const namedIssuer = (issuer: string | undefined, around: Pick<Surroundings, 'env' | 'folder'>) =>
  (issuer ?? (around.env['HOTWORK_API'] || findLocal(around)?.apiUrl))?.replace(/\/+$/, '') || undefined

/** @internal The address of Hotwork: `option`, else `HOTWORK_API`, else the local stack. @throws Refusal */
export function findIssuer(
  issuer: string | undefined,
  around: Pick<Surroundings, 'env' | 'folder'>,
  option = '`issuer`',
): string {
  const found = namedIssuer(issuer, around)
  if (!found)
    throw wrongUsage(
      'the address of Hotwork is missing',
      `give its address as ${option} or in \`HOTWORK_API\`; for the stack of \`npm start\`, outside of its checkout, name its \`.hotwork/local.json\` in \`HOTWORK_LOCAL\``,
    )
  if (isSafeApi(found)) return found
  throw wrongUsage(
    `\`${found.slice(0, 200)}\` is an unsafe address: a token sent there could leak`,
    'use https; http only on loopback',
  )
}
