import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Ask } from '../../../../examples/remediator/wire.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'

const program = join(import.meta.dirname, '../../../../examples/plain-client/plain-client.ts')

/** A client that has no code of ours, as a program of its own, from discovery to the token. */
export async function tellStranger({ report, local, example }: World): Promise<void> {
  const ask = example('staging-payment-timeout')
  await report.expect(
    'a client of standard libraries alone, told two addresses, a key and a body, gets decision and token',
    async () => {
      const { code, lines, errors } = await runPlainClient(local, ask)
      const held =
        code === 0 && lines.includes('decision: true') && lines.some((line) => line.startsWith('dpop token for '))
      return finding(held, held ? lines.slice(1).join('; ') : `exit ${code}: ${lines.join('; ')} ${errors}`)
    },
  )
}

async function runPlainClient(
  { issuer, identityProviderUrl, agents }: World['local'],
  ask: Ask,
): Promise<{ code: number | null; lines: string[]; errors: string }> {
  const agent = agents.find(({ id }) => id === ask.subject.id)
  if (!agent) throw new Error(`the organisation has no ${ask.subject.id}`)
  // Made for this user alone: there is a key in it.
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-stranger-'))
  try {
    const file = (name: string, content: unknown) => {
      const path = join(folder, name)
      writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
      return path
    }
    const options = {
      issuer,
      idp: identityProviderUrl,
      'client-id': agent.clientId,
      key: file('key.json', agent.privateJwk),
      request: file('request.json', ask),
    }
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const child = spawn(process.execPath, [program, ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'close')
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    await ended
    return { code: child.exitCode, lines: printed.trim().split('\n'), errors: errors.trim() }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
