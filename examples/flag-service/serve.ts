import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startFlagService } from './flag-service.ts'

/** The service as a program, beside a running local stack: at the address that the stack has for `tool:flag-service`. */
const { values } = parseArgs({ options: { local: { type: 'string' }, file: { type: 'string' } } })
const path = values.local ?? join(import.meta.dirname, '../../.hotwork/local.json')

const { tools } = JSON.parse(readLocal()) as { tools: { id: string; addresses: string[] }[] }
const address = tools.find(({ id }) => id === 'tool:flag-service')?.addresses[0]
if (address === undefined) throw new Error(`${path} has no address for \`tool:flag-service\``)

process.env['HOTWORK_LOCAL'] = path
const { url } = await startFlagService({
  address,
  identity: { as: 'tool:flag-service' },
  ...(values.file === undefined ? {} : { file: values.file }),
  log: (line) => void process.stderr.write(`${line}\n`),
})
process.stdout.write(`${url}/flags/prod/express-checkout\n`)

function readLocal(): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Error(`there is no ${path}: start the local stack first, with \`npm start\``)
  }
}
