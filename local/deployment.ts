// Rules: test/local/start.test.ts
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { deployAssembly, doorsOf, synthesize, warm } from './cdk.ts'
import { createSlackApp, describeDeployment } from './deployment-file.ts'
import { startDesk } from './desk/desk.ts'
import { type AwsAccess, type Between, clientSettings } from './emulator.ts'
import type { IdentityProvider, PrivateJwk } from './identity-provider.ts'
import type { Local } from './local-file.ts'
import { type ReverseProxy, startReverseProxy } from './loopback.ts'
import { principalsOf, readOrganisation, withDatesOfToday } from './organisation.ts'
import { startPager } from './pager.ts'
import type { Progress } from './progress.ts'

export interface Surroundings {
  directory: string
  logDirectory: string
  app: string
  identityProvider: IdentityProvider
  accountId: string
  region: string
  progress: Progress
  signal: AbortSignal
}

type Prepared = Awaited<ReturnType<typeof prepareDeployment>>
type SlackApp = ReturnType<typeof createSlackApp>
type Person = ReturnType<typeof readOrganisation>['people'][number]
type Described = Omit<Prepared, 'proxy' | 'issuer' | 'file' | 'directory' | 'assembly' | 'workspaces'> & {
  workspaces?: Prepared['workspaces']
  proxy: Pick<ReverseProxy, 'url'>
  issuer?: string
  file: Pick<Prepared['file'], 'tools'>
}

/**
 * Prepares everything that needs no AWS: addresses, principals, the deployment file, the assembly. `resources` ends
 * what it starts.
 */
export async function prepareDeployment(
  around: Surroundings,
  {
    stackName,
    policies: folder,
    slack: between,
    workspaces: named = {},
    front,
    targets,
  }: {
    stackName: string
    policies: string
    slack?: Between | undefined
    workspaces?: { readonly [chat: string]: readonly string[] }
    front?: Between | undefined
    targets?: { readonly [alias: string]: object } | undefined
  },
  resources: AsyncDisposableStack,
) {
  const { identityProvider, accountId, region, logDirectory, signal } = around
  const organisation = readOrganisation(folder)
  const directory = join(around.directory, 'deployments', stackName)
  mkdirSync(directory, { recursive: true })
  const policies = withDatesOfToday(folder, join(directory, 'policies'))
  const log = (line: string) => appendFileSync(join(logDirectory, `${stackName}.log`), `${line}\n`)

  const proxy = await startReverseProxy(log)
  resources.defer(() => proxy.close())
  front?.forwardTo(proxy.url)
  const issuer = front?.url ?? proxy.url
  const startWorkspace = async (
    app: SlackApp,
    accountOf: (person: Person) => string | undefined,
    outsideUrl?: string,
  ) => {
    const desk = await startDesk({
      ...{ ...app, outsideUrl, log },
      interactivityUrl: interactivityUrl(proxy),
      people: organisation.people.flatMap((person) => {
        const slackUserId = accountOf(person)
        if (slackUserId === undefined) return []
        return { slackUserId, name: person.id.replace(/^person:/, ''), realName: person.name, groups: person.groups }
      }),
      channels: Object.entries(app.channels).map(([name, id]) => ({ name, id })),
    })
    resources.defer(() => desk.close())
    return desk
  }
  const elsewhere = Object.values(named).flat()
  const slack = createSlackApp(organisation.channels.filter((alias) => !elsewhere.includes(alias)))
  const desk = await startWorkspace(slack, ({ slackUserId }) => slackUserId, between?.url)
  const workspaces: { [chat: string]: { app: SlackApp; apiUrl: string; deskUrl: string } } = {}
  for (const [chat, channels] of Object.entries(named)) {
    const app = createSlackApp(channels, chat.toUpperCase())
    const { apiUrl, deskUrl } = await startWorkspace(app, ({ accounts }) => accounts[chat])
    workspaces[chat] = { app, apiUrl, deskUrl }
  }
  identityProvider.serve(issuer)
  const keys = await identityProvider.enrol(principalsOf(organisation))

  const incidents = await startPager({ ...organisation.pager, log })
  resources.defer(() => incidents.close())
  const pager = organisation.pager.schedules.length > 0 ? incidents : undefined

  between?.forwardTo(desk.deskUrl)
  const addresses = {
    slackApiUrl: between ? `${between.url}/api/` : desk.apiUrl,
    pagerUrl: pager?.url,
    incidentsUrl: `${incidents.url}/incidents/{incident}`,
  }
  const world = { organisation, issuer, identityProvider, accountId, region, slack, workspaces, ...addresses }
  const file = { ...(await describeDeployment(world)), ...(targets && { targets }) }
  const deployment = join(directory, 'deployment.json')
  writeFileSync(deployment, `${JSON.stringify(file, null, 2)}\n`)
  const assembly = join(directory, 'assembly')
  await around.progress(`synthesize the CDK app as ${stackName}`, () =>
    synthesize({
      app: around.app,
      assembly,
      context: { deployment, policies, issuer, stackName, reservedConcurrency: 'usual' },
      accountId,
      region,
      directory,
      logFile: join(logDirectory, `${stackName}-synth.log`),
      signal,
    }),
  )
  const incidentTool = { webhookSecret: newWebhookSecret(), checkAuthorization: incidents.authorization }
  const webhooks = organisation.notified.map((each) => ({ ...each, secret: newWebhookSecret() }))
  const outside = { slack, workspaces, incidentTool, webhooks, desk, pager }
  return { stackName, organisation, proxy, issuer, ...outside, file, keys, directory, assembly }
}

