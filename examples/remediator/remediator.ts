import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PutParameterCommand, type PutParameterCommandInput, SSMClient } from '@aws-sdk/client-ssm'
import { type Approved, Hotwork } from 'hotwork'
import { startCheckoutService } from '../checkout-service/checkout-service.ts'

/**
 * An autonomous agent as a program: looks after the checkout service, or with `--request FILE` carries out one request of
 * yours as the agent that the file names. Exit 0 when it is done, 4 when it was not allowed, 1 when something broke.
 */
const usage = `usage: node examples/remediator/remediator.ts [--request FILE] [--local FILE]

  --request FILE  such as those in examples/requests: ask for that instead
  --local FILE    what the local stack says of itself, if it is not in .hotwork/local.json
`
const story = join(import.meta.dirname, '../requests/prod-payment-timeout.json')
const startedAt = Date.now()

/** An AuthZEN evaluation body. The client adds the agent and the resource by itself. */
type Request = {
  subject: { id: string }
  action: { name: string; properties: Record<string, unknown> }
  resource: { id: string }
  context: { purpose: string; parent_task: { id: string; url?: string }; justification?: string }
}
type Aws = { endpointUrl: string; region: string; accessKeyId: string; secretAccessKey: string }

/** Policy or people said no, or time ran out. */
class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

function readOptions() {
  try {
    const local = { type: 'string', default: join(import.meta.dirname, '../../.hotwork/local.json') } as const
    return parseArgs({ options: { request: { type: 'string' }, local } }).values
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

const say = (line: string): void =>
  void process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`)

/** @throws NotAllowed */
async function ask(hotwork: Hotwork, { action, context }: Request): Promise<Approved> {
  say(`asks for ${action.name} with ${JSON.stringify(action.properties)}`)
  const { purpose, parent_task: parentTask, justification } = context
  const why = justification === undefined ? {} : { justification }
  const call = { action: action.name, arguments: action.properties, purpose, parentTask, ...why }
  const first = await hotwork.permit({ ...call, wait: 0 })
  if (first.outcome === 'pending') say(`${first.request}: waiting for people`)
  const permit = first.outcome === 'pending' ? await first.resume() : first
  if (permit.outcome === 'refused') throw new NotAllowed([permit.reason, permit.detail].filter(Boolean).join(': '))
  if (permit.outcome === 'narrowed') say(`people left ${JSON.stringify(permit.arguments)} of it`)
  const approved = permit.outcome === 'narrowed' ? permit.accept() : permit
  if (approved.outcome !== 'approved') throw new NotAllowed(`${approved.request} is ${approved.outcome}`)
  say(`${approved.request} is approved until ${approved.expiresAt.toISOString()}`)
  return approved
}

/** The one action that this agent can do itself. */
async function putParameter(permit: Approved, { endpointUrl: endpoint, region }: Aws): Promise<void> {
  const ssm = new SSMClient({ endpoint, region, credentials: permit.awsCredentials(), maxAttempts: 1 })
  await ssm.send(new PutParameterCommand(permit.arguments as unknown as PutParameterCommandInput))
  say('set the parameter, with credentials for that alone')
}

/** A 503 is an answer too: the agent looks for it. */
async function readHealth(url: string): Promise<{ status: string; parameter: string; reason?: string }> {
  const response = await fetch(`${url}/health`)
  const health = (await response.json()) as Awaited<ReturnType<typeof readHealth>>
  say(`checkout is ${health.status}${health.reason === undefined ? '' : `: ${health.reason}`}`)
  return health
}

async function lookAfterCheckout(hotwork: Hotwork, request: Request, aws: Aws): Promise<void> {
  // As the administrator of the local stack: the agent itself may not read the parameter.
  const { endpointUrl: endpoint, region } = aws
  const checkout = await startCheckoutService({ aws: { endpoint, region, credentials: aws } })
  try {
    const { status, parameter } = await readHealth(checkout.url)
    if (status === 'healthy') return say('break it first: npx node examples/checkout-service/break-it.ts')
    if (parameter !== request.action.properties['Name']) throw new Error(`what would help is another ${parameter}`)
    const permit = await ask(hotwork, request)
    await permit.use(async () => {
      await putParameter(permit, aws)
      if ((await readHealth(checkout.url)).status !== 'healthy') throw new Error('that did not help')
    })
    say('reported it; the credentials are dead')
  } finally {
    await checkout.close()
  }
}

async function carryOut(hotwork: Hotwork, request: Request, aws: Aws): Promise<void> {
  const permit = await ask(hotwork, request)
  const { action, resource } = request
  await permit.use(async () => {
    if (action.name === 'ssm:PutParameter') await putParameter(permit, aws)
    else if (resource.id.startsWith('arn:')) say(`had it done, and AWS answered ${JSON.stringify(await permit.call())}`)
    else say(`could call the tool now, with an access token of ${(await permit.token()).length} characters`)
  })
  say('reported it; the credentials are dead')
}

const { request: file, local } = readOptions()
try {
  process.env['HOTWORK_LOCAL'] = local
  const request = JSON.parse(readFileSync(file ?? story, 'utf8')) as Request
  const hotwork = new Hotwork({ identity: { as: request.subject.id } })
  say(`${request.subject.id} works with ${hotwork.issuer}`)
  const { aws } = JSON.parse(readFileSync(local, 'utf8')) as { aws: Aws }
  await (file === undefined ? lookAfterCheckout : carryOut)(hotwork, request, aws)
} catch (fault) {
  const { message, told } = fault as Error & { told?: { detail?: string } }
  if (fault instanceof NotAllowed) say(`not allowed: ${message}`)
  else process.stderr.write(`${message}${told?.detail === undefined ? '' : `; ${told.detail}`}\n`)
  process.exitCode = fault instanceof NotAllowed ? 4 : 1
}
