import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, deployAssembly, doorsOf, hotworkApp, root, synthesize, warm } from '../../local/cdk.ts'
import {
  describeLocal,
  fillSecrets,
  interactivityUrl,
  newWebhookSecret,
  type Surroundings,
} from '../../local/deployment.ts'
import { createSlackApp, describeDeployment } from '../../local/deployment-file.ts'
import { startDesk } from '../../local/desk/desk.ts'
import type { AwsAccess } from '../../local/emulator.ts'
import { type IdentityProvider, startIdentityProvider } from '../../local/identity-provider.ts'
import type { Local } from '../../local/local-file.ts'
import { startReverseProxy } from '../../local/loopback.ts'
import { type Organisation, principalsOf, readOrganisation } from '../../local/organisation.ts'
import { startPager } from '../../local/pager.ts'
import { toolkitOf } from './made.ts'
import { serveRelay } from './relay/serve.ts'

type Site = Pick<Surroundings, 'directory' | 'logDirectory' | 'accountId' | 'region' | 'progress' | 'signal'> & {
  /** The prefix of this run's stacks, roles and users. */
  name: string
  aws: AwsAccess
  resources: AsyncDisposableStack
}
export type Deployed = { local: Local; output: (name: string) => string }

const programs = ['idp', 'slack', 'pager']
const policies = join(root, 'policies')

/**
 * Deploys Hotwork and a target as a deployer does. The identity provider, Slack and the pager are the local stack's, on
 * this machine, and are reached through the relay.
 */
export async function deployToAws(site: Site): Promise<Deployed> {
  const { name, aws, directory, logDirectory, accountId, region, progress, signal, resources } = site
  const log = (line: string) => appendFileSync(join(logDirectory, 'programs.log'), `${line}\n`)
  const organisation = readOrganisation(policies)
  const toolkit = toolkitOf(name)
  await progress('bootstrap the CDK under a name of its own', () =>
    bootstrap({ aws, accountId, toolkit, directory, logFile: join(logDirectory, 'bootstrap.log'), signal }),
  )
  const synth = (app: string, stackName: string, context: Record<string, string>) => {
    const assembly = join(directory, `${stackName}-assembly`)
    const said = { ...context, stackName, '@aws-cdk/core:bootstrapQualifier': toolkit.qualifier }
    const logFile = join(logDirectory, `${stackName}-synth.log`)
    return progress(`synthesize ${stackName}`, () =>
      synthesize({ app, assembly, context: said, accountId, region, directory, logFile, signal }),
    ).then(() => assembly)
  }
  const deploy = (assembly: string, stackName: string) =>
    progress(`deploy ${stackName}`, () =>
      deployAssembly({ aws, assembly, directory, logFile: join(logDirectory, `${stackName}-deploy.log`), signal }),
    )

  const users = usersOf(organisation, name)
  const said = { folder: directory, programs: programs.join(','), users: [...users.values()].join(',') }
  const relay = await synth(join(import.meta.dirname, 'relay/app.ts'), `${name}Relay`, said)
  const relayed = await deploy(relay, `${name}Relay`)
  const urls = await publicUrls(aws, relayed, log, resources)
  const played = await play(organisation, urls, log, resources)
  const { queueUrl, tableName } = { queueUrl: relayed['AsksQueue'] ?? '', tableName: relayed['AnswersTable'] ?? '' }
  const end = serveRelay({ aws, queueUrl, tableName, programs: played.addresses, log })
  resources.defer(() => end.close())

  // AWS outputs the API's address; in an emulator it is a port of this machine.
  const proxy = aws.endpointUrl === '' ? undefined : await startReverseProxy(log)
  if (proxy) resources.defer(() => proxy.close())
  const file = await describeSite(site, organisation, played, urls, users)
  const deployment = join(directory, 'deployment.json')
  writeFileSync(deployment, `${JSON.stringify(file, null, 2)}\n`)
  const context = { deployment, policies, ...(proxy && { issuer: proxy.url }) }
  const assembly = await synth(hotworkApp, name, context)
  const outputs = await deploy(assembly, name)
  const output = (wanted: string) => {
    const value = outputs[wanted]
    if (value === undefined) throw new Error(`the deployed stacks have no output \`${wanted}\``)
    return value
  }
  proxy?.forwardTo(`${aws.endpointUrl}/_aws/execute-api/${output('ApiId')}/$default`)
  const outside = {
    incidentTool: { webhookSecret: newWebhookSecret(), checkAuthorization: played.pager.authorization },
    webhooks: organisation.notified.map((each) => ({ ...each, secret: newWebhookSecret() })),
  }
  const { slack, desk, pager, identityProvider, keys } = played
  await fillSecrets(aws, output, { slack, pager, ...outside })
  const address = { url: proxy?.url ?? output('ApiEndpoint') }
  played.at(interactivityUrl(address))
  identityProvider.serve(address.url)
  await progress('load the Lambdas', () => warm(address.url, doorsOf(assembly, name), signal))
  const described = { stackName: name, organisation, proxy: address, slack, desk, pager, file, keys, ...outside }
  return { local: describeLocal({ identityProvider, accountId }, described, aws, output), output }
}

