import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The releases that are tested against. */
export const version = 'v1.37.2'
const staging = 'v0.37.2'
const etcdVersion = 'v3.7.0'

/** The programs of a cluster without nodes, and its client. */
export type Binaries = { etcd: string; server: string; kubectl: string }

const cache = join(import.meta.dirname, '../../.hotwork/kubernetes')

/**
 * Finds the programs in `KUBERNETES_BIN`, in `.hotwork/kubernetes/bin` or on `PATH`, or builds them once from the Go
 * module proxy: ten minutes on two cores, and 2.4 GB of memory.
 *
 * @param say takes one line for each step
 * @throws an error that says what to install
 */
export async function findOrBuildKubernetes(say: (line: string) => void): Promise<Binaries> {
  const asked = process.env['KUBERNETES_BIN']
  if (asked !== undefined) {
    const found = binariesIn(asked)
    if (!found) throw new Error(`KUBERNETES_BIN is \`${asked}\`, and etcd, kube-apiserver or kubectl is not there`)
    return found
  }
  const built = join(cache, 'bin')
  const found = [built, ...(process.env['PATH'] ?? '').split(delimiter)].map(binariesIn).find((it) => it !== undefined)
  if (found) {
    say(`found ${found.server}`)
    return found
  }
  await build(built, say)
  const now = binariesIn(built)
  if (!now) throw new Error(`Kubernetes was built, and yet ${built} does not have it: remove ${cache}, run this again`)
  return now
}

function binariesIn(folder: string): Binaries | undefined {
  const [etcd = '', server = '', kubectl = ''] = ['etcd', 'kube-apiserver', 'kubectl'].map((name) => join(folder, name))
  return folder !== '' && [etcd, server, kubectl].every((file) => existsSync(file))
    ? { etcd, server, kubectl }
    : undefined
}

async function build(bin: string, say: (line: string) => void): Promise<void> {
  say(`building Kubernetes ${version} and etcd ${etcdVersion} with ${goVersion()}, once: ten minutes on two cores`)
  const [module, etcd] = [join(cache, 'module'), join(cache, 'etcd')]
  for (const folder of [bin, module, etcd]) mkdirSync(folder, { recursive: true })
  const programs = ['kube-apiserver', 'kubectl'].map((name) => `k8s.io/kubernetes/cmd/${name}`)
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `k8s.io/kubernetes@${version}`], { cwd: cache, encoding: 'utf8' }),
  ) as { Dir: string }
  writeFileSync(join(module, 'go.mod'), wrapper(readFileSync(join(Dir, 'go.mod'), 'utf8'), programs))
  await go(module, ['mod', 'tidy'])
  const stamp = `-X k8s.io/component-base/version.gitVersion=${version}`
  await compile(module, bin, programs, stamp)
  writeFileSync(join(etcd, 'go.mod'), 'module hotwork.invalid/etcd\n\ngo 1.25\n')
  await go(etcd, ['get', '-tool', `go.etcd.io/etcd/server/v3@${etcdVersion}`])
  await compile(etcd, join(bin, 'etcd'), ['go.etcd.io/etcd/server/v3'], '')
}

const compile = (folder: string, out: string, packages: readonly string[], stamp: string) =>
  go(folder, ['build', '-p', '2', '-trimpath', `-ldflags=-s -w ${stamp}`, '-o', out, ...packages])

/** The module of Kubernetes replaces its parts by folders of its own repository, which the proxy has as modules. */
function wrapper(goMod: string, programs: readonly string[]): string {
  const replaced = [...goMod.matchAll(/(k8s\.io\/[a-z0-9.-]+) => \.\/staging\/src\/(k8s\.io\/[a-z0-9.-]+)/g)]
  return [
    'module hotwork.invalid/kubernetes',
    'go 1.26.0',
    'godebug default=go1.26',
    `tool (\n${programs.map((path) => ` ${path}\n`).join('')})`,
    `require k8s.io/kubernetes ${version}`,
    `replace (\n${replaced.map(([, name, part]) => ` ${name} => ${part} ${staging}\n`).join('')})`,
    '',
  ].join('\n\n')
}

function goVersion(): string {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8' }).trim()
  } catch {
    throw new Error(
      'Kubernetes is not here, and without Go it cannot be built: install Go 1.26 or later from https://go.dev/dl, or set KUBERNETES_BIN to the folder of etcd, kube-apiserver and kubectl',
    )
  }
}

function go(cwd: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=mod -buildvcs=false' }
    const child = spawn('go', args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`\`go ${args[0]}\` ended with ${code}: its output is above`)),
    )
  })
}
