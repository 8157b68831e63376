import { dirname, join } from 'node:path'
import { silentProgress } from '../../../local/progress.ts'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'
import { root } from '../../support/repository.ts'

/** A Python environment with these requirements, installed once. */
export const installPython = (name: string, requirements: string): Promise<string> =>
  ensurePythonEnvironment({
    directory: join(root, `.hotwork/python-${name}`),
    logFile: join(root, `.hotwork/python-${name}.log`),
    ...{ requirements, progress: silentProgress },
  })

/** AWS's published command line and SDK for Python, installed once. */
export async function installAwsTools(): Promise<{ python: string; aws: string }> {
  const python = await installPython('aws', join(root, 'test/stack/python/requirements.txt'))
  return { python, aws: join(dirname(python), 'aws') }
}
