import { dirname, join } from 'node:path'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'

const root = join(__dirname, '../../..')

/** AWS's published command line and SDK for Python, installed once. */
export async function installAwsTools(): Promise<{ python: string; aws: string }> {
  const python = await ensurePythonEnvironment({
    directory: join(root, '.hotwork/python-aws'),
    logFile: join(root, '.hotwork/python-aws.log'),
    requirements: join(root, 'test/stack/python/requirements.txt'),
    progress: (_name, work) => work(() => {}),
  })
  return { python, aws: join(dirname(python), 'aws') }
}
