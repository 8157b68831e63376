import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { examples } from '../../client/command-line/examples.ts'
import { installed, manifest, strangersEnv, strangersNode } from './support/installed.ts'

/** `npm i hotwork-X.Y.Z.tgz` in an empty folder, on the oldest Node that the package promises. */

const root = join(__dirname, '../..')
const folder = installed()
const own = join(folder, 'node_modules/hotwork')

const scratch = mkdtempSync(join(tmpdir(), 'hotwork-package-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Runs a program as a stranger. */
const runs = (cwd: string, program: string, ...words: string[]) =>
  spawnSync(program, words, {
    cwd,
    // The environment has no AWS credentials.
    env: strangersEnv({ HOME: scratch, npm_config_cache: join(scratch, '.npm'), AWS_EC2_METADATA_DISABLED: 'true' }),
    encoding: 'utf8',
  })
const hotwork = (...words: string[]) => runs(folder, join(folder, 'node_modules/.bin/hotwork'), ...words)

/** Specifiers as users write them: `hotwork`, `hotwork/gate`. */
const specifiers = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path]) => join('hotwork', path))
const withoutCdk = specifiers.filter((specifier) => specifier !== 'hotwork/cdk')

test('the package brings no other package, and needs no registry', () => {
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['hotwork'])
})

test('the package has no script that npm would run or warn of', () => {
  const { scripts } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { scripts: object }
  const ofInstalls = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']
  expect(ofInstalls.filter((name) => name in scripts)).toEqual([])
})

test('the package has the launcher, the build, and the pages and examples of its help: no source, no test, no map', () => {
  const files = readdirSync(own, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath.slice(own.length + 1), entry.name))
  const unknown = files.filter(
    (file) =>
      !/^(?:package\.json|README\.md|LICENSE|client\/hotwork\.mjs|dist\/THIRD-PARTY-LICENSES)$/.test(file) &&
      !/^dist\/(?:parts\/)?[\w-]+\.js$/.test(file) &&
      !/^dist\/types\/[\w/-]+\.d\.ts$/.test(file) &&
      !/^docs\/(?:command-line|identity|policies)\.md$/.test(file) &&
      !/^examples\/(?:cdk-app|plan|requests)\/[\w./-]+$/.test(file) &&
      !/^dist\/functions\/(?:lambdas\.json|metadata\/(?:openapi\.json|manifest-icons\/icon[\w.-]+)|[\w-]+\/(?:index\.c?js|cedar_wasm_bg\.wasm|models\.json))$/.test(
        file,
      ) &&
      !/^dist\/functions\/policy\/(?:iam\.json\.br|library\/[\w.-]+\.json)$/.test(file),
  )
  expect(unknown).toEqual([])
})

test('the package names the licence of each library in it', () => {
  const notices = readFileSync(join(own, 'dist/THIRD-PARTY-LICENSES'), 'utf8')
  const packages = packagesIn(readdirSync(join(own, 'dist'), { recursive: true, encoding: 'utf8' }))
  expect(packages).toContain('zod')
  for (const name of packages) expect(notices).toContain(`\n${name} `)
})

