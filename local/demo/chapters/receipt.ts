import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePythonEnvironment } from '../../python-environment.ts'
import { finding } from '../findings.ts'
import { runIn, type Typed, withTerminal } from '../terminal.ts'
import type { World } from '../world.ts'

const root = join(import.meta.dirname, '../../..')
const example = join(root, 'examples/verify-receipt')

/** A receipt of the request of the story, verified by two programs that share no code, neither of which asks Hotwork. */
export const tellReceipt = (world: World, request: string): Promise<void> =>
  withTerminal(world, world.reader.id, async (type, folder) => {
    const { report, local, reader } = world
    const ran = async (typed: Promise<Typed>) => {
      const { exit, out, err } = await typed
      return { exit, lines: `${out}${err}`.trim().split('\n') }
    }
    const hotwork = (...words: readonly string[]) => ran(type(...words))
    const run = (program: string, ...words: readonly string[]) => ran(runIn(folder, process.env, program, words))
    const put = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
    put('jwks.json', await (await fetch(`${local.apiUrl}/.well-known/jwks.json`)).text())

    const receipt = await report.expect('an auditor takes the receipt of the request away', async () => {
      const { exit, lines } = await hotwork('receipt', request)
      const jws = lines.find((line) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(line)) ?? ''
      put('receipt.jwt', `${jws}\n`)
      return finding(exit === 0 && jws !== '', jws === '' ? lines.join(' ') : `${jws.length} characters`, jws)
    })
    const entries = await reader.ledger(request)
    put('entries.ndjson', entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    const words = ['receipt.jwt', '--keys', 'jwks.json', '--entries', 'entries.ndjson']
    await report.expect('`hotwork verify` says line by line what holds: all of it', async () => {
      const { exit, lines } = await hotwork('verify', ...words)
      const held = lines.filter((line) => line.startsWith('  holds')).map((line) => line.split(/ +/)[2])
      return finding(exit === 0 && held.length === 6, `${held.join(', ')}; ${lines.at(-1)}`)
    })
    const python = await ensurePythonEnvironment({
      directory: join(root, '.hotwork/python-receipt'),
      logFile: join(root, '.hotwork/python-receipt.log'),
      requirements: join(example, 'requirements.txt'),
      progress: (_name, work) => work(() => {}),
    })
    const verifier = [python, join(example, 'verify.py')] as const
    await report.expect('a Python program of under 200 lines, by other libraries, says the same', async () => {
      const { exit, lines } = await run(...verifier, ...words)
      return finding(exit === 0 && lines.length === 7, lines.join('; '))
    })
    await report.expect('with one bit changed, both refuse it', async () => {
      const at = receipt.indexOf('.') + 100
      const other = receipt[at] === 'A' ? 'B' : 'A'
      put('receipt.jwt', `${receipt.slice(0, at)}${other}${receipt.slice(at + 1)}\n`)
      const [ours, theirs] = [await hotwork('verify', ...words), await run(...verifier, ...words)]
      const said = ours.lines.find((line) => line.startsWith('  WRONG'))?.trim()
      return finding(ours.exit === 4 && theirs.exit === 1, `${said}; Python: ${theirs.lines.at(-1)}`)
    })
  })
