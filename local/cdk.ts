// Rules: test/local/start.test.ts, test/local/warm.test.ts
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { AwsAccess } from './emulator.ts'
import { run } from './processes.ts'

export const root = join(import.meta.dirname, '..')
export const nodeDirectory = join(root, 'node_modules/.bin')

interface Where {
  directory: string
  logFile: string
  signal?: AbortSignal | undefined
}

export const hotworkApp = join(root, 'infra/app.ts')

/** Synthesizes an assembly, which the CDK command line then only uploads. @param context as given by `-c name=value` */
export async function synthesize(
  options: Where & Record<'app' | 'assembly' | 'accountId' | 'region', string> & { context: Record<string, string> },
): Promise<void> {
  const { app, assembly, context, accountId, region, directory, logFile, signal } = options
  rmSync(assembly, { recursive: true, force: true })
  const { context: always } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context?: object }
  await run(process.execPath, [app], {
    cwd: root,
    env: {
      ...plainEnvironment(directory),
      CDK_OUTDIR: assembly,
      CDK_CONTEXT_JSON: JSON.stringify({ ...always, ...context }),
      CDK_DEFAULT_ACCOUNT: accountId,
      CDK_DEFAULT_REGION: region,
      // Off, which saves half of the time: `cdk synth` gives the same warnings.
      CDK_VALIDATION: 'false',
      ...bundledOnce(),
    },
    logFile,
    signal,
  })
}

const bundledOnce = (name = 'HOTWORK_BUNDLED_FUNCTIONS') =>
  process.env[name] === undefined ? {} : { [name]: process.env[name] }

/** @param toolkit a stack and qualifier other than the default ones. AWS itself gets CDK's own template */
export async function bootstrap(
  options: Where & { aws: AwsAccess; accountId: string; toolkit?: { stackName: string; qualifier: string } },
): Promise<void> {
  const { aws, accountId, toolkit } = options
  const template = aws.endpointUrl === '' ? [] : ['--template', join(import.meta.dirname, 'bootstrap.json')]
  const names = toolkit ? ['--toolkit-stack-name', toolkit.stackName, '--qualifier', toolkit.qualifier] : []
  await cdk(['bootstrap', `aws://${accountId}/${aws.region}`, ...template, ...names], options)
}

/** @returns the outputs of all stacks of the assembly, by name */
export async function deployAssembly(
  options: Where & { aws: AwsAccess; assembly: string },
): Promise<Record<string, string>> {
  const outputsFile = join(options.directory, 'outputs.json')
  const how = ['--all', '--require-approval', 'never', '--method', 'direct', '--progress', 'events']
  await cdk(['deploy', '--app', options.assembly, ...how, '--outputs-file', outputsFile], options)
  const outputs = JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, Record<string, string>>
  return Object.assign({}, ...Object.values(outputs))
}

/** Runs the CDK command line as the given administrator. */
export async function cdk(
  args: string[],
  { aws, directory, logFile, signal }: Where & { aws: AwsAccess },
): Promise<void> {
  // A folder without cdk.json, with which the command line would synthesize again.
  const cwd = join(directory, 'empty')
  mkdirSync(cwd, { recursive: true })
  const program = join(root, 'node_modules/aws-cdk/bin/cdk')
  await run(process.execPath, [program, ...args, '--no-notices', '--ci'], {
    cwd,
    env: {
      ...plainEnvironment(directory),
      ...(aws.endpointUrl !== '' && { AWS_ENDPOINT_URL: aws.endpointUrl, AWS_ENDPOINT_URL_S3: aws.endpointUrl }),
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: aws.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
      ...(aws.sessionToken && { AWS_SESSION_TOKEN: aws.sessionToken }),
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    logFile,
    signal,
  })
}

/** Without the person's own AWS settings and home, so that only the given account can be reached. */
function plainEnvironment(directory: string): Record<string, string> {
  const home = join(directory, 'home')
  mkdirSync(home, { recursive: true })
  return {
    PATH: `${nodeDirectory}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    HOME: home,
    LANG: 'C.UTF-8',
    ...(process.env['TMPDIR'] ? { TMPDIR: process.env['TMPDIR'] } : {}),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    FORCE_COLOR: '0',
  }
}

type Door = { method: string; path: string }

type Template = { Resources: { [id: string]: { Type: string; Properties?: { RouteKey?: string; Target?: object } } } }

/** One route of each Lambda behind the API. */
export function doorsOf(assembly: string, stackName: string): readonly Door[] {
  const { Resources } = JSON.parse(readFileSync(join(assembly, `${stackName}.template.json`), 'utf8')) as Template
  const doors = new Map<string, Door>()
  for (const { Type, Properties: { RouteKey = '', Target } = {} } of Object.values(Resources)) {
    // The default route has no address to call, and its function has other routes.
    if (Type !== 'AWS::ApiGatewayV2::Route' || RouteKey === '$default') continue
    const [method = '', pattern = ''] = RouteKey.split(' ')
    const path = pattern.replace(/\{[^}]*\}/g, 'req_00000000000000000000000000')
    doors.set(JSON.stringify(Target), { method: method.replace('ANY', 'GET'), path })
  }
  return [...doors.values()]
}

/**
 * Calls each route once without credentials, which it refuses, so that its Lambda is loaded: that takes two seconds
 * here, and Slack waits three for a click.
 */
export async function warm(apiUrl: string, doors: readonly Door[], signal: AbortSignal): Promise<void> {
  const left = [...doors]
  const knock = async () => {
    for (let door = left.shift(); door; door = left.shift()) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(10_000)])
      await fetch(apiUrl + door.path, { method: door.method, signal: within }).then(
        (response) => response.body?.cancel(),
        () => signal.throwIfAborted(),
      )
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, knock))
}
