import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { browserClientId, commandLineClientId, type IdentityProvider, peopleAudience } from './identity-provider.ts'
import { findFreePort } from './loopback.ts'
import type { Organisation } from './organisation.ts'

/** The Slack app of a local deployment: made up at each start, but in the forms that Slack's own have. */
export interface SlackApp {
  teamId: string
  appId: string
  botUserId: string
  botToken: string
  signingSecret: string
  channels: Record<string, string>
}

export function createSlackApp(channels: string[]): SlackApp {
  return {
    teamId: 'T0HOTWORK',
    appId: 'A0HOTWORK',
    botUserId: 'U0HOTWORK',
    botToken: `xoxb-${randomBytes(16).toString('hex')}`,
    signingSecret: randomBytes(16).toString('hex'),
    channels: Object.fromEntries(channels.map((alias) => [alias, channelId(alias)])),
  }
}

/** The same alias is the same channel at every start, so that what a person learned stays true. */
const channelId = (alias: string) => `C${createHash('sha256').update(alias).digest('hex').slice(0, 9).toUpperCase()}`

interface LocalIssuer {
  kind?: 'github'
  issuer: string
  jwksUri: string
  audience: string
  algorithms: string[]
}

/**
 * Condition keys that the emulator gives no request: a statement with one of them matches nothing here. They are left out
 * of session policies on this machine alone, and held to their meaning by simulation (test/domain/session-policy.test.ts).
 */
const unjudgedConditions = [
  'ssm:Overwrite',
  'ecs:cluster',
  'ecs:task-definition',
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
]

/** The deployment file: what each alias in the policies means on this machine. */
export interface DeploymentFile {
  issuers: Record<string, LocalIssuer>
  tools: Record<string, { audience: string; addresses: string[] }>
  channels: Record<string, string>
  accounts: Record<
    string,
    {
      accountId: string
      region: string
      partition: string
      externalId: string
      unjudgedConditions: string[]
      sealed?: { people: Record<string, string> }
    }
  >
  /** Where people log in with a browser, and as what the pages are known there. */
  login?: { issuer: string; clientId: string; commandLine: { clientId: string; resource: string } }
  slack: { apiUrl: string; teamId: string; appId: string; botUserId: string }
}

/** @param issuer The address of the API that is to be deployed. */
export async function describeDeployment(options: {
  organisation: Organisation
  issuer: string
  identityProvider: Pick<IdentityProvider, 'url' | 'jwksUri'>
  accountId: string
  region: string
  slack: SlackApp
  slackApiUrl: string
}): Promise<DeploymentFile> {
  const { organisation, issuer, identityProvider, accountId, region, slack, slackApiUrl } = options
  const trust = (aliases: string[], audience: string) =>
    aliases.map((alias) => [
      alias,
      { issuer: identityProvider.url, jwksUri: identityProvider.jwksUri, audience, algorithms: ['ES256'] },
    ])
  // Whoever looks after security may use the sealed role, where there is anybody: each as an IAM user of their name.
  const sealed = Object.fromEntries(
    organisation.people
      .filter(({ groups }) => groups.includes('security'))
      .slice(0, 8)
      .map(({ id }) => [id, `arn:aws:iam::${accountId}:user/${id.replace('person:', '')}`]),
  )
  // Such as GitHub: the policies may name it, and nobody on this machine has a token of it.
  const absent = organisation.absentIssuers.map(({ alias, matchedByClaims }): [string, LocalIssuer] => [
    alias,
    {
      ...(matchedByClaims ? { kind: 'github' } : {}),
      issuer: `${identityProvider.url}/absent/${alias}`,
      jwksUri: identityProvider.jwksUri,
      audience: issuer,
      algorithms: ['RS256'],
    },
  ])
  const tools = await Promise.all(
    organisation.tools.map(async ({ id }) => {
      const address = `http://127.0.0.1:${await findFreePort()}`
      return [id.replace(/^tool:/, ''), { audience: address, addresses: [address] }]
    }),
  )
  return {
    issuers: Object.fromEntries([
      ...trust(organisation.workloadIssuers, issuer),
      ...trust(organisation.peopleIssuers, peopleAudience(issuer)),
      ...absent,
    ]),
    tools: Object.fromEntries(tools),
    channels: slack.channels,
    accounts: Object.fromEntries(
      organisation.accounts.map((alias) => [
        alias,
        {
          ...{ accountId, region, partition: 'aws', externalId: randomBytes(16).toString('hex'), unjudgedConditions },
          ...(Object.keys(sealed).length > 0 && { sealed: { people: sealed } }),
        },
      ]),
    ),
    // An organisation whose people log in elsewhere than here has its own; one issuer of people is the rule.
    ...(organisation.peopleIssuers[0] !== undefined && {
      login: {
        issuer: organisation.peopleIssuers[0],
        clientId: browserClientId,
        commandLine: { clientId: commandLineClientId, resource: '{issuer}' },
      },
    }),
    slack: { apiUrl: slackApiUrl, teamId: slack.teamId, appId: slack.appId, botUserId: slack.botUserId },
  }
}

export function writeDeploymentFile(path: string, deployment: DeploymentFile): void {
  writeFileSync(path, `${JSON.stringify(deployment, null, 2)}\n`)
}
