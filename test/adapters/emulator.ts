import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AwsAccess, startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'

type Keys = Omit<AwsAccess, 'region'>

const root = join(__dirname, '..', '..')

/**
 * Gives the tests an AWS: that of the deployments in `HOTWORK_DEPLOYMENTS`, as `npm test` sets it, or else an emulator of
 * their own. The adapters find it by their environment, as in a Lambda. Without one every test fails: nothing is skipped.
 */
export function useAws(): void {
  let close = async () => {}

  beforeAll(async () => {
    const { endpointUrl, accessKeyId, secretAccessKey } = given() ?? (await start())
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    })
  }, 180_000)
  afterAll(() => close())

  function given(): Keys | undefined {
    const deployments = process.env['HOTWORK_DEPLOYMENTS']
    return deployments === undefined ? undefined : JSON.parse(readFileSync(deployments, 'utf8')).main.aws
  }

  async function start(): Promise<Keys> {
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
    return emulator
  }
}
