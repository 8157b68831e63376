import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator } from '../../infra/local/emulator.ts'
import { silentProgress } from '../../infra/local/progress.ts'
import { ensurePythonEnvironment } from '../../infra/local/python-environment.ts'

const root = join(__dirname, '..', '..')

/**
 * Gives the tests of this file an AWS: the one whose address is in `HOTWORK_EMULATOR`, as `npm test` sets it, or else an
 * emulator of their own. The adapters find it as they do in a Lambda, by their environment. That none can be had fails
 * every test here: nothing is skipped.
 */
export function useAws(): void {
  let close = async () => {}

  beforeAll(async () => {
    const given = process.env['HOTWORK_EMULATOR']
    const endpoint = given ?? (await start())
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })
  }, 180_000)
  afterAll(() => close())

  async function start(): Promise<string> {
    const scratch = mkdtempSync(join(tmpdir(), 'hotwork-adapters-'))
    mkdirSync(join(root, '.hotwork', 'log'), { recursive: true })
    const logFile = join(root, '.hotwork', 'log', 'adapters.log')
    const python = await ensurePythonEnvironment({
      directory: join(root, '.hotwork', 'venv'),
      logFile,
      progress: silentProgress,
    })
    const nodeDirectory = join(root, 'node_modules', '.bin')
    const emulator = await startEmulator({
      python,
      directory: join(scratch, 'emulator'),
      logFile,
      lambdaLogFile: logFile,
      nodeDirectory,
    })
    close = async () => {
      await emulator.close()
      rmSync(scratch, { recursive: true, force: true })
    }
    return emulator.endpointUrl
  }
}
