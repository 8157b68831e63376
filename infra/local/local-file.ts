import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { PrivateJwk } from './identity-provider.ts'

/** What `local.json` says of a running local stack (interfaces.md, section 2). */
export interface Local {
  /** The API's address: `http://127.0.0.1:PORT`, no path, no slash at the end. */
  apiUrl: string
  issuer: string
  aws: {
    endpointUrl: string
    region: string
    accountId: string
    /** The local administrator's. */
    accessKeyId: string
    secretAccessKey: string
    stackName: string
    stateMachineArn: string
    requestsTable: string
    ledgerTable: string
    waitsTable: string
    cardsTable: string
    targetRoleArn: string
  }
  identityProviderUrl: string
  /** Where the calls of the Lambdas are counted, if they are: see call-meter.ts. */
  meterUrl?: string
  agents: (LocalClient & { owner: string; autonomy: string })[]
  tools: (LocalClient & { audience: string; addresses: string[] })[]
  people: (LocalClient & { groups: string[]; slackUserId: string })[]
  slack: {
    /** Slack's Web API here, with a slash at the end. */
    apiUrl: string
    deskUrl: string
    /** Where the desk sends interactions. */
    interactivityUrl: string
    teamId: string
    appId: string
    signingSecret: string
    /** Channel ids by the alias in the ladder. */
    channels: Record<string, string>
  }
  /** Where the incident tool says that an incident is closed, and what it signs with (Standard Webhooks). */
  incidents: { eventsUrl: string; webhookSecret: string }
}

/** Authenticates to the identity provider with `private_key_jwt`. */
export interface LocalClient {
  id: string
  clientId: string
  privateJwk: PrivateJwk
}

/** Writes it so that only this user can read it: it holds keys. */
export function writeLocalFile(path: string, local: Local): void {
  rmSync(path, { force: true }) // A file that exists would keep its mode.
  writeFileSync(path, `${JSON.stringify(local, null, 2)}\n`, { mode: 0o600 })
}

export const removeLocalFile = (path: string) => rmSync(path, { force: true })

/** The running stack's, if there is one. */
export function readLocalFile(path: string): Local | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Local
  } catch {
    return undefined
  }
}
