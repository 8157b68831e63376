// Rules: test/local/demo-options.test.ts
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeCertificate } from '../../../client/exec/certificate.ts'
import { type Binaries, type Cluster, findKubernetes, placeOfCluster, startCluster } from '../../kubernetes/cluster.ts'
import { startTlsFront } from '../../loopback.ts'
import { approveThrough, describeApprovals } from '../asking.ts'
import { finding } from '../findings.ts'
import { mustWork, type Type, withTerminal } from '../terminal.ts'
import { type RunningStack, type World, withWorld } from '../world.ts'

const root = join(import.meta.dirname, '../../..')
const [target, namespace, deployment] = ['payments-cluster', 'payments', 'web']

/** An act in a cluster, which the cluster itself holds an agent to. It needs the programs of a cluster. */
export async function tellKubernetes({ report, stack }: World): Promise<void> {
  const binaries = findKubernetes()
  if (!binaries)
    return report.note(
      'etcd, kube-apiserver and kubectl are not on this machine: name their folder in KUBERNETES_BIN, or build them once with `npm run test:kubernetes`, which takes ten minutes and Go.',
    )
  if (!stack.deploy) return report.note('this chapter deploys a Hotwork of its own: end the stack that runs first')
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-cluster-'))
  const tls = makeCertificate()
  const front = await startTlsFront(tls)
  await using open = new AsyncDisposableStack()
  open.defer(() => rmSync(folder, { recursive: true, force: true }))
  open.defer(() => front.close())
  const place = await placeOfCluster()
  const settings = {
    ...{ kind: 'kubernetes', server: place.url, audience: `kubernetes:${namespace}`, certificateAuthority: place.cert },
    namespaces: [namespace],
  }
  const targets = { [target]: settings }
  const files = await writePolicies(stack, folder, targets)
  const { policies } = files
  // An API server believes an issuer over HTTPS alone.
  const local = await stack.deploy({ stackName: 'Clusters', policies, front, targets })
  writeFileSync(join(folder, 'front.pem'), tls.cert)
  const env = {
    NODE_EXTRA_CA_CERTS: join(folder, 'front.pem'),
    PATH: `${dirname(binaries.kubectl)}:${process.env['PATH']}`,
  }
  const over = { local: { ...local, apiUrl: local.issuer } }
  await withWorld({ local, folder }, report, async (world) => {
    const cluster = await report.expect('a cluster takes the policies that the catalogue gives', async () => {
      const started = await withTerminal(
        over,
        world.reader.id,
        (type) => startWith(binaries, place, { type, folder: join(folder, 'cluster'), files, tls }),
        env,
      )
      open.defer(() => started.close())
      const names = await started.kubectl('get', 'validatingadmissionpolicies', '-o', 'name')
      return finding(names.includes('hotwork-acts'), names.trim().replaceAll(/\s+/g, ', '), started)
    })
    await withTerminal(
      over,
      'agent:remediator',
      (type, own) => tell(world, { cluster, host: new URL(place.url).host }, type, own),
      env,
    )
  })
}

type Files = { policies: string; deployment: string }

/** The sample's policies with an entry of the library for the cluster. */
async function writePolicies(stack: RunningStack, folder: string, targets: object): Promise<Files> {
  const [policies, file] = [join(folder, 'policies'), join(folder, 'deployment.json')]
  cpSync(join(root, 'policies'), policies, { recursive: true })
  const edit = (path: string, change: (json: Json) => object) =>
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Json), null, 2))
  const own = join(stack.folder, 'deployments', stack.local.aws.stackName, 'deployment.json')
  writeFileSync(file, readFileSync(own))
  edit(file, (told) => ({ ...told, targets }))
  const entry = join(policies, 'actions/k8s.scale-deployment.json')
  cpSync(join(root, 'policy-tools/library/k8s.scale-deployment.json'), entry)
  edit(entry, ({ entry: found }) => {
    const { arguments: args, ...others } = found as { arguments: { properties: { replicas: object } } }
    args.properties.replicas = { ...args.properties.replicas, maximum: 10 }
    return { ...others, arguments: args, target }
  })
  const rule = { environment: 'prod', classification: 'internal', group: 'payments-owners' }
  const id = `*/apis/apps/v1/namespaces/${namespace}/deployments/*`
  edit(join(policies, 'resources.json'), ({ resources, ...others }) => ({
    ...others,
    resources: [...(resources as object[]), { type: 'k8s:deployment', id, ...rule }],
  }))
  const { action, context } = askTo(3)
  const ask = { agent: 'agent:remediator', action: action.name, arguments: action.properties, purpose: context.purpose }
  const expect = { tier: 2, policies: ['prod-remediation'] }
  const cases = [{ name: 'a deployment is scaled by two people', ask: { ...ask, ambient: 'denied' }, expect }]
  writeFileSync(join(policies, 'cases/kubernetes.json'), JSON.stringify({ cases }))
  await withTerminal(stack, 'person:gus', async (type) => {
    mustWork(await type('policy', 'check', policies, '--write-schema', '--deployment', file))
  })
  return { policies, deployment: file }
}
type Json = { [member: string]: unknown }

