import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { quotaNeeded } from './functions.ts'

export class UnusableSettings extends Error {
  override readonly name = 'UnusableSettings'
}

export function must(holds: boolean, mend: string): asserts holds {
  if (!holds) throw new UnusableSettings(mend)
}

/** What a deployer says with `-c name=value` (docs/deploy.md). */
export type Settings = ReturnType<typeof readSettings>

/** @throws UnusableSettings that names the context value and the fix */
export function readSettings(context: (key: string) => unknown) {
  const said = (key: string): string => {
    const value = context(key) ?? ''
    must(
      typeof value === 'string' || typeof value === 'number',
      `context \`${key}\` is one value: pass -c ${key}=VALUE`,
    )
    return String(value)
  }
  const stackName = said('stackName') || 'Hotwork'
  must(
    // The longest derived name is a role's, `{stackName}-revoker`, of IAM's 64 characters.
    /^[A-Za-z][A-Za-z0-9-]{0,47}$/.test(stackName),
    `stackName \`${stackName}\` cannot name a stack: use a letter, then at most 47 letters, digits and hyphens`,
  )
  const policies = said('policies') || 'policies'
  must(existsSync(policies), `the policy folder \`${policies}\` does not exist: pass -c policies=PATH`)
  const deployment = said('deployment')
  must(
    deployment !== '',
    'no deployment file says what the issuers, tools, channels and accounts of the policies are here: pass -c deployment=PATH (docs/deploy.md)',
  )
  must(
    existsSync(deployment),
    `the deployment file \`${deployment}\` does not exist: write it as docs/deploy.md shows and pass -c deployment=PATH`,
  )
  const issuer = said('issuer')
  must(
    issuer === '' || isOrigin(issuer),
    `issuer \`${issuer}\` is not an address: use https://HOST without a path or a trailing slash`,
  )
  const reservedConcurrency = said('reservedConcurrency') || 'none'
  must(
    reservedConcurrency === 'usual' || reservedConcurrency === 'none',
    `reservedConcurrency \`${reservedConcurrency}\` is not known: use \`usual\` where \`aws lambda get-account-settings\` shows ${quotaNeeded} ConcurrentExecutions or more, else \`none\``,
  )
  const keys = (said('signingKeys') || '1').split(',')
  must(
    keys.every((key) => /^[1-9]\d{0,3}$/.test(key)) && new Set(keys).size === keys.length && keys.length <= 3,
    `signingKeys \`${keys}\` is not a list of keys: use up to three different numbers from 1, with commas between, the one that signs first`,
  )
  const protectTables = said('protectTables') || 'no'
  must(
    protectTables === 'yes' || protectTables === 'no',
    `context \`protectTables\` is \`yes\` or \`no\`, not \`${protectTables}\``,
  )
  return {
    stackName,
    policies: resolve(policies),
    deployment: resolve(deployment),
    /** Where it is not the HTTP API's own address: a custom domain, the local reverse proxy. */
    issuer: issuer || undefined,
    alarmTopic: said('alarmTopic') || undefined,
    reservedConcurrency,
    signingKeys: keys.map(Number) as [number, ...number[]],
    protectTables: protectTables === 'yes',
  }
}

function isOrigin(address: string): boolean {
  const url = URL.parse(address)
  // Loopback is the one place without TLS.
  const isLoopback = url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname)
  return (url?.protocol === 'https:' || isLoopback) && url?.origin === address
}
