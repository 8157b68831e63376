import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipOne } from '../../local/sample-target.ts'
import { root } from '../support/repository.ts'
import { makeFolder, removeFolders, runModule } from './support/programs.ts'

afterEach(removeFolders)

/** Makes or finds an environment with this PATH. @returns its Python, or its fault */
const ensure = (directory: string, path: string) =>
  runModule<{ python?: string; name?: string; message?: string; steps: string[] }>(`
    import { ensurePythonEnvironment } from './local/python-environment.ts'
    const steps = []
    const progress = (name, work) => { steps.push(name); return work(() => {}) }
    process.env.PATH = ${JSON.stringify(path)}
    const options = { directory: ${JSON.stringify(directory)}, logFile: ${JSON.stringify(join(directory, '../python.log'))} }
    const end = await ensurePythonEnvironment({ ...options, progress }).then(
      (python) => ({ python }),
      ({ name, message }) => ({ name, message }),
    )
    console.log(JSON.stringify({ ...end, steps }))`)

test('one sentence names the missing package if Python 3.10 or venv is missing', () => {
  const folder = makeFolder()
  // The check fails with a Python that is too old, or has no venv.
  writeFileSync(join(folder, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const { name, message } = ensure(join(folder, 'venv'), folder)
  expect(name).toBe('MissingPrerequisite')
  expect(message).toMatch(/^[^.]+Python 3\.10[^.]+`python3-venv`[^.]+$/)
})

test('a finished environment with the same requirements is reused without a step', () => {
  const venv = join(makeFolder(), 'venv')
  mkdirSync(join(venv, 'bin'), { recursive: true })
  writeFileSync(join(venv, 'bin/python'), '')
  const requirements = readFileSync(join(root, 'local/requirements.txt'), 'utf8')
  writeFileSync(join(venv, 'hotwork-requirements.txt'), requirements)
  expect(ensure(venv, '')).toEqual({ python: join(venv, 'bin/python'), steps: [] })
})

test('an environment with other requirements is not reused', () => {
  const folder = makeFolder()
  const venv = join(folder, 'venv')
  mkdirSync(join(venv, 'bin'), { recursive: true })
  writeFileSync(join(venv, 'bin/python'), '')
  writeFileSync(join(venv, 'hotwork-requirements.txt'), 'ministack==1.0.0\n')
  // It makes a new one, for which this PATH has no Python.
  expect(ensure(venv, folder)).toMatchObject({ name: 'MissingPrerequisite' })
  expect(existsSync(`${venv}.lock`)).toBe(false)
})

test.each([
  'local/requirements.txt',
  'examples/verify-receipt/requirements.txt',
  'test/agents/requirements.txt',
  'test/agents/requirements-mcp1.txt',
  'test/client/python/requirements.txt',
  'test/stack/python/requirements.txt',
])('every requirement of %s has one exact version, and the hashes of its files', (file) => {
  const lines = readFileSync(join(root, file), 'utf8').trim().split('\n')
  for (const line of lines.filter((line) => !line.startsWith('#')))
    expect(line).toMatch(/^[\w.-]+(?:\[[\w,-]+\])?==[\w.]+(?: --hash=sha256:[0-9a-f]{64})+$/)
})

test("Python can read a Lambda's archive", () => {
  const path = join(makeFolder(), 'code.zip')
  writeFileSync(path, zipOne('index.js', "exports.handler = async () => 'é'\n"))
  const read =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist(), z.read('index.js').decode())"
  const printed = execFileSync('python3', ['-c', read, path], { encoding: 'utf8' })
  expect(printed).toBe("None ['index.js'] exports.handler = async () => 'é'\n\n")
})
