import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { quotaNeeded } from './functions.ts'

/** What a deployer says with `-c name=value`. */
export type Settings = {
  /** The name of the main stack and the beginning of every other name, so that two can live in one account. */
  stackName: string
  /** The policy folder, absolute. */
  policies: string
  /** The deployment file, absolute: what the aliases of the policy folder mean here. */
  deployment: string
  /** Hotwork's address where it is not the HTTP API's own: a custom domain, the local reverse proxy. No trailing slash. */
  issuer?: string
  /**
   * Whether Lambda concurrency is set apart for what stops things (functions.ts). `none` where nothing is said:
   * a new account has none to set apart, and its first deployment would fail.
   */
  reservedConcurrency: 'usual' | 'none'
  /** ARN of the SNS topic that alarms go to. Without one they only show in the console. */
  alarmTopic?: string
  /**
   * The keys of access tokens, by their numbers: the first signs, all are published. `1` until the first rotation
   * (docs/runbooks/rotate-signing-key.md).
   */
  signingKeys: readonly [number, ...number[]]
  /** Whether the tables are protected against deletion. Not in a first deployment, whose rollback deletes them. */
  protectTables: boolean
}

/** Something that a deployer must mend: its message is one sentence that says how. */
export class UnusableSettings extends Error {
  override readonly name = 'UnusableSettings'
}

/** @throws UnusableSettings that names the context value and the fix */
export function readSettings(context: (key: string) => unknown): Settings {
  const text = (key: string) => textOf(context(key), key)
  const issuer = text('issuer')
  const alarmTopic = text('alarmTopic')
  return {
    stackName: stackNameOf(text('stackName') ?? 'Hotwork'),
    policies: folderOf(text('policies') ?? 'policies'),
    deployment: deploymentOf(text('deployment')),
    ...(issuer !== undefined && { issuer: issuerOf(issuer) }),
    ...(alarmTopic !== undefined && { alarmTopic }),
    reservedConcurrency: reservedOf(text('reservedConcurrency') ?? 'none'),
    signingKeys: keysOf(text('signingKeys') ?? '1'),
    protectTables: isYes(text('protectTables') ?? 'no', 'protectTables'),
  }
}

function textOf(value: unknown, key: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new UnusableSettings(`context \`${key}\` is one value: pass -c ${key}=VALUE`)
}

function stackNameOf(name: string): string {
  // Longest derived name: a role's, `{stackName}-revoker`, of IAM's 64 characters.
  if (/^[A-Za-z][A-Za-z0-9-]{0,47}$/.test(name)) return name
  throw new UnusableSettings(
    `stackName \`${name}\` cannot name a stack: use a letter, then at most 47 letters, digits and hyphens`,
  )
}

function folderOf(path: string): string {
  if (existsSync(path)) return resolve(path)
  throw new UnusableSettings(`the policy folder \`${path}\` does not exist: pass -c policies=PATH`)
}

function deploymentOf(path: string | undefined): string {
  if (path === undefined)
    throw new UnusableSettings(
      'no deployment file says what the issuers, tools, channels and accounts of the policies are here: pass -c deployment=PATH (docs/deploy.md)',
    )
  if (existsSync(path)) return resolve(path)
  throw new UnusableSettings(
    `the deployment file \`${path}\` does not exist: write it as docs/deploy.md, shows and pass -c deployment=PATH`,
  )
}

function issuerOf(issuer: string): string {
  const url = URL.parse(issuer)
  // Loopback is the one place without TLS: interfaces.md names it as a deviation.
  const allowed =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname))
  if (allowed && url.origin === issuer) return issuer
  throw new UnusableSettings(
    `issuer \`${issuer}\` is not an address: use https://HOST without a path or a trailing slash`,
  )
}

function isYes(said: string, key: string): boolean {
  if (said === 'yes' || said === 'no') return said === 'yes'
  throw new UnusableSettings(`context \`${key}\` is \`yes\` or \`no\`, not \`${said}\``)
}

function keysOf(numbers: string): readonly [number, ...number[]] {
  const [first, ...others] = numbers
    .split(',')
    .map((number) => (/^[1-9]\d{0,3}$/.test(number) ? Number(number) : Number.NaN))
  const keys = [first ?? Number.NaN, ...others] as const
  if (!keys.some(Number.isNaN) && new Set(keys).size === keys.length && keys.length <= 3) return keys
  throw new UnusableSettings(
    `signingKeys \`${numbers}\` is not a list of keys: use up to three different numbers from 1, with commas between, the one that signs first`,
  )
}

function reservedOf(how: string): 'usual' | 'none' {
  if (how === 'usual' || how === 'none') return how
  throw new UnusableSettings(
    `reservedConcurrency \`${how}\` is not known: use \`usual\` where \`aws lambda get-account-settings\` shows ${quotaNeeded} ConcurrentExecutions or more, else \`none\``,
  )
}
