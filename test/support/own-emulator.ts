import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { root } from './repository.ts'

/** An emulator of AWS with nothing deployed, its Python, and its log, which goes with it. */
export async function startOwnEmulator() {
  const scratch = mkdtempSync(join(tmpdir(), 'hotwork-emulator-'))
  const [logFile, lambdaLogFile] = [join(scratch, 'emulator.log'), join(scratch, 'lambda.log')]
  mkdirSync(join(root, '.hotwork'), { recursive: true })
  writeFileSync(lambdaLogFile, '')
  const python = await ensurePythonEnvironment({
    directory: join(root, '.hotwork/venv'),
    logFile,
    progress: silentProgress,
  })
  const directory = join(scratch, 'emulator')
  const nodeDirectory = join(root, 'node_modules/.bin')
  const emulator = await startEmulator({ python, logFile, lambdaLogFile, directory, nodeDirectory })
  const close = async () => {
    await emulator.close()
    rmSync(scratch, { recursive: true, force: true })
  }
  return { emulator, python, logFile, close }
}