/** The names of IAM users for people of the group `security`, by their ids. */
const usersOf = ({ people }: Organisation, name: string): ReadonlyMap<string, string> =>
  new Map(
    people
      .filter(({ groups }) => groups.includes('security'))
      .slice(0, 8)
      .map(({ id }) => [id, `${name}-${id.replace('person:', '')}`]),
  )

type Log = (line: string) => void

/** The public address of each program. */
async function publicUrls(
  { endpointUrl }: AwsAccess,
  outputs: Record<string, string>,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>()
  for (const program of programs) {
    if (endpointUrl === '') {
      urls.set(program, outputs[`Url${program}`] ?? '')
      continue
    }
    const proxy = await startReverseProxy(log)
    resources.defer(() => proxy.close())
    proxy.forwardTo(`${endpointUrl}/_aws/execute-api/${outputs[`Id${program}`]}/$default`)
    urls.set(program, proxy.url)
  }
  return urls
}

/** Starts the identity provider, the desk and the pager. */
async function play(
  organisation: Organisation,
  urls: ReadonlyMap<string, string>,
  log: Log,
  resources: AsyncDisposableStack,
) {
  const identityProvider = await startIdentityProvider(log, urls.get('idp'))
  resources.defer(() => identityProvider.close())
  const slack = createSlackApp(organisation.channels)
  let whereClicksGo = ''
  const desk = await startDesk({
    ...slack,
    ...{ log, outsideUrl: urls.get('slack'), interactivityUrl: () => whereClicksGo },
    people: organisation.people.map(({ id, name, groups, slackUserId }) => ({
      ...{ slackUserId, groups, name: id.replace(/^person:/, ''), realName: name },
    })),
    channels: Object.entries(slack.channels).map(([name, id]) => ({ name, id })),
  })
  resources.defer(() => desk.close())
  const pager = await startPager({ ...organisation.pager, log })
  resources.defer(() => pager.close())
  const keys = await identityProvider.enrol(principalsOf(organisation))
  const addresses = new Map([
    ['idp', identityProvider.localUrl],
    ['slack', desk.deskUrl.replace(/\/$/, '')],
    ['pager', pager.url],
  ])
  const at = (url: string) => {
    whereClicksGo = url
  }
  return { identityProvider, slack, desk, pager, keys, addresses, at }
}

type Played = { identityProvider: IdentityProvider; slack: ReturnType<typeof createSlackApp> }

/** The deployment file. On AWS it is complete; an emulator gets no settings that it cannot judge. */
async function describeSite(
  { aws, accountId, region }: Site,
  organisation: Organisation,
  { identityProvider, slack }: Played,
  urls: ReadonlyMap<string, string>,
  users: ReadonlyMap<string, string>,
) {
  const world = { organisation, identityProvider, accountId, region, slack, issuer: '{issuer}' }
  const file = await describeDeployment({
    ...world,
    slackApiUrl: `${urls.get('slack')}/api/`,
    pagerUrl: urls.get('pager'),
    incidentsUrl: `${urls.get('pager')}/incidents/{incident}`,
  })
  const people = Object.fromEntries([...users].map(([id, user]) => [id, `arn:aws:iam::${accountId}:user/${user}`]))
  const accounts = Object.fromEntries(
    Object.entries(file.accounts).map(([alias, { unjudgedConditions, ...account }]) => [
      alias,
      {
        ...account,
        ...(users.size > 0 && { sealed: { people } }),
        ...(aws.endpointUrl === '' ? { scopedCredentials: true } : { unjudgedConditions }),
      },
    ]),
  )
  const { callsRecordedWithin, ...rest } = file
  return {
    ...rest,
    ...(aws.endpointUrl !== '' && { callsRecordedWithin }),
    accounts,
    // The shortest retention: until its end AWS lets nothing be deleted from the log.
    anchor: { retentionDays: 1 },
  }
}

/** Folders for a deployment's files, made before it starts. */
export const makeFolders = (directory: string): { directory: string; logDirectory: string } => {
  const logDirectory = join(directory, 'log')
  mkdirSync(logDirectory, { recursive: true })
  return { directory, logDirectory }
}