export async function deployPrepared(around: Surroundings, prepared: Prepared, aws: AwsAccess): Promise<Local> {
  const { stackName, directory, assembly, proxy, slack, workspaces, incidentTool, webhooks, pager } = prepared
  const { logDirectory, progress, signal } = around
  const output = await progress(`deploy ${stackName}`, async () => {
    const logFile = join(logDirectory, `${stackName}-deploy.log`)
    const outputs = await deployAssembly({ aws, assembly, directory, logFile, signal })
    const output = (name: string) => {
      const value = outputs[name]
      if (value !== undefined) return value
      throw new Error(`the deployed stacks have no output \`${name}\`: infra/hotwork.ts makes it`)
    }
    await fillSecrets(aws, output, { slack, workspaces, incidentTool, webhooks, pager })
    return output
  })
  proxy.forwardTo(`${aws.endpointUrl}/_aws/execute-api/${output('ApiId')}/$default`)
  await progress(`load the Lambdas of ${stackName}, and look at the hosts of agents`, () =>
    Promise.all([
      warm(proxy.url, doorsOf(assembly, stackName), signal),
      lookAtHosts(aws, output('LookAtHostsFunction'), signal),
    ]),
  )
  return describeLocal(around, prepared, aws, output)
}

/** Runs the daily look now, since policy asks more people while a host is unknown. */
async function lookAtHosts(aws: AwsAccess, FunctionName: string, abortSignal: AbortSignal): Promise<void> {
  const lambda = new LambdaClient(clientSettings(aws))
  const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName }), { abortSignal })
  lambda.destroy()
  if (FunctionError !== undefined) throw new Error(`\`${FunctionName}\` did not look at the hosts: ${FunctionError}`)
}

/** Puts the secrets that Hotwork shares with outside programs. */
export async function fillSecrets(
  aws: AwsAccess,
  output: (name: string) => string,
  {
    slack,
    workspaces = {},
    incidentTool,
    webhooks,
    pager,
  }: Pick<Prepared, 'slack' | 'incidentTool' | 'webhooks' | 'pager'> & Partial<Pick<Prepared, 'workspaces'>>,
): Promise<void> {
  const secrets = new SecretsManagerClient(clientSettings(aws))
  const put = (SecretId: string, value: object) =>
    secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }))
  const secretOf = ({ botToken, signingSecret }: SlackApp) => ({ botToken, signingSecret })
  await put(output('SlackSecret'), secretOf(slack))
  for (const [chat, { app }] of Object.entries(workspaces))
    await put(output(`ChatSecret${chat.replace(/^./, (first) => first.toUpperCase())}`), secretOf(app))
  await put(output('IncidentSecret'), incidentTool)
  if (webhooks.length > 0)
    await put(output('WebhookSecret'), Object.fromEntries(webhooks.map(({ id, secret }) => [id, secret])))
  if (pager) await put(output('PagerDutySecret'), { token: pager.token })
  secrets.destroy()
}

