import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { IAMClient, ListAccountAliasesCommand } from '@aws-sdk/client-iam'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { nodeDirectory, root } from '../../local/cdk.ts'
import { type AwsAccess, clientSettings, startEmulator } from '../../local/emulator.ts'
import { createProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { type Options, UnusableOptions } from './options.ts'

export type Account = { aws: AwsAccess; accountId: string }

/**
 * The test account of the environment's credentials, once the person confirms it; or an emulator.
 *
 * @throws UnusableOptions for another account, and for one that calls itself production
 */
export async function findAccount(
  options: Options,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Account> {
  const aws = options.local ? await startLocal(resources, signal) : await readAccess()
  const sts = new STSClient(clientSettings(aws))
  const { Account: accountId = '', Arn } = await sts.send(new GetCallerIdentityCommand({}))
  const isEmulator = aws.endpointUrl !== '' && isOfThisMachine(aws.endpointUrl)
  if (isEmulator && options.account === undefined) return { aws, accountId }
  const said =
    options.account ?? (await ask(`These credentials are of ${Arn}. Type the id of the test account: `, signal))
  if (said !== accountId)
    throw new UnusableOptions(`these credentials are of account ${accountId}, not of \`${said}\`: nothing was done`)
  if (isEmulator) return { aws, accountId }
  const { AccountAliases = [] } = await new IAMClient(clientSettings(aws)).send(new ListAccountAliasesCommand({}))
  const production = AccountAliases.find((alias) => /prod|prd|live/i.test(alias))
  if (production !== undefined)
    throw new UnusableOptions(`account ${accountId} is called \`${production}\`: use a test account. Nothing was done`)
  await warnOfQuota(aws)
  return { aws, accountId }
}

/** With fewer concurrent executions Lambda throttles calls, and expectations fail. */
const quotaWanted = 50

async function warnOfQuota(aws: AwsAccess): Promise<void> {
  const { AccountLimit } = await new LambdaClient(clientSettings(aws)).send(new GetAccountSettingsCommand({}))
  const quota = AccountLimit?.ConcurrentExecutions ?? quotaWanted
  if (quota < quotaWanted)
    process.stdout.write(
      `  This account runs ${quota} Lambdas at once. With fewer than ${quotaWanted} some expectations may fail: ask for more first\n`,
    )
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY) throw new UnusableOptions('say which test account: --account ID')
  // As a terminal, readline would keep Ctrl-C to itself.
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
  const answer = await lines.question(question, { signal })
  lines.close()
  return answer.trim()
}

/** Credentials of the environment, as the SDK finds them: keys, a profile, a web identity. */
export async function readAccess(env = process.env): Promise<AwsAccess> {
  const endpointUrl = endpointIn(env)
  const sts = new STSClient({})
  const [region, credentials] = await Promise.all([sts.config.region(), sts.config.credentials()]).catch(
    ({ message }: Error) => {
      throw new UnusableOptions(`${message}. Set AWS_REGION, and AWS_PROFILE or keys. Nothing was done`)
    },
  )
  sts.destroy()
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials
  const minutes = expiration && Math.floor((expiration.getTime() - Date.now()) / 60_000)
  if (minutes !== undefined && minutes < 60)
    process.stdout.write(`  These credentials end in ${minutes} minutes, and a run takes some 50 of them\n`)
  return { endpointUrl, region, accessKeyId, secretAccessKey, sessionToken }
}

/**
 * @throws UnusableOptions if one service has an endpoint of its own: STS's answer would not tell the account of the
 * other services
 */
export function endpointIn(env: NodeJS.ProcessEnv): string {
  const own = Object.keys(env).find((name) => name.startsWith('AWS_ENDPOINT_URL_'))
  if (own !== undefined)
    throw new UnusableOptions(`unset ${own}: all services should be in one place. Nothing was done`)
  return env['AWS_ENDPOINT_URL'] ?? ''
}

/**
 * Whether the endpoint is on this machine. Behind any other may be AWS itself: the account is then confirmed as on AWS.
 */
export const isOfThisMachine = (endpointUrl: string): boolean =>
  ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(endpointUrl).hostname)

async function startLocal(resources: AsyncDisposableStack, signal: AbortSignal): Promise<AwsAccess> {
  const directory = join(root, '.hotwork/aws/emulator')
  const logs = join(root, '.hotwork/aws/log')
  mkdirSync(logs, { recursive: true })
  const [venv, logFile] = [join(root, '.hotwork/venv'), join(logs, 'python.log')]
  const python = await ensurePythonEnvironment({ directory: venv, logFile, progress: createProgress(), signal })
  const files = { logFile: join(logs, 'ministack.log'), lambdaLogFile: join(logs, 'lambda.log') }
  const {
    close,
    endedItself: _ended,
    ...access
  } = await startEmulator({ python, directory, nodeDirectory, signal, ...files })
  resources.defer(close)
  return access
}
