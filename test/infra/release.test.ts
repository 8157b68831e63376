import { read } from '../support/repository.ts'

/** The workflow of a release keeps others' code out of the package that users install. */

const workflow = read('.github/workflows/release.yml')
const [, ...parts] = workflow.split(/^ {2}(?=[\w-]+:\n {4})/m)
const jobs = Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf(':')), part]))
const job = (name: string) => jobs[name] ?? ''
const shellOf = (text: string) => text.split('\n').map((line) => line.trim())

test('no job that runs tests packs, uploads, signs or publishes', () => {
  expect(Object.values(jobs).filter((text) => /\.ci\/run|npm (?:run )?test/.test(text))).toEqual([job('test')])
  expect(job('test')).not.toMatch(/npm (?:pack|publish)|upload-artifact|attest|: write/)
})

test("the package is made in a separate checkout after the tests, without a dependency's scripts", () => {
  expect(job('package')).toMatch(/needs: test\n[\s\S]*uses: actions\/checkout@[\s\S]*npm ci --ignore-scripts/)
  expect(job('package')).not.toMatch(/download-artifact|cache: npm|restore|: write/)
  const npm = shellOf(job('package')).filter((line) => /^npm (?:ci|install|pack|run)\b/.test(line))
  expect([npm.length, npm.filter((line) => !line.includes('--ignore-scripts'))]).toEqual([2, []])
  expect(job('release')).toMatch(/needs: package\n/)
})

test('the published package has an attestation of this workflow, at the tag and the commit of the release', () => {
  const [, published = ''] = job('publish').split('gh attestation verify')
  const [verified = '', then = ''] = published.split('npm publish')
  expect(then).not.toBe('')
  for (const held of [
    '--signer-workflow "$GITHUB_REPOSITORY/.github/workflows/release.yml"',
    '--source-ref "refs/tags/$GITHUB_REF_NAME"',
    '--source-digest "$GITHUB_SHA"',
    '--deny-self-hosted-runners',
  ])
    expect(verified).toContain(held)
})
