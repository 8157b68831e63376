// Rules: test/local/organisation.test.ts
import { createHash, randomBytes } from 'node:crypto'
import { browserClientId, commandLineClientId, type IdentityProvider, peopleAudience } from './identity-provider.ts'
import { signalsPath } from './local-file.ts'
import { findFreePort } from './loopback.ts'
import { expectedSubjects, type Organisation } from './organisation.ts'

type SlackApp = ReturnType<typeof createSlackApp>

/** Random secrets, and ids in Slack's forms, new at each start. */
export const createSlackApp = (channels: readonly string[], name = 'HOTWORK') => ({
  teamId: `T0${name}`,
  appId: `A0${name}`,
  botUserId: `U0${name}`,
  botToken: `xoxb-${randomBytes(16).toString('hex')}`,
  signingSecret: randomBytes(16).toString('hex'),
  channels: Object.fromEntries(channels.map((alias) => [alias, channelId(alias)])),
})

/** A channel id that is the same at every start, so that bookmarks stay valid. */
const channelId = (alias: string) => `C${createHash('sha256').update(alias).digest('hex').slice(0, 9).toUpperCase()}`

/**
 * Condition keys that the emulator never provides, so that session policies here leave them out.
 * test/domain/credentials/session-policy.test.ts tests them.
 */
const unjudgedConditions = [
  'ssm:Overwrite',
  'ecs:cluster',
  'ecs:task-definition',
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
  'states:StateMachineQualifier',
]

/** The time until a call is recorded. The emulator records at once. Seconds. */
const callsRecordedWithin = 12

type World = {
  organisation: Organisation
  issuer: string
  identityProvider: Pick<IdentityProvider, 'url' | 'jwksUri'>
  accountId: string
  region: string
  slack: SlackApp
  slackApiUrl: string
  /** The other workspaces, by alias. */
  workspaces?: { readonly [chat: string]: { app: SlackApp; apiUrl: string } }
  /** The pager's address, if it is the source of a group. */
  pagerUrl: string | undefined
  /** The address of an incident, with `{incident}` for its name. */
  incidentsUrl: string
}

export async function describeDeployment(world: World) {
  const { organisation, issuer, accountId, region, slack, slackApiUrl, workspaces, pagerUrl, incidentsUrl } = world
  const { url, jwksUri } = world.identityProvider
  const trusted = (audience: string) => ({ issuer: url, jwksUri, audience, algorithms: ['ES256'] })
  // An absent issuer, such as GitHub, which issues no token on this machine.
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
  // The users of the sealed role: people of the group `security`, each as an IAM user of their name.
  const security = organisation.people.filter(({ groups }) => groups.includes('security')).slice(0, 8)
  const sealed = security.map(({ id }) => [id, `arn:aws:iam::${accountId}:user/${id.replace('person:', '')}`])
  const [peopleIssuer] = organisation.peopleIssuers
  return {
    callsRecordedWithin,
    issuers: Object.fromEntries([
      ...organisation.workloadIssuers.map((alias) => [alias, { ...trusted(issuer), expected: expectedSubjects }]),
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
          ...(sealed.length > 0 && {
            sealed: { people: Object.fromEntries(sealed), recertifyBy: organisation.firstDay },
          }),
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

/** A single workspace is written without an alias. */
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
