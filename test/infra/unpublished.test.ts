import { execFileSync } from 'node:child_process'
import { read, root } from '../support/repository.ts'

/** The package `hotwork` is not published yet: a line that fetches it by its bare name runs a stranger's. */

const fetches = [
  /\bnpx (?!--no-install )(?:-\S+ )*hotwork\b/,
  /["']npx["'],?\s+(?:"args": |args: )?\[?\s*["']hotwork["']/,
  /\bnpm (?:i|install|add|exec)\b(?:[^\n&;|]* )hotwork(?=[\s`'"@]|$)/m,
  /\bhotwork@\d/,
]

const files = execFileSync('git', ['ls-files', '--', '.'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => /\.(?:[cm]?[jt]s|md|ya?ml|json|sh|py)$/.test(file) && !/package-lock/.test(file))

const found = (text: string) => fetches.flatMap((pattern) => pattern.exec(text)?.[0] ?? [])

test.each([
  ['npx', 'hotwork ls'],
  ['npx -y', 'hotwork ls'],
  ['npm install', 'hotwork aws-cdk-lib'],
  ['npm i --global', 'hotwork'],
  ['npm install', 'hotwork'.concat('@0.1.0')],
  ["'npx',", "['hotwork', 'mcp']"],
])('the line `%s %s`, which has npm fetch the bare name, is found', (before, after) => {
  expect(found(`${before} ${after}`)).not.toEqual([])
})

test('no page, example, template, help or printed command has npm fetch `hotwork` by its bare name', () => {
  expect(files.length).toBeGreaterThan(1000)
  const lines = files.flatMap((file) => found(read(file)).map((line) => `${file}: ${line}`))
  expect(lines).toEqual([])
})

test('package.json has npm publish with provenance, and to all', () => {
  const { publishConfig } = JSON.parse(read('package.json')) as { publishConfig: object }
  expect(publishConfig).toEqual({ access: 'public', provenance: true })
})
