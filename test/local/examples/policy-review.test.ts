import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../support/repository.ts'

/** examples/policy-review: the shell of its steps, on a local repository, with a stub of GitHub's API. */

const workflow = readFileSync(join(root, 'examples/policy-review/policy-review.yml'), 'utf8')

/** The shell of a step, as GitHub runs it. */
function shellOf(step: string, of = workflow): string {
  const [, text = ''] = of.split(`      - name: ${step}\n`)
  const [own = ''] = text.split(/^ {6}- /m)
  const [, shell] = /^ {8}run: (?:\|\n)?([\s\S]*)/m.exec(own) ?? []
  if (!shell) throw new Error(`the workflow has no step \`${step}\``)
  return shell.replaceAll(/^ {10}/gm, '')
}

type Comment = { id: number; user: { login: string }; body: string }

/** GitHub's state of one pull request. */
class GitHub {
  url = ''
  readonly comments: Comment[] = []
  readonly calls: string[] = []
  artifacts: { expired: boolean; workflow_run: object; archive_download_url: string }[] = []
  archive: Buffer = Buffer.alloc(0)
  /** Pushes, with the members of GitHub's API that the step reads. */
  pushes: { after: string; ref: string; timestamp: string; activity_type: string }[] = []
  readonly events: { event: string; created_at: string; label?: { name: string; color: string } }[] = []
  readonly #server = createServer(async (request, response) => {
    const { method, url = '' } = request
    const { pathname, searchParams } = new URL(url, 'http://github')
    this.calls.push(`${method} ${pathname}`)
    let text = ''
    for await (const part of request) text += part
    const answer = (body: unknown) => response.end(JSON.stringify(body))
    if (request.headers.authorization !== 'Bearer token-of-the-job') return response.writeHead(401).end()
    if (pathname.endsWith('/artifacts')) return answer({ artifacts: this.artifacts })
    if (pathname === '/archive') return response.end(this.archive)
    if (pathname === '/repos/acme/permits/activity')
      return answer(this.pushes.filter(({ ref }) => ref === searchParams.get('ref')).slice(0, 1))
    if (pathname === '/repos/acme/permits/issues/7/events') {
      const from = (Number(searchParams.get('page')) - 1) * 100
      return answer(this.events.slice(from, from + 100))
    }
    const at = /\/issues\/comments\/(\d+)$/.exec(pathname)?.[1]
    if (method === 'PATCH') {
      Object.assign(this.comments.find(({ id }) => id === Number(at)) ?? {}, JSON.parse(text))
      return answer({})
    }
    if (method === 'POST') {
      this.add('github-actions[bot]', JSON.parse(text).body)
      return answer({})
    }
    const page = Number(searchParams.get('page'))
    return answer(this.comments.slice((page - 1) * 100, page * 100))
  })

  /** A push to the branch of the pull request, newest first. */
  push(after: string, timestamp: string): void {
    this.pushes.unshift({ after, ref: 'refs/heads/change', timestamp, activity_type: 'push' })
  }
  label(created_at: string, name = 'policy-widens', event = 'labeled'): void {
    this.events.push({ event, created_at, label: { name, color: 'red' } })
  }
  add(login: string, body: string): void {
    this.comments.push({ id: this.comments.length + 1, user: { login }, body })
  }
  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this.url
  }
  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** A runner with a checkout of a pull request, merged into its base as GitHub does. */
class Runner {
  readonly github = new GitHub()
  readonly #home = mkdtempSync(join(tmpdir(), 'hotwork-review-'))
  readonly #checkout = join(this.#home, 'checkout')
  #env: { [name: string]: string | undefined } = {}