const askTo = (replicas: number, host = '') => ({
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: 'k8s:ScaleDeployment', properties: { namespace, deployment, replicas } },
  resource: {
    type: 'k8s:deployment',
    id: `${host}/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`,
  },
  context: {
    ...{ purpose: 'remediation', justification: 'checkout queues since 02:51' },
    parent_task: { id: 'INC-4822' },
  },
})

/** Exports the policies, starts the cluster with them, and applies them. */
async function startWith(
  binaries: Binaries,
  place: Awaited<ReturnType<typeof placeOfCluster>>,
  { type, folder, files, tls }: { type: Type; folder: string; files: Files; tls: { cert: string } },
): Promise<Cluster> {
  const out = join(dirname(folder), 'exported')
  const where = ['--policies', files.policies, '--deployment', files.deployment, '--out', out]
  mustWork(await type('policy', 'export', 'kubernetes', '--target', target, ...where))
  // The one difference from the exported file: this Hotwork's certificate is its own.
  const authentication = readFileSync(join(out, 'authentication.yaml'), 'utf8').replace(
    /^( +)url: .*$/m,
    (line, indent: string) => `${line}\n${indent}certificateAuthority: ${JSON.stringify(tls.cert)}`,
  )
  const cluster = await startCluster(binaries, place, { folder, authentication })
  try {
    await cluster.kubectl('create', 'namespace', namespace)
    for (const name of readdirSync(out)
      .filter((each) => /^\d-.*\.yaml$/.test(each))
      .toSorted())
      await cluster.kubectl('apply', '-f', join(out, name))
    await cluster.kubectl('-n', namespace, 'create', 'deployment', deployment, '--image=nginx', '--replicas=2')
    return cluster
  } catch (fault) {
    await cluster.close()
    throw fault
  }
}

async function tell(
  world: World,
  { cluster, host }: { cluster: Cluster; host: string },
  type: Type,
  folder: string,
): Promise<void> {
  const { report } = world
  const replicas = () =>
    cluster.kubectl('-n', namespace, 'get', 'deployment', deployment, '-o', 'jsonpath={.spec.replicas}')
  const approved = async (count: number) => {
    writeFileSync(join(folder, 'ask.json'), JSON.stringify(askTo(count, host)))
    const { id } = JSON.parse(mustWork(await type('request', 'ask.json', '--json'))) as { id: string }
    return { id, approvals: await approveThrough(world, id) }
  }
  const scale = (count: number) => `kubectl -n ${namespace} scale deployment ${deployment} --replicas=${count}`

  const first = await report.expect('the agent asks for three replicas, and two people approve', async () => {
    const { id, approvals } = await approved(3)
    return finding(approvals.length === 2, describeApprovals(approvals), id)
  })
  await report.expect(
    'an unchanged kubectl sets three; nine before it and three again behind it are refused',
    async () => {
      const script = [scale(9), scale(3), scale(3)].join('; ')
      const { out, err } = await type('exec', first, '--', 'sh', '-c', `${script}; true`)
      const refused = err.match(/the permit is for different values/g)?.length ?? 0
      return finding(refused === 2 && (await replicas()) === '3', `${out.trim()}; ${refused} refused by the cluster`)
    },
  )
  await report.expect('the command ended, and so has its right', async () => {
    const { exit, err } = await type('exec', first, '--', 'sh', '-c', scale(3))
    return finding(exit !== 0, err.trim().split('\n')[0] ?? '')
  })
  await report.expect('a permit that is revoked while its command runs is refused by the cluster', async () => {
    const { id } = await approved(4)
    const script = `touch ready; until [ -e go ]; do sleep 0.2; done; ${scale(4)}`
    const running = type('exec', id, '--', 'sh', '-c', script)
    await until(() => existsSync(join(folder, 'ready')))
    await world.reader.revoke(id, 'INC-4822 is over')
    const read = ['-n', 'hotwork', 'get', 'configmap', 'hotwork-revocations', '-o', 'jsonpath={.data}']
    await until(async () => (await cluster.kubectl(...read)).includes('request.'))
    writeFileSync(join(folder, 'go'), '')
    const { err } = await running
    const held = err.includes('this permit was revoked') && (await replicas()) === '3'
    return finding(held, err.trim().split('\n')[0] ?? '')
  })
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await isSo()); await pause(200))
    if (Date.now() > deadline) throw new Error('it did not come to be so within a minute')
}
