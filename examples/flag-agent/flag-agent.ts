import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Approved, Hotwork } from 'hotwork'

/**
 * A build bot as a program: asks to set one flag in prod, waits for the owner, sets it at the flag service with its
 * access token, tries a second time, and reports. Exit 0: done. 4: not allowed. 1: something broke. 2: wrong usage.
 */
const usage = `usage: node examples/flag-agent/flag-agent.ts [--request FILE] [--local FILE]

  --request FILE  a request for flags:set; examples/requests/prod-express-checkout-flag.json if not said
  --local FILE    what the local stack says of itself, if it is not in .hotwork/local.json
`

function readOptions() {
  try {
    return parseArgs({
      options: {
        request: { type: 'string', default: join(import.meta.dirname, '../requests/prod-express-checkout-flag.json') },
        local: { type: 'string', default: join(import.meta.dirname, '../../.hotwork/local.json') },
      },
    }).values
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Policy or people said no, or time ran out. */
class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/** An AuthZEN evaluation body. The client adds the agent and the resource by itself. */
type Request = {
  subject: { id: string }
  action: { name: string; properties: { environment: string; flag: string; value: unknown } }
  context: { purpose: string; parent_task: { id: string; url?: string }; justification: string }
}

/** @throws NotAllowed */
async function askFor(hotwork: Hotwork, { action, context }: Request): Promise<Approved> {
  const { purpose, parent_task: parentTask, justification } = context
  const call = { action: action.name, arguments: action.properties, purpose, parentTask, justification }
  const pending = await hotwork.permit({ ...call, wait: 0 })
  if (pending.outcome === 'pending') say(`asked: ${pending.request}; waiting for people`)
  const permit = pending.outcome === 'pending' ? await pending.resume() : pending
  if (permit.outcome === 'approved') return permit
  throw new NotAllowed(permit.outcome === 'refused' ? permit.reason : `the request is ${permit.outcome}`)
}

/** Sends the tool the access token, and a proof of the agent's key for this one call. */
async function setFlag(permit: Approved, url: string): Promise<string> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: {
      authorization: `DPoP ${await permit.token()}`,
      dpop: await permit.proof('PUT', url),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ value: permit.arguments['value'] }),
  })
  const said = (await answer.json()) as { [member: string]: unknown }
  if (answer.ok) return JSON.stringify(said)
  throw new Error(`${answer.status} ${String(said['type']).split('/').at(-1)}: ${said['detail'] ?? said['title']}`)
}

async function main(): Promise<void> {
  const { request: file, local } = readOptions()
  const request = JSON.parse(readFileSync(file, 'utf8')) as Request
  const { environment, flag } = request.action.properties
  process.env['HOTWORK_LOCAL'] = local
  const { tools } = JSON.parse(readFileSync(local, 'utf8')) as { tools: { id: string; addresses: string[] }[] }
  // Agents learn the tool's address from their deployment, and here from the local stack.
  const url = `${tools.find(({ id }) => id === 'tool:flag-service')?.addresses[0]}/flags/${environment}/${flag}`
  await fetch(url).catch((cause: unknown) => {
    throw new Error(`no flag service answers at ${url}: start it with \`npx node examples/flag-service/serve.ts\``, {
      cause,
    })
  })
  const permit = await askFor(new Hotwork({ identity: { as: request.subject.id } }), request)
  await permit.use(async () => {
    say(`set it: ${await setFlag(permit, url)}`)
    say(`a second time: ${await setFlag(permit, url).catch((no: Error) => no.message)}`)
  })
  say('reported it; the token is dead')
}

try {
  await main()
} catch (fault) {
  process.stderr.write(`${(fault as Error).message}\n`)
  process.exitCode = fault instanceof NotAllowed ? 4 : 1
}