export function describeLocal(
  { identityProvider, accountId }: Pick<Surroundings, 'identityProvider' | 'accountId'>,
  {
    stackName,
    organisation,
    proxy,
    issuer = proxy.url,
    slack,
    workspaces = {},
    incidentTool,
    webhooks,
    desk,
    pager,
    file,
    keys,
  }: Described,
  aws: AwsAccess,
  output: (name: string) => string,
) {
  const clientOf = ({ id, subject }: { id: string; subject: string }) => ({
    id,
    clientId: subject,
    privateJwk: keys.get(subject) as PrivateJwk,
  })
  const { teamId, appId, signingSecret, channels } = slack
  return {
    /** `http://127.0.0.1:PORT`, without a path or a trailing slash. */
    apiUrl: proxy.url,
    issuer,
    aws: {
      endpointUrl: aws.endpointUrl,
      region: aws.region,
      accountId,
      accessKeyId: aws.accessKeyId,
      secretAccessKey: aws.secretAccessKey,
      ...(aws.sessionToken && { sessionToken: aws.sessionToken }),
      stackName,
      stateMachineArn: output('StateMachineArn'),
      requestsTable: output('RequestsTable'),
      ledgerTable: output('LedgerTable'),
      textsTable: output('TextsTable'),
      waitsTable: output('WaitsTable'),
      cardsTable: output('CardsTable'),
      /** The bucket of the log (C2SP tlog-tiles). */
      logBucket: output('LogBucket'),
      /** Compares the tables with the log hourly; tests invoke it at once. */
      reconcileFunction: output('ReconcileFunction'),
      /** Reads the sources of groups each minute; tests invoke it at once. */
      refreshGroupsFunction: output('RefreshGroupsFunction'),
      /** The bus of decision events. */
      eventBus: output('EventBus'),
      targetRoleArn: output('TargetRoleArn'),
    },
    identityProviderUrl: identityProvider.url,
    agents: organisation.agents.map(({ owner, autonomy, ...agent }) => ({ ...clientOf(agent), owner, autonomy })),
    /** Workloads that are no agents yet. */
    newcomers: organisation.newcomers.map(clientOf),
    tools: organisation.tools.map((tool) => ({
      ...clientOf(tool),
      ...(file.tools[tool.id.replace(/^tool:/, '')] as { audience: string; addresses: string[]; signals: string[] }),
    })),
    people: organisation.people.map(({ groups, slackUserId, accounts: _, ...person }) => ({
      ...clientOf(person),
      groups,
      slackUserId,
    })),
    slack: {
      /** Slack's Web API here, with a trailing slash. */
      apiUrl: desk.apiUrl,
      deskUrl: desk.deskUrl,
      interactivityUrl: interactivityUrl(proxy),
      ...{ teamId, appId, signingSecret, channels },
    },
    /** The other workspaces, by alias. */
    workspaces: Object.fromEntries(
      Object.entries(workspaces).map(([chat, { app, ...urls }]) => [
        chat,
        { ...urls, signingSecret: app.signingSecret },
      ]),
    ),
    /** PagerDuty here. `POST control/shift` begins another shift. */
    ...(pager && { pager: { url: pager.url, users: organisation.pager.users } }),
    /**
     * The incident tool's signing secret (Standard Webhooks), and the address for its report that an incident is
     * closed.
     */
    incidents: { eventsUrl: `${proxy.url}/v1/incident-events`, ...incidentTool },
    /** The notified agents and tools, with their addresses and verification secrets (Standard Webhooks). */
    webhooks,
  }
}

export const newWebhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`

export const interactivityUrl = ({ url }: Pick<ReverseProxy, 'url'>) => `${url}/slack/events`
