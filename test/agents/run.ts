import { join } from 'node:path'
import { root } from '../support/repository.ts'
import { install } from './install.ts'
import { succeeds } from './support/succeeds.ts'

/**
 * `npm run test:agents`: Hotwork under the real frameworks, MCP servers and MCP clients. They are installed here and
 * not by the project's own `npm ci`. Words after `--` go to jest. It shares no state with another step of `npm test`.
 */

const bin = (name: string) => join(root, 'node_modules/.bin', name)

if (await install()) {
  const [tested, typed] = await Promise.all([
    succeeds(bin('jest'), ['--selectProjects', 'agents', '--maxWorkers=1', ...process.argv.slice(2)], root),
    succeeds(bin('tsc'), ['--noEmit', '-p', 'test/agents'], root),
  ])
  if (!typed) console.error('test/agents: the types do not fit the frameworks')
  process.exitCode = tested && typed ? 0 : 1
} else {
  console.error('test/agents: what it needs could not be installed')
  process.exitCode = 1
}
