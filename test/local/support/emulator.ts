import { readFileSync } from 'node:fs'
import type { Emulator } from '../../../local/emulator.ts'
import { startOwnEmulator } from '../../support/own-emulator.ts'

/** One emulator for the tests of a file, with its Python and its log. */
export function useEmulator() {
  let own: Awaited<ReturnType<typeof startOwnEmulator>> | undefined
  const local = { emulator: {} as Emulator, python: '', log: () => readFileSync(own?.logFile ?? '', 'utf8') }
  beforeAll(async () => {
    own = await startOwnEmulator()
    Object.assign(local, own)
  }, 180_000)
  afterAll(() => own?.close())
  return local
}