  async start(change: (policies: string) => void): Promise<this> {
    const temp = join(this.#home, 'temp')
    mkdirSync(join(temp, 'hotwork/node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'client/hotwork.mjs'), join(temp, 'hotwork/node_modules/.bin/hotwork'))
    for (const file of ['output', 'summary']) writeFileSync(join(this.#home, file), '')
    this.#env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOME: this.#home,
      POLICIES: 'policies',
      RUNNER_TEMP: temp,
      GITHUB_API_URL: await this.github.listen(),
      GITHUB_REPOSITORY: 'acme/permits',
      GITHUB_TOKEN: 'token-of-the-job',
      GITHUB_OUTPUT: join(this.#home, 'output'),
      GITHUB_STEP_SUMMARY: join(this.#home, 'summary'),
      DEFAULT_BRANCH: 'main',
      NUMBER: '7',
    }
    mkdirSync(this.#checkout)
    cpSync(join(root, 'examples/cdk-app/policies'), join(this.#checkout, 'policies'), { recursive: true })
    const git = async (...words: string[]) => {
      const who = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org', '-c', 'commit.gpgsign=false']
      expect((await this.#run('git', [...who, ...words])).exit).toBe(0)
    }
    await git('init', '-q', '-b', 'main')
    await git('add', '.')
    await git('commit', '-qm', 'base')
    await git('checkout', '-qb', 'change')
    change(join(this.#checkout, 'policies'))
    await git('commit', '-qam', 'change')
    await git('checkout', '-q', 'main')
    await git('merge', '-q', '--no-ff', '-m', 'merge', 'change')
    return this
  }

  /** Runs a step by `bash -e`, which is GitHub's default shell. */
  step = (name: string, env: { [name: string]: string } = {}) => this.#run('bash', ['-e', '-c', shellOf(name)], env)

  /** The steps of a review up to its comment. */
  async review(): Promise<void> {
    expect(await this.step('review')).toMatchObject({ exit: 0 })
    expect(await this.step('comment')).toMatchObject({ exit: 0, err: '' })
  }

  async verdict(isLabelled: boolean, head = 'aaaa'): Promise<number> {
    const output = readFileSync(join(this.#home, 'output'), 'utf8')
    const [, broken = '', widens = ''] = /^broken=(.*)\nwidens=(.*)\n$/.exec(output) ?? []
    const pull = { HEAD_REPOSITORY: 'acme/permits', HEAD_REF: 'change', HEAD_SHA: head }
    return (await this.step('verdict', { BROKEN: broken, WIDENS: widens, LABELLED: `${isLabelled}`, ...pull })).exit
  }
  /** Writes the output of the step `review`. */
  tell({ broken, widens }: { broken: number; widens: number }): void {
    writeFileSync(join(this.#home, 'output'), `broken=${broken}\nwidens=${widens}\n`)
  }
  get summary(): string {
    return readFileSync(join(this.#home, 'summary'), 'utf8')
  }
  has = (file: string): boolean => existsSync(join(this.#home, 'temp', file))
  put = (file: string, text: string): void => writeFileSync(join(this.#home, 'temp', file), text)
  checkOut = (file: string, text: string): void => writeFileSync(join(this.#checkout, file), text)

  async #run(program: string, words: string[], env: { [name: string]: string } = {}) {
    const child = spawn(program, words, { cwd: this.#checkout, env: { ...this.#env, ...env } })
    const ran = { out: '', err: '' }
    child.stdout.on('data', (text) => (ran.out += text))
    child.stderr.on('data', (text) => (ran.err += text))
    const [exit] = await once(child, 'close')
    return { exit, ...ran }
  }

  close(): void {
    this.github.close()
    rmSync(this.#home, { recursive: true })
  }
}

const widen = (policies: string): void =>
  edit(join(policies, 'ladder.json'), '"lifetime": "PT15M"', '"lifetime": "PT50M"')

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replace(from, to))
}

const runners: Runner[] = []
async function opened(change: (policies: string) => void): Promise<Runner> {
  const runner = await new Runner().start(change)
  runners.push(runner)
  return runner
}
afterEach(() => {
  for (const runner of runners.splice(0)) runner.close()
})

test('a change that widens has a comment that says how, and fails without the label', async () => {
  const runner = await opened(widen)
  await runner.review()
  const [comment] = runner.github.comments
  expect(comment?.body).toMatch(/widens what is allowed[\s\S]*ladder\.json/)
  expect(runner.summary).toBe(comment?.body)
  expect(await runner.verdict(false)).toBe(6)
  runner.github.push('aaaa', '2026-12-01T09:00:00Z')
  runner.github.label('2026-12-01T09:30:00Z')
  expect(await runner.verdict(true)).toBe(0)
})

const pushed = '2026-12-01T09:00:00Z'
const later = '2026-12-01T10:00:00Z'
test.each<[how: string, set: (github: GitHub) => void, head: string, exit: number]>([
  ['after the pull request was closed, pushed to and reopened', (github) => github.push('bbbb', later), 'bbbb', 6],
  ['after an earlier head was pushed once more', (github) => github.push('aaaa', later), 'aaaa', 6],
  ['in the second of the push', (github) => github.push('bbbb', '2026-12-01T09:30:00Z'), 'bbbb', 6],
  ['in a run of the head before the push', (github) => github.push('bbbb', later), 'aaaa', 6],
  [
    'when another label was put on after the push',
    (github) => {
      github.push('bbbb', later)
      github.label('2026-12-01T10:30:00Z', 'documentation')
    },
    'bbbb',
    6,
  ],
  [
    'when it was taken off after the push',
    (github) => {
      github.push('bbbb', later)
      github.label('2026-12-01T10:30:00Z', 'policy-widens', 'unlabeled')
    },
    'bbbb',
    6,
  ],
  [
    'until it is put on again, after many other events',
    (github) => {
      github.push('bbbb', later)
      for (let n = 0; n < 130; n += 1) github.label(later, `label-${n}`)
      github.label('2026-12-01T10:30:00Z')
    },
    'bbbb',
    0,
  ],
  ['when GitHub does not tell the time of the push', (github) => github.pushes.splice(0), 'aaaa', 6],
])('a push after the label needs a new label: %s', async (_how, set, head, exit) => {
  const runner = await opened(widen)
  runner.github.push('aaaa', pushed)
  runner.github.label('2026-12-01T09:30:00Z')
  runner.tell({ broken: 0, widens: 6 })
  set(runner.github)
  expect(await runner.verdict(true, head)).toBe(exit)
})

test('a change that widens nothing passes', async () => {
  const runner = await opened((policies) => {
    edit(join(policies, 'people.cedar'), '@id("owners-revoke")', '// As before.\n@id("owners-revoke")')
  })
  await runner.review()
  expect(runner.github.comments[0]?.body).toContain('widens nothing')
  expect(await runner.verdict(false)).toBe(0)
})

test('a folder with problems fails, with the file and the line, also under the label', async () => {
  const runner = await opened((policies) => edit(join(policies, 'ladder.json'), '"tiers"', '"tears"'))
  await runner.review()
  expect(runner.github.comments[0]?.body).toMatch(/problems[\s\S]*ladder\.json:\d+: /)
  expect(runner.github.comments[0]?.body).toContain('was not compared')
  expect(await runner.verdict(true)).toBe(1)
})

test('a policy author’s text stays inside its fence', async () => {
  const runner = await opened((policies) =>
    edit(join(policies, 'directory.json'), '"Ana Alves"', '"``````````</details> @team"'),
  )
  await runner.review()
  const body = runner.github.comments[0]?.body ?? ''
  expect(body).toContain('@team')
  // Two fences for each of two parts.
  expect(body.match(/`{10}/g)).toHaveLength(4)
})

test('the next push rewrites its own comment, and no other', async () => {
  const runner = await opened(widen)
  const { github } = runner
  for (let n = 0; n < 130; n += 1) github.add('ana', '<!-- hotwork policy review -->\nI say that it widens nothing')
  const others = structuredClone(github.comments)
  for (const text of ['first', 'second']) {
    runner.put('review.md', `<!-- hotwork policy review -->\n${text}`)
    expect(await runner.step('comment')).toMatchObject({ exit: 0, err: '' })
    github.add('ben', `I have read the ${text}`)
  }
  expect(github.comments.slice(0, 130)).toEqual(others)
  expect(github.comments.slice(130).map(({ body }) => body.split('\n').at(-1))).toEqual([
    'second',
    'I have read the first',
    'I have read the second',
  ])
})

describe('the record', () => {
  const run = (head_branch: string, head_repository_id = 1) => ({ head_branch, head_repository_id, repository_id: 1 })

  /** A runner whose repository has a record of its default branch. */
  async function recorded(): Promise<Runner> {
    const runner = await opened(widen)
    const { github } = runner
    github.archive = zipOf('record.ndjson', '')
    github.artifacts = [{ expired: false, workflow_run: run('main'), archive_download_url: `${github.url}/archive` }]
    return runner
  }

  test('the record is the artifact of the repository’s own default branch', async () => {
    const runner = await recorded()
    const { github } = runner
    const archived = github.artifacts
    github.artifacts = [run('change'), run('main', 2)].map((workflow_run) => ({
      ...{ expired: false, workflow_run, archive_download_url: `${github.url}/of-another` },
    }))
    expect(await runner.step('record')).toMatchObject({ exit: 0, out: expect.stringMatching(/no record/) })
    expect(runner.has('record')).toBe(false)
    github.artifacts.push(...archived)
    expect(await runner.step('record')).toMatchObject({ exit: 0, err: '' })
    expect(runner.has('record/record.ndjson')).toBe(true)
  })

  test('the record is unpacked without any module of the pull request', async () => {
    const runner = await recorded()
    runner.checkOut('zipfile.py', 'print("ran")')
    expect(await runner.step('record')).toMatchObject({ exit: 0, out: '' })
    expect(runner.has('record/record.ndjson')).toBe(true)
  })

  test('the record is replayed in the same comment', async () => {
    const runner = await recorded()
    await runner.step('record')
    await runner.review()
    expect(runner.github.comments[0]?.body).toMatch(/decided otherwise[\s\S]*0 questions of 0 requests/)
    expect(await runner.verdict(false)).toBe(6)
  })
})

describe.each(['policy-review.yml', 'policy-record.yml'])('the install of %s', (name) => {
  const shell = shellOf('install', readFileSync(join(root, 'examples/policy-review', name), 'utf8'))
  const home = mkdtempSync(join(tmpdir(), 'hotwork-review-'))
  afterAll(() => rmSync(home, { recursive: true }))
  let packed: { HOTWORK: string; HOTWORK_INTEGRITY: string }
  beforeAll(() => {
    const scripts = { install: 'touch ran' }
    const manifest = { name: 'hotwork', version: '9.9.9', scripts, bin: { hotwork: 'it.mjs' } }
    writeFileSync(join(home, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(home, 'it.mjs'), '')
    const { stdout } = spawnSync('npm', ['pack', '--json', '--ignore-scripts'], { cwd: home, encoding: 'utf8' })
    const [{ filename, integrity }] = JSON.parse(stdout) as [{ filename: string; integrity: string }]
    packed = { HOTWORK: `file://${join(home, filename)}`, HOTWORK_INTEGRITY: integrity }
  })
  const installs = (env: typeof packed) => {
    const temp = mkdtempSync(join(home, 'temp-'))
    const { status, stdout } = spawnSync('bash', ['-e', '-c', shell], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, RUNNER_TEMP: temp, ...env },
    })
    return { exit: status, out: stdout, has: existsSync(join(temp, 'hotwork/node_modules/.bin/hotwork')), temp }
  }

  test('the install takes the tarball with the named integrity, and runs none of its scripts', () => {
    const { exit, has, temp } = installs(packed)
    expect([exit, has, existsSync(join(temp, 'hotwork/node_modules/hotwork/ran'))]).toEqual([0, true, false])
  })

  test.each([
    ['as it is copied, without address and integrity', { HOTWORK: '', HOTWORK_INTEGRITY: '' }, 'npm has no package'],
    ['with a name of a registry', { HOTWORK: 'hotwork@latest' }, 'npm has no package'],
    ['with an address alone', { HOTWORK_INTEGRITY: '' }, 'npm has no package'],
    ['with the integrity of other bytes', { HOTWORK_INTEGRITY: 'sha512-AAAA' }, 'is not the one of HOTWORK_INTEGRITY'],
  ])('the install fails with a sentence and installs nothing %s', (_how, env, why) => {
    expect(installs({ ...packed, ...env })).toMatchObject({ exit: 1, has: false, out: expect.stringContaining(why) })
  })
})

test('all parts together are no longer than a comment of GitHub may be', () => {
  const shell = shellOf('review')
  const [, most] = /head --bytes=(\d+)/.exec(shell) ?? []
  const parts = shell.match(/^ *part '/gm) ?? []
  // A thousand more for the words around each part.
  expect([parts.length, parts.length * (Number(most) + 1000) <= 65_536]).toEqual([3, true])
})

test('a step names no context in its shell, and every action is pinned by its commit', () => {
  const files = ['policy-review.yml', 'policy-record.yml'].map((name) =>
    readFileSync(join(root, 'examples/policy-review', name), 'utf8'),
  )
  const used = files.flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action))
  const shells = files.flatMap((text) =>
    text.split(/^ {6}- /m).flatMap((step) => step.split(/^(?: {8})?run: /m).slice(1)),
  )
  expect([used.length, shells.length]).toEqual([4, 7])
  for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d/)
  for (const shell of shells) expect(shell).not.toContain('${' + '{')
})

/** An archive of one file, as Python writes it. */
function zipOf(name: string, text: string): Buffer {
  const program =
    'import sys, zipfile\nwith zipfile.ZipFile(sys.stdout.buffer, "w") as z: z.writestr(sys.argv[1], sys.argv[2])'
  return spawnSync('python3', ['-c', program, name, text]).stdout
}
