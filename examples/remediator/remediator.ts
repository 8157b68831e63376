import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readRequestFile } from '../../client/requests/request-file.ts'
import { startCheckoutService } from '../checkout-service/checkout-service.ts'
import { act, CannotAct } from './act.ts'
import { Hotwork } from './hotwork.ts'
import { localFile, readSettings } from './identity.ts'
import { isAws, NotAllowed, performTask, type Step } from './perform-task.ts'
import { remediate } from './remediate.ts'
import { type Ask, Refusal } from './wire.ts'

/**
 * The agent as a program: looks after the checkout service, or with `--request FILE` carries out one request of yours
 * as the agent that the file names. Exit 0 when it is done, 4 when it was not allowed, 1 when something broke.
 */
const usage = `usage: node examples/remediator/remediator.ts [--request FILE] [--health URL] [--local FILE]

  --request FILE  an AuthZEN evaluation body, such as those in examples/requests: ask for that instead
  --health URL    the checkout service's health; without it the agent starts a checkout service of its own
  --local FILE    what the local stack says of itself, if it is not in .hotwork/local.json
`
const story = join(import.meta.dirname, '../requests/prod-payment-timeout.json')
const startedAt = Date.now()

function readOptions() {
  try {
    return parseArgs({
      options: {
        request: { type: 'string' },
        health: { type: 'string' },
        local: { type: 'string', default: localFile },
      },
    }).values
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

function say(line: string): void {
  process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`)
}

const tell = (step: Step): void => {
  for (const line of describe(step)) say(line)
}

/** Each step in a line or two, as an agent would write it to its log. Nothing secret is in them. */
function describe(step: Step): string[] {
  switch (step.name) {
    case 'evaluated': {
      const { reason, access_request } = step.evaluation.context
      return [access_request ? `may I? not without approval: ${access_request.display.title}` : `may I? no: ${reason}`]
    }
    case 'submitted': {
      const { task, hotwork } = step.task
      const stages = hotwork.stages.map(({ name }) => name).join(', then ')
      return [
        `asked: ${task.id}, tier ${hotwork.tier}, digest ${hotwork.digest.slice(0, 16)}`,
        ...hotwork.unpinned.map((line) => `  the credential cannot pin: ${line}`),
        ...(task.status === 'pending' ? [`waiting for ${stages}`] : []),
      ]
    }
    case 'changed': {
      const { task, hotwork } = step.task
      const stages = hotwork.stages.map(({ name, quorum, decisions }) => `${name} ${decisions.approve} of ${quorum}`)
      return [`  ${task.status}: ${stages.join(', ')}`]
    }
    case 'approved': {
      const { narrowed } = step.task.hotwork
      return [
        `approved until ${step.task.result?.approval.approved_until}`,
        ...(narrowed ? [`  less than was asked for: ${JSON.stringify(narrowed)}`] : []),
      ]
    }
    case 'credential':
      return [
        step.credentials
          ? `holds AWS credentials until ${step.credentials.Expiration}`
          : `holds an access token for ${step.token.expires_in} s`,
      ]
    case 'completed':
      return [`reported ${step.outcome}; the credential is dead`]
    default:
      return step satisfies never
  }
}

async function main(): Promise<void> {
  const options = readOptions()
  const ask = readRequestFile(options.request ?? story) as Ask
  const hotwork = await Hotwork.connect(readSettings(ask.subject.id, options.local))
  say(`${ask.subject.id} works with ${hotwork.settings.apiUrl}`)
  if (options.request === undefined) return lookAfterCheckout(hotwork, ask, options)

  await performTask(
    hotwork,
    ask,
    async (credentials, token, approved) => {
      if (!credentials && isAws(ask)) {
        const { output } = await hotwork.awsCall(token.access_token)
        say(`had it done: ${ask.action.name}, and AWS answered ${JSON.stringify(output)}`)
        return `had Hotwork do ${ask.action.name}`
      }
      if (!credentials) return `would now call the tool with the access token: ${ask.action.name}`
      try {
        await act(approved.action, hotwork.settings.aws, credentials)
        say(`did it: ${ask.action.name}`)
        return `did ${ask.action.name}`
      } catch (fault) {
        if (!(fault instanceof CannotAct)) throw fault
        say(fault.message)
        return fault.message
      }
    },
    tell,
  )
}

async function lookAfterCheckout(
  hotwork: Hotwork,
  ask: Ask,
  options: { health?: string; local: string },
): Promise<void> {
  const { health } = options
  const checkout = health === undefined ? await startOwnCheckout(options.local) : undefined
  try {
    const url = health ?? `${checkout?.url}/health`
    say(`looks at ${url}`)
    const remedied = await remediate(hotwork, url, ask, tell)
    if ('after' in remedied) {
      say(`checkout was ${remedied.before.status} (${remedied.before.reason}) and is ${remedied.after.status}`)
    } else {
      say('checkout is healthy: nothing to do')
      say('to see the story, break it: npx node examples/checkout-service/break-it.ts')
    }
  } finally {
    await checkout?.close()
  }
}

/** As the administrator of the local stack: the service reads its parameter with rights that the agent has not. */
function startOwnCheckout(local: string) {
  const { aws } = JSON.parse(readFileSync(local, 'utf8')) as {
    aws: { endpointUrl: string; region: string; accessKeyId: string; secretAccessKey: string }
  }
  return startCheckoutService({ aws: { endpoint: aws.endpointUrl, region: aws.region, credentials: aws } })
}

try {
  await main()
} catch (fault) {
  if (fault instanceof NotAllowed) {
    say(`not allowed: ${fault.message}`)
    process.exitCode = 4
  } else {
    process.stderr.write(`${fault instanceof Refusal ? fault.message : String((fault as Error).message)}\n`)
    process.exitCode = 1
  }
}
