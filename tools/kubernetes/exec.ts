import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { openClusterProxy } from '../../client/exec/cluster-proxy.ts'
import { withCluster } from '../../client/exec/command.ts'

/** A cluster, and the `kubectl` of its version. */
type Place = { kubectl: string; server: string; certificateAuthority: string; namespace: string }
type Tokens = { token: string; readToken: string }

/** A line that a person types, and a part of the output. */
type Typed = readonly [words: string, prints: RegExp]

const used = /hotwork: the permit is for different values, for an earlier state, or it was used/
const other = /hotwork: the permit is for a different act or object|is forbidden: User "hotwork:/

/** By an entry of the library and the name of its object. */
const lines: readonly (readonly [entry: string, name: string, typed: readonly Typed[]])[] = [
  [
    'k8s:ScaleDeployment',
    'web',
    [
      ['get deployment web', /^NAME/],
      ['scale deployment web --replicas=9', used],
      ['scale deployment web --replicas=3', /deployment.apps\/web scaled/],
      ['scale deployment web --replicas=3', used],
      ['label deployment web team=checkout', other],
      ['delete deployment web --wait=false', other],
      ['get secrets', other],
      ['get pods --watch', /Hotwork: a watch is not passed on/],
      ['exec web -- ls', /not found/],
    ],
  ],
  [
    'k8s:LabelDeployment',
    'web',
    [
      ['label deployment web team=other --overwrite', used],
      ['label deployment web team=checkout --overwrite', /deployment.apps\/web labeled/],
    ],
  ],
  ['k8s:SuspendCronJob', 'nightly', [['patch cronjob nightly -p {"spec":{"suspend":true}}', /patched/]]],
  ['k8s:DeletePod', 'stuck', [['delete pod stuck --grace-period=0 --force --wait=false', used]]],
  ['k8s:DeletePod', 'stuck', [['delete pod stuck --wait=false', /pod "stuck" deleted/]]],
  ['k8s:DeleteJob', 'import', [['delete job import --wait=false', /job.batch "import" deleted/]]],
]

/**
 * An unchanged `kubectl` behind the proxy of `hotwork exec` does each act, and nothing beside it.
 * @param tokensFor makes a new object, and gives the tokens of its act
 */
export async function judgeExec(
  { kubectl, server, certificateAuthority, namespace }: Place,
  tokensFor: (entry: string, name: string) => Promise<Tokens>,
): Promise<void> {
  for (const [entry, name, typed] of lines) {
    const { token, readToken } = await tokensFor(entry, name)
    const proxy = await openClusterProxy(async () => ({
      ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', readToken },
      status: { token, expirationTimestamp: new Date(Date.now() + 800_000).toISOString() },
      cluster: { server, certificateAuthority, namespace },
    }))
    try {
      const env = withCluster({ PATH: '/usr/bin:/bin', HOME: '/nonexistent' }, proxy.file)
      for (const [words, prints] of typed) assert.match(await printed(kubectl, words.split(' '), env), prints, words)
    } finally {
      await proxy.close()
    }
  }
}

/** A watch goes on until it is ended. */
const printed = (program: string, words: readonly string[], env: { [name: string]: string }): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, words, { env, timeout: 30_000 }, (_, out, err) => resolve(out + err))
  })
