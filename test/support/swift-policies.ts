import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freezeFlags } from '../../local/demo/quick-policies.ts'
import { findFreePort } from '../../local/loopback.ts'

const root = join(import.meta.dirname, '../..')

/**
 * The sample's policies with the ladder and the terms of break-glass of test/support/policies, the freeze of the demo, and an
 * address of this machine at which test/stack/swift/notified-tool.test.ts hears what the tool of flags is told.
 */
export async function swiftPolicies(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(root, 'policies'), folder, { recursive: true })
  for (const file of ['ladder.json', 'break-glass.json'])
    cpSync(join(root, 'test/support/policies', file), join(folder, file))
  freezeFlags(folder)
  const file = join(folder, 'tools.json')
  const { tools, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { tools: { id: string }[] }
  const notify = `http://127.0.0.1:${await findFreePort()}/hooks/hotwork`
  const notified = tools.map((tool) => (tool.id === 'tool:flag-service' ? { ...tool, notify } : tool))
  writeFileSync(file, JSON.stringify({ ...rest, tools: notified }))
  return folder
}
