import { createHash, randomBytes } from 'node:crypto'
import { browserClientId, commandLineClientId, type IdentityProvider, peopleAudience } from './identity-provider.ts'
import { signalsPath } from './local-file.ts'
import { findFreePort } from './loopback.ts'
import type { Organisation } from './organisation.ts'

type SlackApp = ReturnType<typeof createSlackApp>

/** Made up at each start, in the forms of Slack's own. */
export const createSlackApp = (channels: readonly string[], name = 'HOTWORK') => ({
  teamId: `T0${name}`,
  appId: `A0${name}`,
  botUserId: `U0${name}`,
  botToken: `xoxb-${randomBytes(16).toString('hex')}`,
  signingSecret: randomBytes(16).toString('hex'),
  channels: Object.fromEntries(channels.map((alias) => [alias, channelId(alias)])),
})

/** The same at every start, so that what a person learned stays true. */
const channelId = (alias: string) => `C${createHash('sha256').update(alias).digest('hex').slice(0, 9).toUpperCase()}`

/** The emulator gives these keys to no request, so session policies leave them out here. test/domain/credentials/session-policy.test.ts holds them. */
const unjudgedConditions = [
  'ssm:Overwrite',
  'ecs:cluster',
  'ecs:task-definition',
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
]

/** Here a call is on record at once. Seconds. */
const callsRecordedWithin = 20

type World = {
  organisation: Organisation
  issuer: string
  identityProvider: Pick<IdentityProvider, 'url' | 'jwksUri'>
  accountId: string
  region: string
  slack: SlackApp
  slackApiUrl: string
  /** Beside the first, by alias. */
  workspaces?: { readonly [chat: string]: { app: SlackApp; apiUrl: string } }
  /** Where a group comes from there. */
  pagerUrl: string | undefined
  /** Where incidents are looked up there, with `{incident}` for the name. */
  incidentsUrl: string
}

export async function describeDeployment(world: World) {
  const { organisation, issuer, accountId, region, slack, slackApiUrl, workspaces, pagerUrl, incidentsUrl } = world
  const { url, jwksUri } = world.identityProvider
  const trusted = (audience: string) => ({ issuer: url, jwksUri, audience, algorithms: ['ES256'] })
  // Such as GitHub: no token of it comes from this machine.
  const absent = organisation.absentIssuers.map(({ alias, matchedByClaims }) => [
    alias,
    {
      ...(matchedByClaims && { kind: 'github' }),
      ...{ issuer: `${url}/absent/${alias}`, jwksUri, audience: issuer, algorithms: ['RS256'] },
    },
  ])
  const tools = await Promise.all(
    organisation.tools.map(async ({ id }) => {
      const address = `http://127.0.0.1:${await findFreePort()}`
      const signals = [`http://127.0.0.1:${await findFreePort()}/signals`]
      return [id.replace(/^tool:/, ''), { audience: address, addresses: [address], reads: `${address}/state`, signals }]
    }),
  )
  // Those in the group `security`, if any, may use the sealed role: each as an IAM user of their name.
  const security = organisation.people.filter(({ groups }) => groups.includes('security')).slice(0, 8)
  const sealed = security.map(({ id }) => [id, `arn:aws:iam::${accountId}:user/${id.replace('person:', '')}`])
  const [peopleIssuer] = organisation.peopleIssuers
  return {
    callsRecordedWithin,
    issuers: Object.fromEntries([
      ...organisation.workloadIssuers.map((alias) => [alias, trusted(issuer)]),
      ...organisation.peopleIssuers.map((alias) => [alias, trusted(peopleAudience(issuer))]),
      ...absent,
    ]),
    transmitters: {
      'identity-provider': {
        ...trusted(`{issuer}${signalsPath}`),
        subjectsOf: [...new Set([...organisation.workloadIssuers, ...organisation.peopleIssuers])],
        events: ['session-revoked', 'account-disabled', 'credential-compromise'],
      },
    },
    tools: Object.fromEntries(tools),
    accounts: Object.fromEntries(
      organisation.accounts.map((alias) => [
        alias,
        {
          ...{ accountId, region, partition: 'aws', externalId: randomBytes(16).toString('hex'), unjudgedConditions },
          ...(sealed.length > 0 && { sealed: { people: Object.fromEntries(sealed) } }),
        },
      ]),
    ),
    ...(peopleIssuer !== undefined && {
      login: {
        issuer: peopleIssuer,
        clientId: browserClientId,
        commandLine: { clientId: commandLineClientId, resource: '{issuer}' },
      },
    }),
    incidents: { url: incidentsUrl },
    ...(pagerUrl !== undefined && { pagerDuty: { url: pagerUrl } }),
    ...chatsOf({ slack: { app: slack, apiUrl: slackApiUrl }, ...workspaces }),
  }
}

type Workspaces = NonNullable<World['workspaces']>

/** One workspace is written as it is where there are no others. */
function chatsOf(all: Workspaces) {
  const memberOf = ({ app: { teamId, appId, botUserId }, apiUrl }: Workspaces[string]) => ({
    apiUrl,
    teamId,
    appId,
    botUserId,
  })
  const [only, ...others] = Object.values(all)
  if (only && others.length === 0) return { channels: only.app.channels, slack: memberOf(only) }
  const channels = Object.entries(all).flatMap(([chat, { app }]) =>
    Object.entries(app.channels).map(([alias, id]) => [alias, { chat, id }]),
  )
  const chats = Object.entries(all).map(([chat, each]) => [chat, { kind: 'slack', ...memberOf(each) }])
  return { channels: Object.fromEntries(channels), chats: Object.fromEntries(chats) }
}