describe('the command line', () => {
  test('the command line runs by npx, and prints its version', () => {
    const npx = runs(folder, join(dirname(strangersNode), 'npx'), '--offline', 'hotwork', '--version')
    expect(npx).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  test('the command line prints its help', () => {
    expect(hotwork('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('break-glass'), stderr: '' })
  })

  test('the help names only files of the package', () => {
    const verbs = Object.entries(examples).flatMap(([verb, lines]) =>
      lines.some((line) => line.includes('examples/')) ? [verb.split(' ')] : [],
    )
    const said = [[], ...verbs].map((verb) => hotwork(...verb, '--help').stdout).join('')
    const named = said.match(/[\w./@-]*\b(?:docs|examples)\/[\w/-]+(?:\.\w+)*/g) ?? []
    expect(named.length).toBeGreaterThan(verbs.length)
    expect(named.filter((path) => !existsSync(resolve(folder, path)))).toEqual([])
  })

  test('an unknown verb exits 2', () => {
    expect(hotwork('dance')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining("'dance'") })
  })

  test('the library and the reference of IAM are in the package', () => {
    const launcher = join(own, 'client/hotwork.mjs')
    const policies = join(scratch, 'policies')
    cpSync(join(own, 'examples/cdk-app/policies'), policies, { recursive: true })
    const catalogue = (...words: string[]) =>
      JSON.parse(runs(folder, process.execPath, launcher, 'catalogue', ...words, '--json').stdout)
    expect(catalogue('list', 'purge').entries).toMatchObject([{ name: 'sqs:PurgeQueue' }])
    const drafted = catalogue('draft', 'ec2:StopInstances', '--policies', policies)
    expect(drafted).toMatchObject({ entry: { resource: { type: 'ec2:instance' } }, resourceKeys: expect.anything() })
  })

  const check = ['policy', 'check', join(own, 'examples/cdk-app/policies')]
  test('the command line checks a policy folder under Node 24', () => {
    const launcher = join(own, 'client/hotwork.mjs')
    const { status, stdout, stderr } = runs(folder, process.execPath, launcher, ...check, '--json')
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, actions: 2 })
  })

  const isOld = Number(/v(\d+)/.exec(runs(folder, strangersNode, '--version').stdout)?.[1]) < 22
  test('a policy verb under an old Node names the needed one', () => {
    const { status, stderr } = hotwork(...check)
    // The verb works on a machine without an old Node.
    expect([status, stderr]).toEqual(isOld ? [2, expect.stringContaining('need Node 22')] : [0, expect.any(String)])
    if (!isOld) return
    expect(JSON.parse(hotwork(...check, '--json').stdout)).toMatchObject({ error: 'usage', exit: 2 })
  })

  test('the command line ends normally when the reader of its output is gone', () => {
    const command = '"$1" --help | true; echo "$' + '{PIPESTATUS[0]}"'
    const { stdout, stderr } = runs(folder, 'bash', '-c', command, 'bash', join(folder, 'node_modules/.bin/hotwork'))
    expect([stdout, stderr]).toEqual(['0\n', ''])
  })
})

describe('an import', () => {
  /** The package with the CDK beside it, as in a stranger's app. */
  const place = join(scratch, 'imports')
  beforeAll(() => {
    cpSync(folder, place, { recursive: true })
    for (const name of ['aws-cdk-lib', 'constructs'])
      symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name))
  })
  const importing = (cwd: string, specifier: string) => {
    const source = `console.log(Object.keys(await import('${specifier}')).join())`
    return runs(cwd, strangersNode, '--input-type=module', '-e', source)
  }

  for (const specifier of specifiers)
    test(`an import of ${specifier} works`, () => {
      const found = importing(place, specifier)
      expect(found).toMatchObject({ status: 0, stdout: expect.stringMatching(/\w/), stderr: '' })
    })

  for (const specifier of withoutCdk)
    test(`a \`require\` of ${specifier} works, and an app that is bundled into CommonJS`, () => {
      const required = runs(folder, strangersNode, '-e', `console.log(Object.keys(require('${specifier}')).join())`)
      expect(required).toMatchObject({ status: 0, stdout: expect.stringMatching(/\w/) })
      const app = join(scratch, 'app.cjs')
      const contents = `import * as all from '${specifier}'; console.log(Object.keys(all).join())`
      const format = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const
      buildSync({ stdin: { contents, resolveDir: folder }, outfile: app, ...format })
      expect(runs(scratch, strangersNode, app)).toMatchObject({ status: 0, stdout: required.stdout, stderr: '' })
    })

  test('an import of `hotwork/package.json` works', () => {
    const source = "console.log(require('hotwork/package.json').version)"
    expect(runs(folder, strangersNode, '-e', source).stdout).toBe(`${manifest.version}\n`)
  })

  test('an import of an internal file is refused', () => {
    expect(importing(folder, 'hotwork/dist/command-line.js').stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  const bundleOf = (specifier: string) =>
    (manifest.exports[specifier.replace('hotwork', '.')] as { default: string }).default.replace('./dist/', '')
  for (const file of ['command-line.js', ...withoutCdk.map(bundleOf)])
    test(`an import of ${file} loads no AWS SDK, no CDK, no Slack and no gRPC`, () => {
      const loaded = loadedBy(file)
      expect(loaded.files.length).toBeGreaterThan(1)
      expect(loaded.outside.filter((name) => !name.startsWith('node:'))).toEqual([])
      expect(packagesIn(loaded.files).filter((name) => /aws|smithy|constructs|slack|grpc|cedar/.test(name))).toEqual([])
    })

  test('a client without an identity is told the possible sources', () => {
    const source = `
      import { Hotwork, Refusal } from 'hotwork'
      const hotwork = new Hotwork({ issuer: 'http://127.0.0.1:9' })
      const call = { action: 'ssm:PutParameter', arguments: {}, purpose: 'test', parentTask: { id: 'T-1' } }
      const refusal = await hotwork.permit(call).catch((fault) => fault)
      console.log(refusal instanceof Refusal, refusal.name, refusal.message, refusal.told.detail)`
    const { stdout, stderr } = runs(folder, strangersNode, '--input-type=module', '-e', source)
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^true Refusal the agent's identity is missing/), ''])
    for (const name of ['HOTWORK_WORKLOAD_TOKEN_FILE', 'GitHub Actions', 'SPIFFE_ENDPOINT_SOCKET', 'AWS'])
      expect(stdout).toContain(name)
  })

  test('the package ignores an app’s own version of a library', () => {
    const beside = join(scratch, 'beside')
    cpSync(folder, beside, { recursive: true })
    for (const name of packagesIn(readdirSync(join(own, 'dist'), { recursive: true, encoding: 'utf8' }))) {
      const library = join(beside, 'node_modules', name)
      mkdirSync(library, { recursive: true })
      writeFileSync(join(library, 'package.json'), JSON.stringify({ name, version: '0.0.1', main: 'index.js' }))
      writeFileSync(join(library, 'index.js'), `throw new Error('the ${name} of the app is loaded')`)
    }
    expect(runs(beside, strangersNode, '-e', "require('zod')").stderr).toContain('the zod of the app is loaded')
    const version = runs(beside, join(beside, 'node_modules/.bin/hotwork'), '--version')
    expect(version).toMatchObject({ status: 0, stderr: '' })
    for (const specifier of withoutCdk) expect(importing(beside, specifier)).toMatchObject({ status: 0, stderr: '' })
  })
})

/** The program of docs/agents/client.md, with three mistakes that the types must find. */
const stranger = `
import { Hotwork, type Permit } from 'hotwork'
import { Gate } from 'hotwork/gate'
const hotwork = new Hotwork({ issuer: 'https://hotwork.example', identity: async () => 'token' })
const permit: Permit = await hotwork.permit({
  action: 'ssm:PutParameter', arguments: { Name: '/a', Value: '1', Overwrite: true },
  purpose: 'remediation', parentTask: { id: 'INC-4822' }, callId: 'INC-4822/1', wait: '30m',
})
if (permit.outcome === 'approved') {
  const aws: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date }> =
    permit.awsCredentials()
  const seven: number = await permit.use(async () => (await aws()).accessKeyId.length)
  console.log(seven, await permit.proof('POST', 'https://tool.example'))
}
// @ts-expect-error: what is not approved gives no credentials
permit.awsCredentials()
const headers = { authorization: 'DPoP token', dpop: 'proof' }
const ask = { headers, method: 'POST', url: 'https://tool.example/flags', action: 'flags:Set', arguments: { on: true } }
const ran = await new Gate({ issuer: 'https://hotwork.example', identity: 'file' }).once(ask, async () => 7)
if (ran.ran) console.log(ran.value.toFixed())
// @ts-expect-error: what did not run has no value
else console.log(ran.reason, ran.value)
// @ts-expect-error: an issuer is an address
new Hotwork({ issuer: 1 })
`

test("a stranger's TypeScript compiles against the types, and the types themselves compile", () => {
  const place = join(scratch, 'types')
  mkdirSync(join(place, 'node_modules'), { recursive: true })
  // A copy, since the compiler would resolve imports beside the target of a link.
  cpSync(own, join(place, 'node_modules/hotwork'), { recursive: true })
  for (const name of ['aws-cdk-lib', 'constructs', '@types', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  const uses = specifiers.map((specifier, index) => `export * as e${index} from '${specifier}'\n`)
  writeFileSync(join(place, 'stranger.ts'), `${stranger}${uses.join('')}`)
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
  expect(compile(place, ...options, 'stranger.ts')).toEqual([0, ''])
})

test('the code of users needs no feature of the language newer than Node 20', () => {
  const sources = Object.values(manifest.exports)
    .flatMap((target) => (typeof target === 'object' ? target.types : []))
    .map((types) => types.replace('./dist/types/', '').replace(/\.d\.ts$/, '.ts'))
  const project = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      lib: ['es2023'],
      target: 'es2022',
      rootDir: root,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: [...sources, 'client/hotwork.ts', 'policy-tools/verbs/check.ts'].map((file) => join(root, file)),
  }
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify(project))
  expect(compile(scratch, '-p', 'tsconfig.json')).toEqual([0, ''])
})

function compile(cwd: string, ...options: string[]): [status: number | null, printed: string] {
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), options, { cwd, encoding: 'utf8' })
  return [status, stdout]
}

/** The files of `dist/` that an import of `entry` loads, and the modules outside the package. */
function loadedBy(entry: string): { files: string[]; outside: string[] } {
  const [files, outside] = [new Set<string>(), new Set<string>()]
  const follow = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const source = readFileSync(join(own, 'dist', file), 'utf8')
    for (const [, path = ''] of source.matchAll(/^(?:import|export|\}) ?(?:[^'"\n]* from )?["']([^"']+)["']/gm))
      if (path.startsWith('.')) follow(join(dirname(file), path))
      else outside.add(path)
  }
  follow(entry)
  return { files: [...files], outside: [...outside] }
}

/** The packages whose code is in files of `dist/`, by the bundler's comment above each module. */
function packagesIn(files: readonly string[]): string[] {
  const names = files
    .filter((file) => /^(?:parts\/)?[\w-]+\.js$/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(own, 'dist', file), 'utf8').matchAll(/^\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm),
    ])
    .map(([, name = '']) => name)
  return [...new Set(names)].sort()
}
