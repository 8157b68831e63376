import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beginRun, writeResult } from '../../tools/suites.ts'
import { root } from '../support/repository.ts'
import { install } from './install.ts'
import { succeeds } from './support/succeeds.ts'

/**
 * `npm run test:agents`: Hotwork under the real frameworks, MCP servers and MCP clients. They are installed here and
 * not by the project's own `npm ci`. Words after `--` go to jest; a run without any leaves its result for `npm test`. It
 * shares no state with another step of `npm test`.
 */

const bin = (name: string) => join(root, 'node_modules/.bin', name)
const words = process.argv.slice(2)
const output = words.find((word) => word.startsWith('--outputFile='))?.slice('--outputFile='.length)
const results = output ?? join(root, '.hotwork/agents/results.json')
const isWhole = words.every((word) => /^--(?:json|outputFile=.*|silent.*)$/.test(word))
const begun = beginRun('agents')

if (await install()) {
  const [tested, typed] = await Promise.all([
    succeeds(bin('jest'), ['--selectProjects', 'agents', '--maxWorkers=1', ...reporting(), ...words], root),
    succeeds(bin('tsc'), ['--noEmit', '-p', 'test/agents'], root),
  ])
  if (!typed) console.error('test/agents: the types do not fit the frameworks')
  process.exitCode = tested && typed ? 0 : 1
  if (isWhole && typed) keepResult()
} else {
  console.error('test/agents: what it needs could not be installed')
  process.exitCode = 1
}

function reporting(): string[] {
  if (output !== undefined || !isWhole) return []
  rmSync(results, { force: true })
  mkdirSync(dirname(results), { recursive: true })
  return ['--json', `--outputFile=${results}`]
}

function keepResult(): void {
  if (!existsSync(results)) return
  const told = JSON.parse(readFileSync(results, 'utf8')) as { [count: string]: number }
  const failed = Math.max(told['numFailedTests'] ?? 1, told['numFailedTestSuites'] ?? 1)
  writeResult('agents', { ...begun, passed: told['numPassedTests'] ?? 0, failed })
}
