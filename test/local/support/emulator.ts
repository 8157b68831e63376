import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Emulator, startEmulator } from '../../../local/emulator.ts'
import { silentProgress } from '../../../local/progress.ts'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'
import { root } from '../../support/repository.ts'

/** One emulator for the tests of a file, with its Python and its log. */
export function useEmulator() {
  const scratch = mkdtempSync(join(tmpdir(), 'hotwork-emulator-'))
  const [logFile, lambdaLogFile] = [join(scratch, 'emulator.log'), join(scratch, 'lambda.log')]
  const local = { emulator: {} as Emulator, python: '', log: () => readFileSync(logFile, 'utf8') }
  beforeAll(async () => {
    mkdirSync(join(root, '.hotwork'), { recursive: true })
    const directory = join(root, '.hotwork/venv')
    local.python = await ensurePythonEnvironment({ directory, logFile, progress: silentProgress })
    writeFileSync(lambdaLogFile, '')
    local.emulator = await startEmulator({
      ...{ python: local.python, logFile, lambdaLogFile },
      directory: join(scratch, 'emulator'),
      nodeDirectory: join(root, 'node_modules/.bin'),
    })
  }, 180_000)
  afterAll(async () => {
    await local.emulator.close?.()
    rmSync(scratch, { recursive: true, force: true })
  })
  return local
}
