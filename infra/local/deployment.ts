import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { deployAssembly, doorsOf, synthesize, warm } from './cdk.ts'
import {
  createSlackApp,
  type DeploymentFile,
  describeDeployment,
  type SlackApp,
  writeDeploymentFile,
} from './deployment-file.ts'
import { startDesk } from './desk/desk.ts'
import { type AwsAccess, clientSettings } from './emulator.ts'
import type { IdentityProvider, PrivateJwk } from './identity-provider.ts'
import { createIncidentTool, type IncidentTool } from './incident-tool.ts'
import type { Local } from './local-file.ts'
import { type ReverseProxy, startReverseProxy } from './loopback.ts'
import { type Organisation, readOrganisation } from './organisation.ts'
import type { Progress } from './progress.ts'

/** Stores a secret's value, as a person would after a deploy to AWS. */
async function putSecret(aws: AwsAccess, secretId: string, value: object): Promise<void> {
  const secrets = new SecretsManagerClient(clientSettings(aws))
  await secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }))
  secrets.destroy()
}

/** What all deployments of one local stack share. */
export interface Surroundings {
  directory: string
  logDirectory: string
  /** Path of the CDK app. */
  app: string
  identityProvider: IdentityProvider
  accountId: string
  region: string
  progress: Progress
  signal: AbortSignal
}

/** A Hotwork deployment that has its addresses and its assembly, and waits for an AWS to be deployed to. */
interface Prepared {
  stackName: string
  organisation: Organisation
  proxy: ReverseProxy
  slack: SlackApp
  incidentTool: IncidentTool
  desk: { apiUrl: string; deskUrl: string }
  file: DeploymentFile
  keys: Map<string, PrivateJwk>
  /** Where this deployment's own files are. */
  directory: string
  assembly: string
}

/**
 * Gives a deployment its addresses (API, desk), enrols its principals, writes its deployment file and synthesizes the
 * app: all that needs no AWS. What it starts is ended with `resources`.
 */
export async function prepareDeployment(
  around: Surroundings,
  { stackName, policies }: { stackName: string; policies: string },
  resources: AsyncDisposableStack,
): Promise<Prepared> {
  const { identityProvider, accountId, region, signal } = around
  const organisation = readOrganisation(policies)
  const directory = join(around.directory, 'deployments', stackName)
  mkdirSync(directory, { recursive: true })
  const log = (line: string) => appendFileSync(join(around.logDirectory, `${stackName}.log`), `${line}\n`)

  const proxy = await startReverseProxy(log)
  resources.defer(() => proxy.close())
  const slack = createSlackApp(organisation.channels)
  const desk = await startDesk({
    interactivityUrl: interactivityUrl(proxy),
    ...slack,
    people: organisation.people.map(({ id, name, groups, slackUserId }) => ({
      slackUserId,
      name: id.replace(/^person:/, ''),
      realName: name,
      groups,
    })),
    channels: Object.entries(slack.channels).map(([name, id]) => ({ name, id })),
    log,
  })
  resources.defer(() => desk.close())
  identityProvider.serve(proxy.url)
  const keys = await identityProvider.enrol([
    ...[...organisation.agents, ...organisation.tools].map(({ subject }) => ({ kind: 'workload' as const, subject })),
    ...organisation.people.map((person) => ({ kind: 'person' as const, ...person })),
  ])

  const slackApiUrl = desk.apiUrl
  const issuer = proxy.url
  const file = await describeDeployment({
    organisation,
    issuer,
    identityProvider,
    accountId,
    region,
    slack,
    slackApiUrl,
  })
  const deploymentFile = join(directory, 'deployment.json')
  writeDeploymentFile(deploymentFile, file)
  const assembly = join(directory, 'assembly')
  await around.progress(`synthesize the CDK app as ${stackName}`, () =>
    synthesize({
      app: around.app,
      assembly,
      context: { deployment: deploymentFile, policies, issuer, stackName, reservedConcurrency: 'usual' },
      accountId,
      region,
      directory,
      logFile: join(around.logDirectory, `${stackName}-synth.log`),
      signal,
    }),
  )
  return {
    stackName,
    organisation,
    proxy,
    slack,
    incidentTool: createIncidentTool(),
    desk,
    file,
    keys,
    directory,
    assembly,
  }
}

