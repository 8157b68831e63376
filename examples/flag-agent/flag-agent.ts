import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Hotwork } from '../remediator/hotwork.ts'
import { localFile, readSettings } from '../remediator/identity.ts'
import { NotAllowed, performTask, type Step } from '../remediator/perform-task.ts'
import { type Ask, Refusal, type TokenAnswer } from '../remediator/wire.ts'
import { addressOf, readFlag, setFlag } from './set-flag.ts'

/**
 * A build bot as a program: asks to set one flag in prod, waits for the owner, sets it at the flag service with its
 * access token, tries a second time, and reports. Exit 0: done. 4: not allowed. 1: something broke. 2: wrong usage.
 */
const usage = `usage: node examples/flag-agent/flag-agent.ts [--request FILE] [--service URL] [--local FILE]

  --request FILE  an AuthZEN evaluation body for flags:set; examples/requests/prod-express-checkout-flag.json if not said
  --service URL   the flag service's address; the one that the local stack has for it if not said
  --local FILE    what the local stack says of itself, if it is not in .hotwork/local.json
`

function readOptions() {
  try {
    return parseArgs({
      options: {
        request: { type: 'string', default: join(import.meta.dirname, '../requests/prod-express-checkout-flag.json') },
        service: { type: 'string' },
        local: { type: 'string', default: localFile },
      },
    }).values
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function tell(step: Step): void {
  const line = describe(step)
  if (line !== undefined) say(line)
}

function describe(step: Step): string | undefined {
  switch (step.name) {
    case 'evaluated': {
      const { access_request, reason } = step.evaluation.context
      return `may I? ${access_request ? `not without approval: ${access_request.display.title}` : `no: ${reason}`}`
    }
    case 'submitted':
      return `asked: ${step.task.task.id}, tier ${step.task.hotwork.tier}; waiting for people`
    case 'credential':
      return `holds an access token for ${step.token.expires_in} s`
    case 'completed':
      return `reported ${step.outcome}; the token is dead`
    default:
      return undefined
  }
}

async function main(): Promise<void> {
  const { request, service, local } = readOptions()
  const ask = JSON.parse(readFileSync(request, 'utf8')) as Ask
  const url = addressOf(service ?? readServiceAddress(local), ask.action)
  await readFlag(url).catch((cause: unknown) => {
    throw new Error(`no flag service answers at ${url}: start it with \`npx node examples/flag-service/serve.ts\``, {
      cause,
    })
  })
  const agent = await Hotwork.connect(readSettings(ask.subject.id, local))
  await performTask(
    agent,
    ask,
    (_, token, approved) => setOnce(agent, token, url, approved.action.properties['value']),
    tell,
  )
}

/** Sets the flag, and shows that the token is spent. @returns the note for the report. */
async function setOnce(agent: Hotwork, { access_token }: TokenAnswer, url: string, value: unknown): Promise<string> {
  const set = await setFlag(agent, access_token, url, value)
  say(`set it: ${set.environment}/${set.flag} is ${set.value}, as ${set.use}; uses left: ${set.uses_left}`)
  try {
    await setFlag(agent, access_token, url, value)
    say('set it once more')
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault
    say(`a second time: ${fault.message}`)
  }
  return `${set.environment}/${set.flag} is ${set.value}`
}

/** Where the tool is: agents learn it from their deployment, and here from the local stack. */
function readServiceAddress(path: string): string {
  const { tools } = JSON.parse(readFileSync(path, 'utf8')) as { tools: { id: string; addresses: string[] }[] }
  const address = tools.find(({ id }) => id === 'tool:flag-service')?.addresses[0]
  if (address === undefined) throw new Error(`${path} has no address for \`tool:flag-service\``)
  return address
}

try {
  await main()
} catch (fault) {
  process.stderr.write(`${(fault as Error).message}\n`)
  process.exitCode = fault instanceof NotAllowed ? 4 : 1
}
