import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useFolder } from '../support/folder.ts'

/** A program of an agent without its set-up, and without a `catch`. */

const client = join(__dirname, '../../../client')
const folder = useFolder()

function run(body: string, env: { [name: string]: string } = {}) {
  const program = folder('agent.mjs')
  writeFileSync(
    program,
    `import { Hotwork } from '${client}/index.ts'\nimport { Gate } from '${client}/gate.ts'\n${body}\n`,
  )
  const own = { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', HOME: folder(), ...env }
  return spawnSync(process.execPath, [program], { cwd: folder(), env: own, encoding: 'utf8' })
}

const call = "{ action: 'ssm:PutParameter', arguments: {}, purpose: 'test', parentTask: { id: 'T-1' } }"
const somewhere = { HOTWORK_API: 'http://127.0.0.1:9' }

test.each<[fault: string, body: string, env: { [name: string]: string }, says: string, fix: string]>([
  ['no Hotwork', 'new Hotwork()', {}, 'the address of Hotwork is missing: ', 'HOTWORK_API'],
  ['no Hotwork for a tool', 'new Gate()', {}, 'the address of Hotwork is missing: ', 'HOTWORK_API'],
  ['no agent', `await new Hotwork().permit(${call})`, somewhere, "the agent's identity is missing: ", 'HOTWORK_AS'],
  [
    'an agent of another stack',
    `await new Hotwork({ identity: { as: 'agent:remediator' } }).permit(${call})`,
    somewhere,
    '`identity: { as }` are for the local stack alone',
    'HOTWORK_LOCAL',
  ],
])('a program with %s ends with the fix and no stack', (_, body, env, says, fix) => {
  const { status, stderr } = run(body, env)
  expect(status).toBe(1)
  expect(stderr).toContain(says)
  expect(stderr).toContain(fix)
  expect(stderr).not.toMatch(/^ +at |told:|wrongUsage/m)
})