/** Deploys what was prepared, unchanged, and points its address at it. */
export async function deployPrepared(around: Surroundings, prepared: Prepared, aws: AwsAccess): Promise<Local> {
  const { stackName, directory, assembly, proxy, slack, incidentTool } = prepared
  const outputs = await around.progress(`deploy ${stackName}`, async () => {
    const logFile = join(around.logDirectory, `${stackName}-deploy.log`)
    const outputs = await deployAssembly({ aws, assembly, directory, logFile, signal: around.signal })
    const { botToken, signingSecret } = slack
    await putSecret(aws, outputOf(outputs, 'SlackSecret'), { botToken, signingSecret })
    await putSecret(aws, outputOf(outputs, 'IncidentSecret'), { ...incidentTool })
    return outputs
  })
  proxy.forwardTo(`${aws.endpointUrl}/_aws/execute-api/${outputOf(outputs, 'ApiId')}/$default`)
  await around.progress(`load the Lambdas of ${stackName}`, () =>
    warm(proxy.url, doorsOf(assembly, stackName), around.signal),
  )
  return describeLocal(around, prepared, aws, outputs)
}

function describeLocal(
  { identityProvider, accountId }: Surroundings,
  { stackName, organisation, proxy, slack, incidentTool, desk, file, keys }: Prepared,
  aws: AwsAccess,
  outputs: Record<string, string>,
): Local {
  const clientOf = ({ id, subject }: { id: string; subject: string }) => ({
    id,
    clientId: subject,
    privateJwk: keys.get(subject) as PrivateJwk,
  })
  return {
    apiUrl: proxy.url,
    issuer: proxy.url,
    aws: {
      endpointUrl: aws.endpointUrl,
      region: aws.region,
      accountId,
      accessKeyId: aws.accessKeyId,
      secretAccessKey: aws.secretAccessKey,
      stackName,
      stateMachineArn: outputOf(outputs, 'StateMachineArn'),
      requestsTable: outputOf(outputs, 'RequestsTable'),
      ledgerTable: outputOf(outputs, 'LedgerTable'),
      waitsTable: outputOf(outputs, 'WaitsTable'),
      cardsTable: outputOf(outputs, 'CardsTable'),
      targetRoleArn: outputOf(outputs, 'TargetRoleArn'),
    },
    identityProviderUrl: identityProvider.url,
    agents: organisation.agents.map((agent) => ({
      ...clientOf(agent),
      owner: agent.owner,
      autonomy: agent.autonomy,
    })),
    tools: organisation.tools.map((tool) => ({
      ...clientOf(tool),
      ...(file.tools[tool.id.replace(/^tool:/, '')] as { audience: string; addresses: string[] }),
    })),
    people: organisation.people.map((person) => ({
      ...clientOf(person),
      groups: person.groups,
      slackUserId: person.slackUserId,
    })),
    slack: {
      apiUrl: desk.apiUrl,
      deskUrl: desk.deskUrl,
      interactivityUrl: interactivityUrl(proxy),
      teamId: slack.teamId,
      appId: slack.appId,
      signingSecret: slack.signingSecret,
      channels: slack.channels,
    },
    incidents: { eventsUrl: `${proxy.url}/v1/incident-events`, ...incidentTool },
  }
}

const interactivityUrl = ({ url }: ReverseProxy) => `${url}/slack/events`

function outputOf(outputs: Record<string, string>, name: string): string {
  const value = outputs[name]
  if (value === undefined)
    throw new Error(`the deployed stacks have no output \`${name}\`: infra/hotwork-stack.ts makes it`)
  return value
}
