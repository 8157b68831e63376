import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { quotaNeeded } from './functions.ts'

export class UnusableSettings extends Error {
  override readonly name = 'UnusableSettings'

  constructor(message: string) {
    super(message)
    // Drops the stack trace: a deployer corrects this in their own files.
    const frames = (this.stack ?? '').slice(`${this.name}: ${message}`.length).split('\n')
    const theirs = frames.filter((frame) => frame !== '' && !/node:|node_modules/.test(frame) && !isOurs(frame))
    Object.defineProperty(this, 'stack', { value: [`${this.name}: ${message}`, ...theirs].join('\n') })
  }
}

const isOurs = (frame: string) => frame.includes(import.meta.dirname)

export function must(holds: boolean, mend: string): asserts holds {
  if (!holds) throw new UnusableSettings(mend)
}

/** A deployer's settings of one Hotwork, as values: the part of the construct's properties that is checked. */
export type Settings = {
  policies: string
  deployment: string
  issuer: string | undefined
  signingKeys: readonly [number, ...number[]]
  notaryKeys: readonly [number, ...number[]]
  protectTables: boolean
  reservedConcurrency: 'usual' | 'none'
  shards: number
  hardlyRead: number | undefined
}

/** The phrase for a setting: `pass -c policies=PATH` for the app, `give policies: PATH` for the construct. */
type HowToSay = (name: string, value: string) => string

const inCode: HowToSay = (name, value) => `give \`${name}: ${value}\``
const asContext: HowToSay = (name, value) => `pass -c ${name}=${value}`

/**
 * The settings with their defaults, from code or the command line, which may be untyped.
 * @throws UnusableSettings that names the setting and the fix
 */
export function checkSettings(given: { readonly [name in keyof Settings]?: unknown }, say = inCode): Settings {
  const {
    policies = 'policies',
    deployment,
    issuer,
    signingKeys = [1],
    notaryKeys = [1],
    protectTables = false,
    reservedConcurrency = 'none',
    shards = 1,
    hardlyRead,
  } = given
  must(
    typeof policies === 'string' && existsSync(policies),
    `the policy folder \`${policies}\` does not exist: ${say('policies', 'PATH')}`,
  )
  must(
    typeof deployment === 'string' && deployment !== '',
    `no deployment file says what the issuers, tools, channels and accounts of the policies are here: ${say('deployment', 'PATH')} (docs/deploy.md)`,
  )
  must(
    existsSync(deployment),
    `the deployment file \`${deployment}\` does not exist: write it as docs/deploy.md shows and ${say('deployment', 'PATH')}`,
  )
  must(
    issuer === undefined || (typeof issuer === 'string' && isOrigin(issuer)),
    `issuer \`${issuer}\` is not an address: use https://HOST without a path or a trailing slash`,
  )
  must(
    reservedConcurrency === 'usual' || reservedConcurrency === 'none',
    `reservedConcurrency \`${reservedConcurrency}\` is not known: use \`usual\` where \`aws lambda get-account-settings\` shows ${quotaNeeded} ConcurrentExecutions or more, else \`none\``,
  )
  const notKeys =
    'is not a list of keys: use up to three different numbers from 1, with commas between, the one that signs first'
  must(isListOfKeys(signingKeys), `signingKeys \`${signingKeys}\` ${notKeys}`)
  must(isListOfKeys(notaryKeys), `notaryKeys \`${notaryKeys}\` ${notKeys}`)
  must(typeof protectTables === 'boolean', `protectTables \`${protectTables}\` is not known: use \`true\` or \`false\``)
  must(
    typeof shards === 'number' && Number.isInteger(shards) && shards >= 1 && shards <= 64,
    `shards \`${shards}\` is not known: use a whole number from 1 to 64, never a smaller one than before (docs/scale.md)`,
  )
  must(
    hardlyRead === undefined || isPercent(hardlyRead),
    `hardlyRead \`${hardlyRead}\` is not known: use a whole number of percent, from 1 to 100`,
  )
  return {
    ...{ policies: resolve(policies), deployment: resolve(deployment) },
    ...{ issuer, signingKeys, notaryKeys, protectTables, reservedConcurrency, shards, hardlyRead },
  }
}

const isPercent = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100

const isListOfKeys = (keys: unknown): keys is [number, ...number[]] =>
  Array.isArray(keys) &&
  keys.length >= 1 &&
  keys.length <= 3 &&
  new Set(keys).size === keys.length &&
  keys.every((key) => Number.isInteger(key) && key >= 1 && key <= 9999)

function isOrigin(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, origin } = new URL(address)
  // Only loopback may be without TLS.
  const isLoopback = protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname)
  return (protocol === 'https:' || isLoopback) && origin === address
}

/**
 * Checks the stack's name, from which the names of Hotwork's roles, queue and secrets are derived.
 * @throws UnusableSettings
 */
export function checkStackName(name: string): void {
  must(
    // The longest derived name is a role's, `{stackName}-decide-request`, within IAM's 64 characters.
    /^[A-Za-z][A-Za-z0-9-]{0,47}$/.test(name),
    `stackName \`${name}\` cannot name a stack: use a letter, then at most 47 letters, digits and hyphens`,
  )
}

/**
 * A deployer's settings of the checkout's own app, by `-c name=value` (docs/deploy.md).
 * @throws UnusableSettings that names the context value and the fix
 */
export function readSettings(context: (key: string) => unknown) {
  const said = (key: string): string | undefined => {
    const value = context(key) ?? ''
    must(
      typeof value === 'string' || typeof value === 'number',
      `context \`${key}\` is one value: pass -c ${key}=VALUE`,
    )
    return String(value) || undefined
  }
  const stackName = said('stackName') ?? 'Hotwork'
  checkStackName(stackName)
  const protectTables = said('protectTables') ?? 'no'
  must(
    protectTables === 'yes' || protectTables === 'no',
    `context \`protectTables\` is \`yes\` or \`no\`, not \`${protectTables}\``,
  )
  // Numbers without a leading space, sign or zero.
  const read = (text: string) => (/^[1-9]\d*$/.test(text) ? Number(text) : text)
  const [shards, hardlyRead] = [said('shards'), said('hardlyRead')]
  const keysOf = (name: string) => said(name)?.split(',').map(read)
  const settings = checkSettings(
    {
      policies: said('policies'),
      deployment: said('deployment'),
      issuer: said('issuer'),
      reservedConcurrency: said('reservedConcurrency'),
      signingKeys: keysOf('signingKeys'),
      notaryKeys: keysOf('notaryKeys'),
      protectTables: protectTables === 'yes',
      shards: shards === undefined ? undefined : read(shards),
      hardlyRead: hardlyRead === undefined ? undefined : read(hardlyRead),
    },
    asContext,
  )
  const watch = said('watch')?.split(',') ?? []
  must(
    watch.every((region) => /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region)),
    `context \`watch\` is a list of Regions with commas between, such as \`us-east-1\`, not \`${watch}\``,
  )
  return { ...settings, stackName, alarmTopic: said('alarmTopic'), watch }
}
